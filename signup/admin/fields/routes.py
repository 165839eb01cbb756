"""Fields of the contact database, and what it is for: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.fields import field_edit, field_retire, field_spellings, fields, setup
from signup.admin.frame.door import PROVED_SETTINGS, Lock
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import Section
from signup.ground.i18n import _

EDIT = Lock(Permission.CONTACTS_EDIT, max_body=field_spellings.MAX_BODY)
WHOLE_EXPORT = Lock(Permission.EXPORT, also=Permission.CONTACTS_UNMASKED, proof=True)

section = Section(
    menu="contacts",
    topic="fields#cost-and-benefit-of-fields",
    topics={
        field_edit: "fields#define-a-field",
        field_retire: "fields#retire-a-field",
        field_spellings: "fields#from-texts-to-a-catalogue",
        setup: "fields#what-the-database-is-for",
    },
)
route = section.route

route("/setup", setup.setup, Permission.SETTINGS, "GET POST", about=EVERYTHING, menu="settings", name=_("Objectives"))
route("/setup/fields", setup.setup_fields, Permission.SETTINGS, "GET POST", about=EVERYTHING)
route("/contacts/fields", fields.fields, Permission.CONTACTS_SEE, about=EVERYTHING, name=_("Fields"))
route("/contacts/fields.csv", fields.fields_csv, Permission.CONTACTS_SEE, about=EVERYTHING)
route("/contacts/fields/measure", fields.fields_measure, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route(
    "/contacts/fields/advice",
    fields.field_advice,
    Permission.CONTACTS_SEE,
    about=EVERYTHING,
    name=_("Cost and benefit of fields"),
)
route("/contacts/fields/rates", fields.field_rates, Permission.SETTINGS, "POST", about=EVERYTHING)
route("/contacts/fields/new", field_edit.field_new, EDIT, "GET POST", about=EVERYTHING, name=_("New field"))
route("/contacts/fields/<key>", field_edit.field_edit, EDIT, "GET POST", about=EVERYTHING)
route("/contacts/fields/<key>/spellings", field_spellings.field_spellings, EDIT, "GET POST", about=EVERYTHING)
route("/contacts/fields/<key>/hide", field_retire.field_hide, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/fields/<key>/archive", field_retire.field_archive, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/contacts/fields/<key>/archive.csv", field_retire.field_archive_csv, WHOLE_EXPORT, about=EVERYTHING)
