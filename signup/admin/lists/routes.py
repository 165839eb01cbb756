"""Mailing lists: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import EVERYTHING, LIST, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.admin.lists import lists
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry("lists", _("Lists"), "list", Permission.STATISTICS, order=4, count=lists.count_lists),
    topic="quickstart#your-own-form",
)
route = section.route

route("/lists", lists.lists, Permission.STATISTICS, about=ROWS)
route("/lists/new", lists.list_new, Permission.LISTS_EDIT, "GET POST", about=EVERYTHING, name=_("New list"))
route("/lists/<slug>", lists.list_edit, Permission.LISTS_EDIT, "GET POST", about=LIST)
