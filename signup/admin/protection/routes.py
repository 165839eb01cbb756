"""Protection against abuse: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.door import PROVED_SETTINGS
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.admin.protection import protection
from signup.ground.i18n import _

section = Section(menu="outbox", topic="abuse#for-operators")
route = section.route

route("/outbox/protection", protection.protection, Permission.OUTBOX, about=EVERYTHING, name=_("Protection"))
route("/outbox/protection.csv", protection.protection_csv, Permission.OUTBOX, about=EVERYTHING)
route("/outbox/protection/heat", protection.protection_heat, Permission.SETTINGS, "POST", about=EVERYTHING)
route("/outbox/protection/allow", protection.allowance_add, PROVED_SETTINGS, "POST", about=EVERYTHING)
route(
    "/outbox/protection/allow/<int:allowance_id>/end",
    protection.allowance_end,
    Permission.SETTINGS,
    "POST",
    about=EVERYTHING,
)
