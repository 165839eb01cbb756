"""The operator's door, address by address, each with the permission it asks for."""

from flask import Blueprint

from signup.admin import (
    account,
    beside,
    codes,
    companies,
    company_edit,
    contact,
    contacts,
    exports,
    form_edit,
    form_mails,
    form_placing,
    form_preview,
    form_texts,
    form_versions,
    forms,
    funnel,
    imports,
    lists,
    magnets,
    outbox,
    overview,
    partners,
    protection,
    qualities,
    segment_edit,
    segments,
    settings,
    shown,
    sign_in,
    staff,
    till_report,
    tills,
    trail,
)
from signup.admin.guard import Door, Lock
from signup.admin.operator import Permission
from signup.forms.lead_magnet import MAX_BYTES

OPEN = Lock(None)
UPLOAD = Lock(Permission.FORMS_EDIT, max_body=MAX_BYTES + 64 * 1024)
IMPORT_UPLOAD = Lock(Permission.IMPORT, max_body=imports.MAX_BODY)
PROVED_IMPORT = Lock(Permission.IMPORT, proof=True)
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
route("/contacts/columns", contacts.contacts_columns, Permission.OWN_ACCOUNT, "POST")
route("/contacts/<uuid:uid>", contact.contact, Permission.CONTACTS_SEE)
route("/contacts/<uuid:uid>/proof", contact.proof, Permission.CONTACTS_UNMASKED)
route("/contacts/<uuid:uid>/proof.json", contact.proof_json, Permission.CONTACTS_UNMASKED)
route("/contacts/<uuid:uid>/unsubscribe/<int:subscription_id>", contact.unsubscribe, Permission.CONTACTS_EDIT, "POST")

route("/contacts/<uuid:uid>/downloads/<int:signup_id>", contact.contact_download, Permission.CONTACTS_EDIT, "POST")
route("/contacts/<uuid:uid>/grade", qualities.contact_grade, Permission.CONTACTS_EDIT, "POST")
route("/contacts/<uuid:uid>/household", beside.contact_household, Permission.CONTACTS_EDIT, "POST")
route("/companies", companies.companies, Permission.CONTACTS_SEE)
route("/companies.csv", companies.companies_csv, PROVED_EXPORT)
route("/companies/new", company_edit.company_new, Permission.CONTACTS_EDIT, "GET POST")
route("/companies/<uuid:uid>", companies.company, Permission.CONTACTS_SEE)
route("/companies/<uuid:uid>/edit", company_edit.company_edit, Permission.CONTACTS_EDIT, "GET POST")
route("/companies/<uuid:uid>/people", companies.company_person, Permission.CONTACTS_EDIT, "POST")
route("/companies/<uuid:uid>/people/off", companies.company_person_off, Permission.CONTACTS_EDIT, "POST")
route("/quality", qualities.quality, Permission.STATISTICS)
route("/quality.csv", qualities.quality_csv, Permission.STATISTICS)
route("/quality/grades", qualities.grades, Permission.CONTACTS_EDIT, "GET POST")
route("/segments", segments.segments, Permission.CONTACTS_SEE)
route("/segments/new", segment_edit.segment_new, Permission.CONTACTS_EDIT, "GET POST")
route("/segments/<slug>", segments.segment, Permission.CONTACTS_SEE)
route("/segments/<slug>/edit", segment_edit.segment_edit, Permission.CONTACTS_EDIT, "GET POST")
route("/segments/<slug>/archive", segments.segment_archive, Permission.CONTACTS_EDIT, "POST")

route("/lists", lists.lists, Permission.STATISTICS)
route("/lists/new", lists.list_new, Permission.LISTS_EDIT, "GET POST")
route("/lists/<slug>", lists.list_edit, Permission.LISTS_EDIT, "GET POST")

route("/forms", forms.forms, Permission.FORMS_SEE)
route("/forms/new", form_edit.form_new, Permission.FORMS_EDIT, "GET POST")
route("/forms/incentives", magnets.magnets, Permission.FORMS_EDIT)
route("/forms/incentives/new/<kind>", magnets.magnet_new, UPLOAD, "GET POST")
route("/forms/incentives/redeem", codes.codes_redeem, UPLOAD, "POST")
route("/forms/incentives/<uuid:uid>", magnets.magnet_edit, UPLOAD, "GET POST")
route("/forms/incentives/<uuid:uid>/retire", magnets.magnet_retire, Permission.FORMS_EDIT, "POST")
route("/forms/incentives/<uuid:uid>/codes", codes.magnet_codes, UPLOAD, "POST")
route("/forms/incentives/<uuid:uid>/codes.csv", codes.codes_csv, PROVED_EXPORT)
route("/forms/partners", partners.partners, Permission.FORMS_EDIT)
route("/forms/partners/new", partners.partner_new, Permission.FORMS_EDIT, "GET POST")
route("/forms/partners/<slug>", partners.partner_edit, Permission.FORMS_EDIT, "GET POST")
route("/forms/partners/<slug>/retire", partners.partner_retire, Permission.FORMS_EDIT, "POST")
route("/forms/preview", form_preview.form_preview, Permission.FORMS_SEE, "POST")
route("/forms/tills", tills.tills, Permission.FORMS_SEE)
route("/forms/tills/new", tills.till_new, Permission.FORMS_EDIT, "GET POST")
route("/forms/tills/staff", staff.staff, Permission.FORMS_EDIT)
route("/forms/tills/staff/new", staff.staff_new, Permission.FORMS_EDIT, "POST")
route("/forms/tills/staff/<uuid:uid>", staff.staff_change, Permission.FORMS_EDIT, "POST")
route("/forms/tills/report", till_report.till_report, Permission.FORMS_EDIT)
route("/forms/tills/report.csv", till_report.till_report_csv, Permission.FORMS_EDIT)
route("/forms/tills/<uuid:uid>", tills.till_edit, Permission.FORMS_EDIT, "GET POST")
route("/forms/tills/<uuid:uid>/renew", tills.till_renew, Permission.FORMS_EDIT, "POST")
route("/forms/tills/<uuid:uid>/revoke", tills.till_revoke, Permission.FORMS_EDIT, "POST")
route("/forms/<public_id>", form_edit.form_edit, Permission.FORMS_EDIT, "GET POST")
route("/forms/<public_id>/preview", form_preview.form_preview, Permission.FORMS_SEE, "GET POST")
route("/forms/<public_id>/try", form_preview.form_try, Permission.FORMS_SEE)
route("/forms/<public_id>/texts", form_texts.form_texts, Permission.FORMS_EDIT, "GET POST")
route("/forms/<public_id>/texts/<language>", form_texts.form_texts, Permission.FORMS_EDIT, "GET POST")
route("/forms/<public_id>/mails", form_mails.form_mails, Permission.FORMS_EDIT, "GET POST")
route("/forms/<public_id>/mails/<language>", form_mails.form_mails, Permission.FORMS_EDIT, "GET POST")
route(
    "/forms/<public_id>/mails/<language>/<kind>/preview",
    form_mails.form_mail_preview,
    Permission.FORMS_EDIT,
    "GET POST",
)
route("/forms/<public_id>/snippet", form_placing.form_snippet, Permission.FORMS_SEE)
route("/forms/<public_id>/qr.<kind>", form_placing.form_qr, Permission.FORMS_SEE)
route("/forms/<public_id>/versions", form_versions.form_versions, Permission.FORMS_SEE)
route("/forms/<public_id>/versions/<int:number>/restore", form_versions.form_restore, Permission.FORMS_EDIT, "POST")
route("/forms/<public_id>/funnel", funnel.form_funnel, Permission.STATISTICS)
route("/forms/<public_id>/funnel.csv", funnel.form_funnel_csv, Permission.STATISTICS)
route("/forms/<public_id>/archive", forms.form_archive, Permission.FORMS_EDIT, "POST")

route("/exports", exports.exports, Permission.EXPORT)
route("/exports/new", exports.export_new, PROVED_EXPORT, "GET POST")
route("/exports/<uuid:uid>/cancel", exports.export_cancel, Permission.EXPORT, "POST")
route("/exports/<uuid:uid>/file", exports.export_file, PROVED_EXPORT)

route("/contacts/imports", imports.imports, Permission.IMPORT)
route("/contacts/imports/new", imports.import_new, IMPORT_UPLOAD, "GET POST")
route("/contacts/imports/<uuid:uid>", imports.import_show, Permission.IMPORT)
route("/contacts/imports/<uuid:uid>/read", imports.import_read, Permission.IMPORT, "GET POST")
route("/contacts/imports/<uuid:uid>/start", imports.import_start, Permission.IMPORT, "POST")
route("/contacts/imports/<uuid:uid>/cancel", imports.import_cancel, Permission.IMPORT, "POST")
route("/contacts/imports/<uuid:uid>/undo", imports.import_undo, PROVED_IMPORT, "POST")
route("/contacts/imports/<uuid:uid>/to-correct.csv", imports.import_problems, Permission.IMPORT)

route("/outbox", outbox.outbox, Permission.OUTBOX)
route("/outbox/<int:message_id>/retry", outbox.outbox_retry, Permission.OUTBOX, "POST")
route("/outbox/protection", protection.protection, Permission.OUTBOX)
route("/outbox/protection.csv", protection.protection_csv, Permission.OUTBOX)
route("/outbox/protection/heat", protection.protection_heat, Permission.SETTINGS, "POST")
route("/outbox/protection/allow", protection.allowance_add, PROVED_SETTINGS, "POST")
route("/outbox/protection/allow/<int:allowance_id>/end", protection.allowance_end, Permission.SETTINGS, "POST")

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
