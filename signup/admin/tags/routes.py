"""Tags: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.admin.tags import contact_tags, tags

section = Section(menu="contacts", topic="contacts#tags")
route = section.route

route("/contacts/tags", tags.tags, Permission.CONTACTS_EDIT, about=EVERYTHING)
route("/contacts/tags/new", tags.tag_new, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/tags/<int:tag_id>/rename", tags.tag_rename, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route(
    "/contacts/tags/<int:tag_id>/merge/<int:into_id>",
    tags.tag_merge,
    Permission.CONTACTS_EDIT,
    "POST",
    about=EVERYTHING,
)
route("/contacts/tags/<int:tag_id>/delete", tags.tag_delete, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/<uuid:uid>/tags", contact_tags.contact_tag_add, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route(
    "/contacts/<uuid:uid>/tags/<int:tag_id>/remove",
    contact_tags.contact_tag_remove,
    Permission.CONTACTS_EDIT,
    "POST",
    about=EVERYTHING,
)
