"""Partners: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import PARTNER, ROWS
from signup.admin.frame.section import Section
from signup.admin.partners import partners
from signup.ground.i18n import _

section = Section(menu="forms", topic="partners#wording-has-versions")
route = section.route

route("/forms/partners", partners.partners, Permission.FORMS_EDIT, about=ROWS, name=_("Partners"))
route("/forms/partners/new", partners.partner_new, Permission.FORMS_EDIT, "GET POST", about=ROWS)
route("/forms/partners/<slug>", partners.partner_edit, Permission.FORMS_EDIT, "GET POST", about=PARTNER)
route("/forms/partners/<slug>/retire", partners.partner_retire, Permission.FORMS_EDIT, "POST", about=PARTNER)
