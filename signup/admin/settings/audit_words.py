"""The words of the audit trail: who did what."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from signup.access.audit import AuditEntry
from signup.admin.frame.formatting import number
from signup.admin.frame.words import ROLES
from signup.admin.imports.outcome_words import ORIGINS
from signup.ground.i18n import LANGUAGES, _, pgettext

ACTORS = {"–": _("Unknown person"), "console": _("The console")}

ACTIONS = {
    "sign-in": _("Signed in"),
    "sign-in-failed": _("Sign-in failed"),
    "sign-out": _("Signed out"),
    "proof-failed": _("Failed the identity check"),
    "ticket-used": _("Used a one-time link"),
    "session-ended": _("Ended a session"),
    "account-changed": _("Changed own account"),
    "password-changed": _("Changed own password"),
    "second-factor-on": pgettext("trail", "Set up two-factor authentication"),
    "second-factor-off": _("Removed two-factor authentication"),
    "passkey-added": _("Added a passkey"),
    "passkey-removed": _("Removed a passkey"),
    "recovery-codes-made": _("Created recovery codes"),
    "password-forgotten": _("Requested a new password"),
    "operator-invited": _("Invited an operator"),
    "operator-changed": _("Changed an operator"),
    "groups-hidden": _("Changed which fields roles can see"),
    "ticket-made": _("Created a one-time link"),
    "list-added": _("Added a list"),
    "list-changed": _("Changed a list"),
    "form-added": _("Added a form"),
    "form-published": _("Published a form version"),
    "form-changed": _("Changed a form"),
    "form-draft-discarded": _("Discarded the draft of a form"),
    "opt-in-changed": _("Changed the opt-in of a form"),
    "test-mail-sent": _("Sent a test email"),
    "file-added": _("Added a file"),
    "incentive-added": _("Added an incentive"),
    "incentive-changed": _("Changed an incentive"),
    "codes-added": _("Added discount codes"),
    "codes-redeemed": _("Marked codes as redeemed"),
    "codes-exported": _("Downloaded discount codes as CSV"),
    "partner-added": _("Added a partner"),
    "partner-changed": _("Changed a partner"),
    "download-changed": _("Ended or reopened a download link"),
    "till-added": _("Added a kiosk"),
    "till-changed": _("Changed a kiosk"),
    "till-renewed": _("Gave a kiosk a new address"),
    "till-revoked": _("Switched a kiosk off"),
    "staff-added": _("Added staff"),
    "staff-changed": _("Changed staff"),
    "objectives-chosen": _("Chose the objectives"),
    "field-added": _("Added a field"),
    "field-changed": _("Changed a field"),
    "field-respelt": _("Turned texts into catalogue entries"),
    "field-hidden": _("Hid a field"),
    "field-shown": _("Showed a field again"),
    "field-archived": _("Archived the values of a field"),
    "field-restored": _("Restored the values of a field"),
    "field-dropped": _("Permanently deleted a field"),
    "field-archive-taken": _("Downloaded archived values as CSV"),
    "rates-changed": _("Changed the cost rates"),
    "contact-changed": _("Corrected a contact"),
    "ledger-checked": _("Asked for a check of the ledger"),
    "campaign-added": _("Added a campaign"),
    "campaign-changed": _("Changed a campaign"),
    "campaign-deleted": _("Deleted the draft of a campaign"),
    "campaign-scheduled": _("Let a campaign go"),
    "campaign-unscheduled": _("Took back the time of a campaign"),
    "campaign-paused": _("Paused a campaign"),
    "campaign-left-out": _("Left a campaign out of the archive"),
    "campaign-taken-in": _("Showed a campaign in the archive"),
    "campaign-resumed": _("Went on with a campaign"),
    "campaign-cancelled": _("Cancelled a campaign"),
    "campaign-settled": _("Said what became of unclear emails"),
    "automation-changed": _("Changed an automation"),
    "automation-on": _("Turned an automation on"),
    "automation-off": _("Turned an automation off"),
    "segment-added": _("Added a segment"),
    "segment-changed": _("Changed a segment"),
    "segment-archived": _("Archived a segment"),
    "company-added": _("Added a company"),
    "company-changed": _("Changed a company"),
    "companies-listed": _("Downloaded a page of companies as CSV"),
    "position-added": _("Linked a person to a company"),
    "position-ended": _("Unlinked a person from a company"),
    "household-changed": _("Changed a household"),
    "contact-graded": _("Graded a contact"),
    "grades-changed": _("Changed the grades"),
    "unsubscribed": _("Unsubscribed a contact"),
    "address-suppressed": _("Put an address on the suppression list"),
    "domain-checked": _("Had a sending domain checked"),
    "sending-steps-changed": _("Changed the set-up with mailbox providers"),
    "address-released": _("Took an address off the suppression list"),
    "addresses-suppressed": _("Imported a suppression list"),
    "suppression-exported": _("Exported the suppression list"),
    "proof-read": _("Viewed a proof of consent"),
    "proof-saved": _("Saved a proof of consent as a file"),
    "export-started": _("Started an export"),
    "export-columns-saved": _("Saved export columns"),
    "export-columns-deleted": _("Deleted saved export columns"),
    "export-cancelled": _("Cancelled an export"),
    "export-downloaded": _("Downloaded an export"),
    "import-uploaded": _("Uploaded a file to import"),
    "import-started": _("Started an import"),
    "import-cancelled": _("Stopped an import"),
    "import-undone": _("Undid an import"),
    "import-answered": _("Said what words in a file mean"),
    "import-row-mended": _("Fixed a row in a file"),
    "import-problems-read": _("Downloaded rows to fix"),
    "contact-edited": _("Edited a contact"),
    "contacts-asked": _("Asked several people by email to join a list"),
    "contact-asked": _("Asked a person by email to join a list"),
    "contact-tagged": _("Tagged a contact"),
    "contact-untagged": _("Removed a tag from a contact"),
    "tag-added": _("Added a tag"),
    "tag-renamed": _("Renamed a tag"),
    "tags-merged": _("Merged two tags"),
    "tag-deleted": _("Deleted a tag"),
    "note-added": _("Added a note to a contact"),
    "note-changed": _("Changed a note"),
    "note-deleted": _("Deleted a note"),
    "contact-erased": _("Erased a contact"),
    "contacts-erased": _("Erased several contacts"),
    "hold-set": _("Put a contact on legal hold"),
    "hold-lifted": _("Lifted a legal hold"),
    "contacts-merged": _("Merged two contacts"),
    "merge-undone": _("Undid a merge"),
    "pair-apart": _("Marked two contacts as different people"),
    "pair-reopened": _("Reopened a pair of contacts"),
    "bulk-started": _("Started a bulk edit"),
    "bulk-stopped": _("Stopped a bulk edit"),
    "bulk-undone": _("Undid a bulk edit"),
    "view-saved": _("Saved a view of contacts"),
    "view-deleted": _("Deleted a view of contacts"),
    "contacts-listed": _("Downloaded a page of contacts as CSV"),
    "message-retried": _("Retried an email"),
    "failed-mails-retried": _("Sent failed emails again"),
    "message-deleted": _("Deleted a visitor’s message"),
    "heat-on": _("Turned on proof of work"),
    "heat-off": _("Turned off proof of work"),
    "allowance-added": _("Added a network, domain or address to the allow list"),
    "allowance-ended": _("Removed an entry from the allow list"),
    "key-made": _("Created an API key"),
    "key-rotated": _("Replaced an API key"),
    "key-revoked": _("Revoked an API key"),
    "webhook-added": _("Added a webhook"),
    "webhook-changed": _("Changed, paused or resumed a webhook"),
    "webhook-removed": _("Removed a webhook"),
    "webhook-secret": _("Gave a webhook a new secret"),
    "webhook-replayed": _("Sent events to a webhook again"),
    "retention-ran": _("Deleted or shortened what was kept long enough"),
    "access-file-made": _("Made a person’s access file"),
    "audit-exported": _("Downloaded the audit trail as CSV"),
}


DETAILS = {
    "rows": _("Rows"),
    "people": _("People"),
    "do": _("Change"),
    "field": _("Field"),
    "filter": _("Filter"),
    "status": _("Status"),
    "segment": _("Segment"),
    "format": _("Format"),
    "version": _("Version"),
    "origin": _("Where from"),
    "role": _("Role"),
    "purpose": _("Purpose"),
    "until": _("Until"),
    "shared": _("Shared"),
    "objected": _("Objected to emails"),
    "ended": _("Ended"),
    "days": _("Days"),
    "columns": _("Columns"),
    "mark": _("Export mark"),
    "tag": _("Tag"),
    "grade": _("Grade"),
    "kind": _("Kind"),
    "language": _("Language"),
    "way": _("How"),
    "without_incentive": _("Published without the incentive that it promises"),
}
FOR_MACHINES = ("list", "changed", "before", "after", "hash", "sha256", "size", "backup")
"""Parts of an entry that a page folds away, or says elsewhere."""
VALUES = {
    "set": _("Set a value"),
    "clear": _("Remove a value"),
    "tag": _("Add a tag"),
    "untag": _("Remove a tag"),
    "unsubscribe": pgettext("operator", "Unsubscribe"),
    "erase": pgettext("operator", "Erase"),
    "confirmed": _("Confirmed"),
    "pending": _("Pending"),
    "unsubscribed": _("Unsubscribed"),
}
VALUES_OF: dict[str, Mapping[str, Any]] = {
    "origin": ORIGINS,
    "role": ROLES,
    "language": LANGUAGES,
    "way": {
        "link": _("One-time link"),
        "passkey": _("Passkey"),
        "code": _("Code"),
        "console": _("The console"),
        "generated": _("Generated"),
        "imported": _("From a file"),
    },
    "purpose": {"invite": _("Invitation"), "reset": _("New password"), "sign-in": _("Sign in")},
}
"""What a value means that stands under this name."""


def details(entry: AuditEntry, tags: Mapping[int, str]) -> list[tuple[str, str]]:
    """What an entry says besides who did what, as names and values in words; `tags` are the names of tags by id."""
    return [
        (
            str(DETAILS.get(name, name.replace("_", " ").capitalize())),
            _shown(tags.get(value, value) if name == "tag" else VALUES_OF.get(name, {}).get(str(value), value)),
        )
        for name, value in entry.detail.items()
        if name not in FOR_MACHINES and value not in (None, "", [], {})
    ]


def hashes(entry: AuditEntry) -> list[tuple[str, str]]:
    """What proves an entry to a program."""
    return [(name, str(value)) for name, value in entry.detail.items() if name in FOR_MACHINES[2:]]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if isinstance(value, dict):
        parts = ((DETAILS.get(name, name), one) for name, one in value.items() if one not in (None, "", []))
        return ", ".join(f"{name}: {_shown(one)}" for name, one in parts)
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return number(value) if isinstance(value, int | float) else str(VALUES.get(value, value))


def action(value: str) -> str:
    return str(ACTIONS.get(value, value))
