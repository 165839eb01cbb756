"""Kiosks, their staff and their report: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import EVERYTHING, KIOSK, ROWS
from signup.admin.frame.section import Section
from signup.admin.kiosks import kiosk_report, kiosks, staff
from signup.ground.i18n import _

section = Section(
    menu="forms",
    topic="kiosk#set-one-up",
    topics={staff: "kiosk#what-happens-at-the-kiosk", kiosk_report: "kiosk#the-report"},
)
route = section.route

route("/forms/tills", kiosks.tills, Permission.FORMS_SEE, about=ROWS, name=_("Kiosks"))
route("/forms/tills/new", kiosks.till_new, Permission.FORMS_EDIT, "GET POST", about=ROWS)
route("/forms/tills/staff", staff.staff, Permission.FORMS_EDIT, about=EVERYTHING, name=_("Staff at the kiosks"))
route("/forms/tills/staff/new", staff.staff_new, Permission.FORMS_EDIT, "POST", about=EVERYTHING)
route("/forms/tills/staff/<uuid:uid>", staff.staff_change, Permission.FORMS_EDIT, "POST", about=EVERYTHING)
route("/forms/tills/report", kiosk_report.till_report, Permission.FORMS_EDIT, about=ROWS, name=_("Kiosk report"))
route("/forms/tills/report.csv", kiosk_report.till_report_csv, Permission.FORMS_EDIT, about=ROWS)
route("/forms/tills/<uuid:uid>", kiosks.till_edit, Permission.FORMS_EDIT, "GET POST", about=KIOSK)
route("/forms/tills/<uuid:uid>/renew", kiosks.till_renew, Permission.FORMS_EDIT, "POST", about=KIOSK)
route("/forms/tills/<uuid:uid>/revoke", kiosks.till_revoke, Permission.FORMS_EDIT, "POST", about=KIOSK)
