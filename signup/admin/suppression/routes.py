"""The suppression list: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.door import PROVED_SETTINGS
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.admin.suppression import suppression
from signup.ground.i18n import _

section = Section(menu="outbox", topic="bounces#the-suppression-list")
route = section.route

route("/outbox/suppression", suppression.suppression, Permission.OUTBOX, about=EVERYTHING, name=_("Suppression list"))
route("/outbox/suppression/find", suppression.suppression_find, Permission.OUTBOX, "POST", about=EVERYTHING)
route("/outbox/suppression/add", suppression.suppression_add, Permission.SETTINGS, "POST", about=EVERYTHING)
route("/outbox/suppression/remove", suppression.suppression_remove, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/outbox/suppression/import", suppression.suppression_import, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/outbox/suppression/export", suppression.suppression_export, PROVED_SETTINGS, "POST", about=EVERYTHING)
