"""The manual: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import NOTHING
from signup.admin.frame.section import Section
from signup.admin.help import help_pages

section = Section(topic="quickstart#quickstart")
route = section.route

route("/help/<page>", help_pages.manual, Permission.OWN_ACCOUNT, about=NOTHING)
