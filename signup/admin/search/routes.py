"""The search over everything: its address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import ROWS
from signup.admin.frame.section import Section
from signup.admin.search import search

section = Section(topic="contacts#search")
route = section.route

route("/search", search.search, Permission.OWN_ACCOUNT, about=ROWS)
