"""Contacts, one by one and many at a time: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.contacts import (
    access_file,
    bulk_ask,
    bulk_edits,
    bulk_erase,
    bulk_runs,
    contact,
    contact_columns,
    contact_edit,
    contact_new,
    contact_notes,
    contact_sidebar,
    contact_views,
    contacts,
    proof,
)
from signup.admin.frame.door import PROVED_ERASE, PROVED_EXPORT, Lock
from signup.admin.frame.route_subject import CONTACT, EVERYTHING, NOTHING, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.fields.field import FieldGroup
from signup.ground.i18n import _

ACCESS = Lock(Permission.CONTACTS_UNMASKED, also=Permission.EXPORT, proof=True)
HOUSEHOLD = Lock(Permission.CONTACTS_EDIT, group=FieldGroup.HOUSEHOLD)

section = Section(
    menu=MenuEntry(
        "contacts", _("Contacts"), "people", Permission.CONTACTS_SEE, order=2, count=contacts.count_contacts
    ),
    topic="segments#who-can-be-emailed",
    topics={
        access_file: "access#access",
        bulk_ask: "contacts#add-one-by-hand",
        bulk_edits: "contacts#bulk-edit",
        bulk_runs: "contacts#bulk-edit",
        bulk_erase: "erasure#who-erases",
        contact_edit: "contacts#edit",
        contact_new: "contacts#add-one-by-hand",
        contact_notes: "contacts#notes",
        contact_views: "contacts#views",
    },
)
route = section.route

route("/contacts", contacts.contacts, Permission.CONTACTS_SEE, about=ROWS)
route("/contacts/new", contact_new.contact_new, Permission.CONTACTS_EDIT, "GET POST", about=ROWS)
route("/contacts/new/proof", contact_new.contact_proof, Permission.IMPORT, "POST", about=ROWS)
route("/contacts.csv", contacts.contacts_csv, PROVED_EXPORT, about=ROWS)
route("/contacts/columns", contact_columns.contacts_columns, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route("/contacts/<uuid:uid>", contact.contact, Permission.CONTACTS_SEE, about=CONTACT)
for path, view in (
    ("", proof.proof),
    (".json", proof.proof_json),
    (".zip", proof.proof_zip),
    ("/<uuid:event>/form", proof.proof_form),
    ("/<uuid:event>/mail", proof.proof_mail),
):
    route(
        f"/contacts/<uuid:uid>/proof{path}",
        view,
        Permission.CONTACTS_UNMASKED,
        about=CONTACT,
        topic="proof#what-is-in-it",
    )
route(
    "/contacts/<uuid:uid>/unsubscribe/<int:subscription_id>",
    contact.unsubscribe,
    Permission.CONTACTS_EDIT,
    "POST",
    about=CONTACT,
    topic="flows#leaving",
)
route("/contacts/<uuid:uid>/access", access_file.access_file, ACCESS, "GET POST", about=EVERYTHING)
route("/contacts/<uuid:uid>/edit", contact_edit.contact_edit, Permission.CONTACTS_EDIT, "GET POST", about=CONTACT)
route("/contacts/bulk", bulk_edits.bulk, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/bulk-edits", bulk_runs.bulks, Permission.CONTACTS_EDIT, about=EVERYTHING, name=_("Bulk edits"))
route("/contacts/bulk-edits/<uuid:uid>", bulk_runs.bulk_show, Permission.CONTACTS_EDIT, about=EVERYTHING)
route("/contacts/bulk-edits/<uuid:uid>/stop", bulk_runs.bulk_stop, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/bulk-edits/<uuid:uid>/undo", bulk_runs.bulk_undo, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/ask", bulk_ask.bulk_ask, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/erase", bulk_erase.bulk_erase, PROVED_ERASE, "POST", about=EVERYTHING)
route("/contacts/views", contact_views.view_save, Permission.CONTACTS_SEE, "POST", about=ROWS)
route("/contacts/views/<uuid:uid>/delete", contact_views.view_delete, Permission.CONTACTS_SEE, "POST", about=ROWS)
route(
    "/contacts/<uuid:uid>/downloads/<int:signup_id>",
    contact.contact_download,
    Permission.CONTACTS_EDIT,
    "POST",
    about=CONTACT,
)
route("/contacts/<uuid:uid>/notes", contact_notes.note_add, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route(
    "/contacts/<uuid:uid>/notes/<uuid:note_uid>",
    contact_notes.note_change,
    Permission.CONTACTS_EDIT,
    "POST",
    about=EVERYTHING,
)
route(
    "/contacts/<uuid:uid>/notes/<uuid:note_uid>/delete",
    contact_notes.note_delete,
    Permission.CONTACTS_EDIT,
    "POST",
    about=EVERYTHING,
)
route("/contacts/<uuid:uid>/household", contact_sidebar.contact_household, HOUSEHOLD, "POST", about=EVERYTHING)
