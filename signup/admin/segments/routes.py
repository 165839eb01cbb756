"""Segments: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.frame.route_subject import ROWS, SEGMENT
from signup.admin.frame.section import MenuEntry, Section
from signup.admin.segments import segment_edit, segments
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry("segments", _("Segments"), "filter", Permission.CONTACTS_SEE, order=3), topic="segments#build-one"
)
route = section.route

route("/segments", segments.segments, Permission.CONTACTS_SEE, about=ROWS, name=_("Segments"))
route(
    "/segments/new", segment_edit.segment_new, Permission.CONTACTS_EDIT, "GET POST", about=ROWS, name=_("New segment")
)
route("/segments/<slug>", segments.segment, Permission.CONTACTS_SEE, about=SEGMENT)
route("/segments/<slug>/edit", segment_edit.segment_edit, Permission.CONTACTS_EDIT, "GET POST", about=SEGMENT)
route("/segments/<slug>/archive", segments.segment_archive, Permission.CONTACTS_EDIT, "POST", about=SEGMENT)
