"""Emails on their way: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import MESSAGE, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.admin.outbox import outbox, outbox_failed
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry("outbox", _("Outbox"), "send", Permission.OUTBOX, order=10, is_below=True), topic="flows#the-outbox"
)
route = section.route

route("/outbox", outbox.outbox, Permission.OUTBOX, about=ROWS)
route("/outbox/failed", outbox_failed.outbox_failed, Permission.OUTBOX, "GET POST", about=ROWS, name=_("Failed emails"))
route("/outbox/<int:message_id>/retry", outbox.outbox_retry, Permission.OUTBOX, "POST", about=MESSAGE)
