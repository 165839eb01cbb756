"""The operator's door, address by address, each with the permission it asks for and what it is about."""

from flask import Blueprint

from signup.access.operator import Permission
from signup.admin.companies import companies, company_edit
from signup.admin.contacts import bulk_edits, contact, contact_edit, contact_sidebar, contact_views, contacts
from signup.admin.duplicates import duplicates, merge_pair
from signup.admin.enquiries import enquiries
from signup.admin.exports import export_columns, export_new, exports
from signup.admin.fields import field_edit, field_retire, field_spellings, fields, setup
from signup.admin.forms import (
    form_edit,
    form_funnel,
    form_mails,
    form_placing,
    form_preview,
    form_texts,
    form_versions,
    forms,
)
from signup.admin.frame import formatting, help_pages
from signup.admin.frame.door import Door, Lock
from signup.admin.frame.route_subject import (
    CONTACT,
    ENQUIRY,
    EVERYTHING,
    EXPORT,
    FORM,
    IMPORT,
    KIOSK,
    LIST,
    MAGNET,
    MESSAGE,
    NOTHING,
    PARTNER,
    ROWS,
    SEGMENT,
)
from signup.admin.imports import import_read, import_rows, import_show, import_words, imports
from signup.admin.incentives import discount_codes, incentives
from signup.admin.kiosks import kiosk_report, kiosks, staff
from signup.admin.lists import lists
from signup.admin.outbox import outbox, outbox_failed
from signup.admin.overview import overview
from signup.admin.partners import partners
from signup.admin.people import account, forgotten_password, operators, second_factor, sign_in
from signup.admin.protection import protection
from signup.admin.quality import quality
from signup.admin.segments import segment_edit, segments
from signup.admin.settings import api_keys, audit_page, settings
from signup.fields.field import FieldGroup
from signup.incentives.incentive import MAX_BYTES

OPEN = Lock(None)
UPLOAD = Lock(Permission.FORMS_EDIT, max_body=MAX_BYTES + 64 * 1024)
PREVIEW = Lock(Permission.FORMS_SEE, max_body=MAX_BYTES + 64 * 1024)
"""The editor's preview sends the whole editor, a chosen file too."""
IMPORT_ANSWER = Lock(Permission.IMPORT, max_body=import_words.MAX_BODY)
IMPORT_UPLOAD = Lock(Permission.IMPORT, max_body=imports.MAX_BODY)
FIELD_EDIT = Lock(Permission.CONTACTS_EDIT, max_body=field_spellings.MAX_BODY)
COMPANIES = Lock(Permission.CONTACTS_SEE, group=FieldGroup.HOUSEHOLD)
COMPANIES_EDIT = Lock(Permission.CONTACTS_EDIT, group=FieldGroup.HOUSEHOLD)
COMPANIES_EXPORT = Lock(Permission.EXPORT, proof=True, group=FieldGroup.HOUSEHOLD)
PROVED_IMPORT = Lock(Permission.IMPORT, proof=True)
PROVED_EXPORT = Lock(Permission.EXPORT, proof=True)
WHOLE_EXPORT = Lock(Permission.EXPORT, also=Permission.CONTACTS_UNMASKED, proof=True)
PROVED_SETTINGS = Lock(Permission.SETTINGS, proof=True)
PROVED_OWN = Lock(Permission.OWN_ACCOUNT, proof=True)

bp = Blueprint("admin", __name__, url_prefix="/admin", static_folder="static", static_url_path="/static")
bp.context_processor(formatting.page_context)
bp.record_once(formatting.add_filters)
door = Door(bp)
route = door.route

route("/sign-in", sign_in.sign_in, OPEN, "GET POST", about=NOTHING)
route("/sign-in/second", sign_in.second_step, OPEN, "POST", about=NOTHING)
route("/sign-in/forgot", forgotten_password.forgot, OPEN, "GET POST", about=NOTHING)
route("/ticket/<token>", sign_in.ticket, OPEN, "GET POST", about=NOTHING)
route("/prove", sign_in.prove, Permission.OWN_ACCOUNT, "GET POST", about=NOTHING)
route("/sign-out", sign_in.sign_out, Permission.OWN_ACCOUNT, "POST", about=NOTHING)

route("/", overview.overview, Permission.STATISTICS, about=ROWS)
route("/overview.csv", overview.overview_csv, Permission.STATISTICS, about=ROWS)

route("/setup", setup.setup, Permission.SETTINGS, "GET POST", about=EVERYTHING)
route("/setup/fields", setup.setup_fields, Permission.SETTINGS, "GET POST", about=EVERYTHING)

route("/contacts", contacts.contacts, Permission.CONTACTS_SEE, about=ROWS)
route("/contacts.csv", contacts.contacts_csv, PROVED_EXPORT, about=ROWS)
route("/contacts/columns", contacts.contacts_columns, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route("/contacts/<uuid:uid>", contact.contact, Permission.CONTACTS_SEE, about=CONTACT)
route("/contacts/<uuid:uid>/proof", contact.proof, Permission.CONTACTS_UNMASKED, about=CONTACT)
route("/contacts/<uuid:uid>/proof.json", contact.proof_json, Permission.CONTACTS_UNMASKED, about=CONTACT)
route(
    "/contacts/<uuid:uid>/unsubscribe/<int:subscription_id>",
    contact.unsubscribe,
    Permission.CONTACTS_EDIT,
    "POST",
    about=CONTACT,
)

route("/contacts/<uuid:uid>/edit", contact_edit.contact_edit, Permission.CONTACTS_EDIT, "GET POST", about=CONTACT)
route("/contacts/<uuid:uid>/pair", merge_pair.contact_pair, Permission.CONTACTS_EDIT, about=EVERYTHING)
route(
    "/contacts/<uuid:uid>/merge/<uuid:other>",
    merge_pair.contact_merge,
    Permission.CONTACTS_EDIT,
    "GET POST",
    about=EVERYTHING,
)
route("/contacts/merges/<uuid:uid>/undo", duplicates.merge_undo, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/bulk", bulk_edits.bulk, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/bulk-edits", bulk_edits.bulks, Permission.CONTACTS_EDIT, about=EVERYTHING)
route("/contacts/bulk-edits/<uuid:uid>", bulk_edits.bulk_show, Permission.CONTACTS_EDIT, about=EVERYTHING)
route("/contacts/bulk-edits/<uuid:uid>/stop", bulk_edits.bulk_stop, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/bulk-edits/<uuid:uid>/undo", bulk_edits.bulk_undo, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/views", contact_views.view_save, Permission.CONTACTS_SEE, "POST", about=ROWS)
route("/contacts/views/<uuid:uid>/delete", contact_views.view_delete, Permission.CONTACTS_SEE, "POST", about=ROWS)
route("/contacts/duplicates", duplicates.duplicates, Permission.CONTACTS_EDIT, about=EVERYTHING)
route("/contacts/duplicates/search", duplicates.duplicates_search, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route(
    "/contacts/duplicates/<int:pair_id>",
    duplicates.duplicate_decide,
    Permission.CONTACTS_EDIT,
    "POST",
    about=EVERYTHING,
)
route(
    "/contacts/<uuid:uid>/downloads/<int:signup_id>",
    contact.contact_download,
    Permission.CONTACTS_EDIT,
    "POST",
    about=CONTACT,
)
route("/contacts/fields", fields.fields, Permission.CONTACTS_SEE, about=EVERYTHING)
route("/contacts/fields.csv", fields.fields_csv, Permission.CONTACTS_SEE, about=EVERYTHING)
route("/contacts/fields/measure", fields.fields_measure, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/fields/advice", fields.field_advice, Permission.CONTACTS_SEE, about=EVERYTHING)
route("/contacts/fields/rates", fields.field_rates, Permission.SETTINGS, "POST", about=EVERYTHING)
route("/contacts/fields/new", field_edit.field_new, FIELD_EDIT, "GET POST", about=EVERYTHING)
route("/contacts/fields/<key>", field_edit.field_edit, FIELD_EDIT, "GET POST", about=EVERYTHING)
route("/contacts/fields/<key>/spellings", field_spellings.field_spellings, FIELD_EDIT, "GET POST", about=EVERYTHING)
route("/contacts/fields/<key>/hide", field_retire.field_hide, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/fields/<key>/archive", field_retire.field_archive, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/contacts/fields/<key>/archive.csv", field_retire.field_archive_csv, WHOLE_EXPORT, about=EVERYTHING)
route("/contacts/<uuid:uid>/grade", quality.contact_grade, Permission.CONTACTS_EDIT, "POST", about=EVERYTHING)
route("/contacts/<uuid:uid>/household", contact_sidebar.contact_household, COMPANIES_EDIT, "POST", about=EVERYTHING)
route("/companies", companies.companies, COMPANIES, about=EVERYTHING)
route("/companies.csv", companies.companies_csv, COMPANIES_EXPORT, about=EVERYTHING)
route("/companies/new", company_edit.company_new, COMPANIES_EDIT, "GET POST", about=EVERYTHING)
route("/companies/<uuid:uid>", companies.company, COMPANIES, about=EVERYTHING)
route("/companies/<uuid:uid>/edit", company_edit.company_edit, COMPANIES_EDIT, "GET POST", about=EVERYTHING)
route("/companies/<uuid:uid>/people", companies.company_person, COMPANIES_EDIT, "POST", about=EVERYTHING)
route("/companies/<uuid:uid>/people/off", companies.company_person_off, COMPANIES_EDIT, "POST", about=EVERYTHING)
route("/quality", quality.quality, Permission.STATISTICS, about=EVERYTHING)
route("/quality.csv", quality.quality_csv, Permission.STATISTICS, about=EVERYTHING)
route("/quality/grades", quality.grades, Permission.CONTACTS_EDIT, "GET POST", about=EVERYTHING)
route("/segments", segments.segments, Permission.CONTACTS_SEE, about=ROWS)
route("/segments/new", segment_edit.segment_new, Permission.CONTACTS_EDIT, "GET POST", about=ROWS)
route("/segments/<slug>", segments.segment, Permission.CONTACTS_SEE, about=SEGMENT)
route("/segments/<slug>/edit", segment_edit.segment_edit, Permission.CONTACTS_EDIT, "GET POST", about=SEGMENT)
route("/segments/<slug>/archive", segments.segment_archive, Permission.CONTACTS_EDIT, "POST", about=SEGMENT)

route("/lists", lists.lists, Permission.STATISTICS, about=ROWS)
route("/lists/new", lists.list_new, Permission.LISTS_EDIT, "GET POST", about=EVERYTHING)
route("/lists/<slug>", lists.list_edit, Permission.LISTS_EDIT, "GET POST", about=LIST)

route("/forms", forms.forms, Permission.FORMS_SEE, about=ROWS)
route("/forms/new", form_edit.form_new, UPLOAD, "GET POST", about=ROWS)
route("/forms/incentives", incentives.magnets, Permission.FORMS_EDIT, about=ROWS)
route("/forms/incentives/new/<kind>", incentives.magnet_new, UPLOAD, "GET POST", about=NOTHING)
route("/forms/incentives/redeem", discount_codes.codes_redeem, UPLOAD, "POST", about=EVERYTHING)
route("/forms/incentives/<uuid:uid>", incentives.magnet_edit, UPLOAD, "GET POST", about=MAGNET)
route("/forms/incentives/<uuid:uid>/retire", incentives.magnet_retire, Permission.FORMS_EDIT, "POST", about=MAGNET)
route("/forms/incentives/<uuid:uid>/codes", discount_codes.magnet_codes, UPLOAD, "POST", about=MAGNET)
route("/forms/incentives/<uuid:uid>/codes.csv", discount_codes.codes_csv, PROVED_EXPORT, about=MAGNET)
route("/forms/messages", enquiries.enquiries, Permission.CONTACTS_UNMASKED, about=ROWS)
route("/forms/messages/<uuid:uid>", enquiries.enquiry_change, Permission.CONTACTS_EDIT, "POST", about=ENQUIRY)
route("/forms/partners", partners.partners, Permission.FORMS_EDIT, about=ROWS)
route("/forms/partners/new", partners.partner_new, Permission.FORMS_EDIT, "GET POST", about=ROWS)
route("/forms/partners/<slug>", partners.partner_edit, Permission.FORMS_EDIT, "GET POST", about=PARTNER)
route("/forms/partners/<slug>/retire", partners.partner_retire, Permission.FORMS_EDIT, "POST", about=PARTNER)
route("/forms/preview", form_preview.form_preview, PREVIEW, "POST", about=FORM)
route("/forms/tills", kiosks.tills, Permission.FORMS_SEE, about=ROWS)
route("/forms/tills/new", kiosks.till_new, Permission.FORMS_EDIT, "GET POST", about=ROWS)
route("/forms/tills/staff", staff.staff, Permission.FORMS_EDIT, about=EVERYTHING)
route("/forms/tills/staff/new", staff.staff_new, Permission.FORMS_EDIT, "POST", about=EVERYTHING)
route("/forms/tills/staff/<uuid:uid>", staff.staff_change, Permission.FORMS_EDIT, "POST", about=EVERYTHING)
route("/forms/tills/report", kiosk_report.till_report, Permission.FORMS_EDIT, about=ROWS)
route("/forms/tills/report.csv", kiosk_report.till_report_csv, Permission.FORMS_EDIT, about=ROWS)
route("/forms/tills/<uuid:uid>", kiosks.till_edit, Permission.FORMS_EDIT, "GET POST", about=KIOSK)
route("/forms/tills/<uuid:uid>/renew", kiosks.till_renew, Permission.FORMS_EDIT, "POST", about=KIOSK)
route("/forms/tills/<uuid:uid>/revoke", kiosks.till_revoke, Permission.FORMS_EDIT, "POST", about=KIOSK)
route("/forms/<public_id>", form_edit.form_edit, UPLOAD, "GET POST", about=FORM)
route("/forms/<public_id>/preview", form_preview.form_preview, PREVIEW, "GET POST", about=FORM)
route("/forms/<public_id>/try", form_preview.form_try, Permission.FORMS_SEE, about=FORM)
route("/forms/<public_id>/test", form_preview.form_test, Permission.FORMS_SEE, about=FORM)
route("/forms/<public_id>/texts", form_texts.form_texts, Permission.FORMS_EDIT, "GET POST", about=FORM)
route("/forms/<public_id>/texts/<language>", form_texts.form_texts, Permission.FORMS_EDIT, "GET POST", about=FORM)
route("/forms/<public_id>/mails", form_mails.form_mails, Permission.FORMS_EDIT, "GET POST", about=FORM)
route("/forms/<public_id>/mails/<language>", form_mails.form_mails, Permission.FORMS_EDIT, "GET POST", about=FORM)
route(
    "/forms/<public_id>/mails/<language>/<kind>/preview",
    form_mails.form_mail_preview,
    Permission.FORMS_EDIT,
    "GET POST",
    about=FORM,
)
route("/forms/<public_id>/snippet", form_placing.form_snippet, Permission.FORMS_SEE, about=FORM)
route("/forms/<public_id>/qr.<kind>", form_placing.form_qr, Permission.FORMS_SEE, about=FORM)
route("/forms/<public_id>/versions", form_versions.form_versions, Permission.FORMS_SEE, about=FORM)
route(
    "/forms/<public_id>/versions/<int:number>/restore",
    form_versions.form_restore,
    Permission.FORMS_EDIT,
    "POST",
    about=FORM,
)
route("/forms/<public_id>/funnel", form_funnel.form_funnel, Permission.STATISTICS, about=FORM)
route("/forms/<public_id>/funnel.csv", form_funnel.form_funnel_csv, Permission.STATISTICS, about=FORM)
route("/forms/<public_id>/archive", forms.form_archive, Permission.FORMS_EDIT, "POST", about=FORM)

route("/exports", exports.exports, Permission.EXPORT, about=ROWS)
route("/exports/new", export_new.export_new, PROVED_EXPORT, "GET POST", about=ROWS)
route("/exports/ticked", export_new.export_ticked, PROVED_EXPORT, "POST", about=ROWS)
route("/exports/preview", export_new.export_preview, PROVED_EXPORT, about=ROWS)
route("/exports/columns", export_columns.export_columns_save, PROVED_EXPORT, "POST", about=ROWS)
route("/exports/columns/delete", export_columns.export_columns_delete, PROVED_EXPORT, "POST", about=ROWS)
route("/exports/<uuid:uid>/cancel", exports.export_cancel, Permission.EXPORT, "POST", about=EXPORT)
route("/exports/<uuid:uid>/file", exports.export_file, PROVED_EXPORT, about=EXPORT)

route("/contacts/imports", imports.imports, Permission.IMPORT, about=ROWS)
route("/contacts/imports/new", imports.import_new, IMPORT_UPLOAD, "GET POST", about=ROWS)
route("/contacts/imports/<uuid:uid>", import_show.import_show, Permission.IMPORT, about=IMPORT)
route("/contacts/imports/<uuid:uid>/read", import_read.import_read, Permission.IMPORT, "GET POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/words", import_words.import_words, IMPORT_ANSWER, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/rows", import_rows.import_rows, IMPORT_ANSWER, "GET POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/rest", import_rows.import_rest, Permission.IMPORT, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/start", imports.import_start, Permission.IMPORT, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/cancel", imports.import_cancel, Permission.IMPORT, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/undo", imports.import_undo, PROVED_IMPORT, "POST", about=IMPORT)
route("/contacts/imports/<uuid:uid>/to-correct.csv", imports.import_problems, Permission.IMPORT, about=IMPORT)

route("/outbox", outbox.outbox, Permission.OUTBOX, about=ROWS)
route("/outbox/failed", outbox_failed.outbox_failed, Permission.OUTBOX, "GET POST", about=ROWS)
route("/outbox/<int:message_id>/retry", outbox.outbox_retry, Permission.OUTBOX, "POST", about=MESSAGE)
route("/outbox/protection", protection.protection, Permission.OUTBOX, about=EVERYTHING)
route("/outbox/protection.csv", protection.protection_csv, Permission.OUTBOX, about=EVERYTHING)
route("/outbox/protection/heat", protection.protection_heat, Permission.SETTINGS, "POST", about=EVERYTHING)
route("/outbox/protection/allow", protection.allowance_add, PROVED_SETTINGS, "POST", about=EVERYTHING)
route(
    "/outbox/protection/allow/<int:allowance_id>/end",
    protection.allowance_end,
    Permission.SETTINGS,
    "POST",
    about=EVERYTHING,
)

route("/help/<page>", help_pages.manual, Permission.OWN_ACCOUNT, about=NOTHING)

route("/settings", settings.settings, Permission.OWN_ACCOUNT, about=NOTHING)
route("/settings/operators", operators.operators, PROVED_SETTINGS, about=EVERYTHING)
route("/settings/operators/invite", operators.operator_invite, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/operators/hidden", operators.groups_hide, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/operators/<uuid:uid>/link", operators.operator_ticket, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/operators/<uuid:uid>", operators.operator_edit, PROVED_SETTINGS, "GET POST", about=EVERYTHING)
route("/settings/keys", api_keys.api_keys, Permission.SETTINGS, about=EVERYTHING)
route("/settings/keys/new", api_keys.api_key_new, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/keys/<uuid:uid>/revoke", api_keys.api_key_revoke, PROVED_SETTINGS, "POST", about=EVERYTHING)
route("/settings/account", account.account, Permission.OWN_ACCOUNT, "GET POST", about=NOTHING)
route("/settings/account/password", account.account_password, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route("/settings/account/language", account.account_language, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route("/settings/account/second-factor", second_factor.second_factor, PROVED_OWN, "GET POST", about=NOTHING)
route("/settings/account/second-factor/off", second_factor.second_factor_off, PROVED_OWN, "POST", about=NOTHING)
route("/settings/account/passkeys/new", second_factor.passkey_new, PROVED_OWN, "GET POST", about=NOTHING)
route("/settings/account/passkeys/<uuid:uid>/remove", second_factor.passkey_remove, PROVED_OWN, "POST", about=NOTHING)
route("/settings/account/recovery-codes", second_factor.recovery_codes, PROVED_OWN, "POST", about=NOTHING)
route("/settings/account/sessions/end", account.sessions_end, Permission.OWN_ACCOUNT, "POST", about=NOTHING)
route(
    "/settings/account/sessions/<int:session_id>/end",
    account.session_end,
    Permission.OWN_ACCOUNT,
    "POST",
    about=NOTHING,
)
route("/settings/audit", audit_page.trail, Permission.OWN_ACCOUNT, about=ROWS)
route("/settings/audit.csv", audit_page.trail_csv, Permission.OWN_ACCOUNT, about=ROWS)
