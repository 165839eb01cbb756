"""Messages from forms: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.enquiries import enquiries
from signup.admin.frame.route_subject import ENQUIRY, ROWS
from signup.admin.frame.section import Section
from signup.ground.i18n import _

section = Section(menu="forms", topic="forms#messages-and-registrations")
route = section.route

route("/forms/messages", enquiries.enquiries, Permission.CONTACTS_UNMASKED, about=ROWS, name=_("Messages"))
route("/forms/messages/<uuid:uid>", enquiries.enquiry_change, Permission.CONTACTS_EDIT, "POST", about=ENQUIRY)
