"""The operator's door, address by address, each with the permission it asks for."""

from flask import Blueprint

from signup.admin import (
    account,
    contact,
    contacts,
    exports,
    form_edit,
    forms,
    lists,
    outbox,
    overview,
    settings,
    shown,
    sign_in,
    trail,
)
from signup.admin.guard import Door, Lock
from signup.admin.operator import Permission
from signup.forms.lead_magnet import MAX_BYTES

OPEN = Lock(None)
UPLOAD = Lock(Permission.FORMS_EDIT, max_body=MAX_BYTES + 64 * 1024)
PROVED_EXPORT = Lock(Permission.EXPORT, proof=True)
PROVED_SETTINGS = Lock(Permission.SETTINGS, proof=True)
PROVED_OWN = Lock(Permission.OWN_ACCOUNT, proof=True)

bp = Blueprint("admin", __name__, url_prefix="/admin", static_folder="static", static_url_path="/static")
bp.context_processor(shown.page_context)
bp.record_once(shown.add_filters)
door = Door(bp)
route = door.route

route("/sign-in", sign_in.sign_in, OPEN, "GET POST")
route("/ticket/<token>", sign_in.ticket, OPEN, "GET POST")
route("/prove", sign_in.prove, Permission.OWN_ACCOUNT, "GET POST")
route("/sign-out", sign_in.sign_out, Permission.OWN_ACCOUNT, "POST")

route("/", overview.overview, Permission.STATISTICS)
route("/overview.csv", overview.overview_csv, Permission.STATISTICS)

route("/contacts", contacts.contacts, Permission.CONTACTS_SEE)
route("/contacts.csv", contacts.contacts_csv, PROVED_EXPORT)
route("/contacts/<uuid:uid>", contact.contact, Permission.CONTACTS_SEE)
route("/contacts/<uuid:uid>/proof", contact.proof, Permission.CONTACTS_UNMASKED)
route("/contacts/<uuid:uid>/proof.json", contact.proof_json, Permission.CONTACTS_UNMASKED)
route("/contacts/<uuid:uid>/unsubscribe/<int:subscription_id>", contact.unsubscribe, Permission.CONTACTS_EDIT, "POST")

route("/lists", lists.lists, Permission.STATISTICS)
route("/lists/new", lists.list_new, Permission.LISTS_EDIT, "GET POST")
route("/lists/<slug>", lists.list_edit, Permission.LISTS_EDIT, "GET POST")

route("/forms", forms.forms, Permission.FORMS_SEE)
route("/forms/new", form_edit.form_new, Permission.FORMS_EDIT, "GET POST")
route("/forms/files", form_edit.magnets, UPLOAD, "GET POST")
route("/forms/preview", form_edit.form_preview, Permission.FORMS_SEE, "POST")
route("/forms/<public_id>", form_edit.form_edit, Permission.FORMS_EDIT, "GET POST")
route("/forms/<public_id>/preview", form_edit.form_preview, Permission.FORMS_SEE, "GET POST")
route("/forms/<public_id>/snippet", forms.form_snippet, Permission.FORMS_SEE)
route("/forms/<public_id>/versions", forms.form_versions, Permission.FORMS_SEE)
route("/forms/<public_id>/archive", forms.form_archive, Permission.FORMS_EDIT, "POST")

route("/exports", exports.exports, Permission.EXPORT)
route("/exports/new", exports.export_new, PROVED_EXPORT, "GET POST")
route("/exports/<uuid:uid>/cancel", exports.export_cancel, Permission.EXPORT, "POST")
route("/exports/<uuid:uid>/file", exports.export_file, PROVED_EXPORT)

route("/outbox", outbox.outbox, Permission.OUTBOX)
route("/outbox/<int:message_id>/retry", outbox.outbox_retry, Permission.OUTBOX, "POST")

route("/settings", settings.settings, Permission.OWN_ACCOUNT)
route("/settings/operators", settings.operators, Permission.SETTINGS)
route("/settings/operators/invite", settings.operator_invite, PROVED_SETTINGS, "POST")
route("/settings/operators/<uuid:uid>/link", settings.operator_ticket, PROVED_SETTINGS, "POST")
route("/settings/operators/<uuid:uid>/rights", settings.operator_rights, PROVED_SETTINGS, "POST")
route("/settings/account", account.account, Permission.OWN_ACCOUNT, "GET POST")
route("/settings/account/password", account.account_password, Permission.OWN_ACCOUNT, "POST")
route("/settings/account/language", account.account_language, Permission.OWN_ACCOUNT, "POST")
route("/settings/account/second-factor", account.second_factor, PROVED_OWN, "GET POST")
route("/settings/account/second-factor/off", account.second_factor_off, PROVED_OWN, "POST")
route("/settings/account/sessions/<int:session_id>/end", account.session_end, Permission.OWN_ACCOUNT, "POST")
route("/settings/audit", trail.trail, Permission.OWN_ACCOUNT)
route("/settings/audit.csv", trail.trail_csv, Permission.OWN_ACCOUNT)
