"""Consent: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.consent import ledger, processing_record, purposes, wordings
from signup.admin.frame.route_subject import EVERYTHING
from signup.admin.frame.section import MenuEntry, Section
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry("consent", _("Consent"), "shield", Permission.STATISTICS, order=9, needs_all=True, is_below=True),
    topic="ledger#on-the-consent-page",
    topics={wordings: "ledger#wordings", processing_record: "ledger#record-of-processing", purposes: "forms#tracking"},
)
route = section.route

route("/consent", ledger.consent, Permission.STATISTICS, about=EVERYTHING)
route("/consent/check", ledger.consent_check, Permission.AUDIT, "POST", about=EVERYTHING)
route("/consent/checkpoint", ledger.consent_checkpoint, Permission.STATISTICS, about=EVERYTHING)
route("/consent/public-keys", ledger.consent_keys, Permission.STATISTICS, about=EVERYTHING)
route(
    "/consent/proof",
    ledger.consent_proof,
    Permission.CONTACTS_UNMASKED,
    "POST",
    about=EVERYTHING,
)
route("/consent/wordings", wordings.consent_wordings, Permission.STATISTICS, about=EVERYTHING, name=_("Wordings"))
route("/consent/wordings/<hash_>", wordings.consent_wording, Permission.STATISTICS, about=EVERYTHING)
route("/consent/purposes", purposes.consent_purposes, Permission.STATISTICS, about=EVERYTHING, name=_("Purposes"))
route(
    "/consent/record",
    processing_record.consent_record,
    Permission.STATISTICS,
    about=EVERYTHING,
    name=_("Record of processing"),
)
