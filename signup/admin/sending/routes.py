"""Sending health: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import EVERYTHING, ROWS
from signup.admin.frame.section import Section
from signup.admin.sending import sending_health
from signup.ground.i18n import _

section = Section(menu="outbox", topic="bounces#sending-health")
route = section.route

route("/outbox/health", sending_health.sending_health, Permission.OUTBOX, about=ROWS, name=_("Sending health"))
route("/outbox/health/check", sending_health.sending_check, Permission.SETTINGS, "POST", about=EVERYTHING)
route("/outbox/health/steps", sending_health.sending_steps, Permission.SETTINGS, "POST", about=EVERYTHING)
