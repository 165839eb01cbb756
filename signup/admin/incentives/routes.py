"""Incentives and their discount codes: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.door import PROVED_EXPORT, Lock
from signup.admin.frame.route_subject import EVERYTHING, MAGNET, NOTHING, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.admin.incentives import discount_codes, incentives
from signup.admin.incentives.incentive_upload import MAX_BODY
from signup.ground.i18n import _

UPLOAD = Lock(Permission.FORMS_EDIT, max_body=MAX_BODY)

section = Section(
    menu=MenuEntry("magnets", _("Incentives"), "gift", Permission.FORMS_EDIT, order=6),
    topic="incentives#incentives",
    topics={discount_codes: "incentives#discount-codes"},
)
route = section.route

route("/forms/incentives", incentives.magnets, Permission.FORMS_EDIT, about=ROWS, name=_("Incentives"))
route("/forms/incentives/new/<kind>", incentives.magnet_new, UPLOAD, "GET POST", about=NOTHING)
route("/forms/incentives/redeem", discount_codes.codes_redeem, UPLOAD, "POST", about=EVERYTHING)
route("/forms/incentives/<uuid:uid>", incentives.magnet_edit, UPLOAD, "GET POST", about=MAGNET)
route("/forms/incentives/<uuid:uid>/retire", incentives.magnet_retire, Permission.FORMS_EDIT, "POST", about=MAGNET)
route("/forms/incentives/<uuid:uid>/codes", discount_codes.magnet_codes, UPLOAD, "POST", about=MAGNET)
route("/forms/incentives/<uuid:uid>/codes.csv", discount_codes.codes_csv, PROVED_EXPORT, about=MAGNET)
