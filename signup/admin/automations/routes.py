"""Automations of a list: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.automations import automations
from signup.admin.frame.route_subject import LIST
from signup.admin.frame.section import Section

section = Section(menu="lists", topic="automations#automations")
route = section.route

route("/lists/<slug>/automations", automations.automations, Permission.SEND, about=LIST)
route("/lists/<slug>/automations/<kind>", automations.automation_edit, Permission.SEND, "GET POST", about=LIST)
route("/lists/<slug>/automations/<kind>/switch", automations.automation_switch, Permission.SEND, "POST", about=LIST)
