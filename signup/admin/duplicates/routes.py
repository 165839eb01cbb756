"""Duplicates and merges: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.duplicates import duplicates, merge_pair
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.ground.i18n import _

section = Section(menu="contacts", topic="contacts#duplicates")
route = section.route

route("/contacts/<uuid:uid>/pair", merge_pair.contact_pair, Permission.CONTACTS_EDIT, about=EVERYTHING)
route(
    "/contacts/<uuid:uid>/merge/<uuid:other>",
    merge_pair.contact_merge,
    Permission.CONTACTS_EDIT,
    "GET POST",
    about=EVERYTHING,
)
route("/contacts/merges/<uuid:uid>/undo", duplicates.merge_undo, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/duplicates", duplicates.duplicates, Permission.CONTACTS_EDIT, about=EVERYTHING, name=_("Duplicates"))
route("/contacts/duplicates/search", duplicates.duplicates_search, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route(
    "/contacts/duplicates/<int:pair_id>",
    duplicates.duplicate_decide,
    Permission.CONTACTS_EDIT,
    "POST",
    about=EVERYTHING,
)
