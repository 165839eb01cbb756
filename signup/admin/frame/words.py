"""The words shown for stored values: states, roles, kinds, actions. Marked here, translated where shown."""

from typing import Any

from signup.ground.i18n import _, pgettext
from signup.imports.mapping import TARGETS
from signup.imports.row_problem import PROBLEMS

ROLES = {"administrator": _("Administrator"), "editor": _("Editor"), "viewer": _("Viewer")}

ACTORS = {"–": _("Unknown person"), "console": _("The console")}

OWN_RIGHTS = {"may_export": _("Can export"), "may_import": _("Can import"), "may_send": _("Can send")}

STATES: dict[str, Any] = {
    "confirmed": _("Confirmed"),
    "pending": _("Pending"),
    "unsubscribed": _("Unsubscribed"),
    "bounced": _("Bounced"),
    "complained": _("Complained"),
    "merged": _("Merged"),
    "test": pgettext("contact", "Test"),
    "demo": pgettext("contact", "Demonstration"),
    "expired": _("Expired"),
    "repeated": _("Repeated"),
    "disowned": _("Not them"),
    "ready": _("Queued"),
    "claimed": _("Picked up"),
    "handed": _("Being sent"),
    "sent": _("Sent"),
    "retry": _("Will retry"),
    "failed": _("Failed"),
    "unclear": _("Unclear"),
    "cancelled": _("Cancelled"),
    "waiting": _("Waiting"),
    "running": _("Running"),
    "done": _("Done"),
    "active": _("Active"),
    "archived": _("Archived"),
    "retired": _("Retired"),
    "ended": _("Ended"),
    "low": _("Running low"),
    "invited": _("Invited"),
    "revoked": _("Switched off"),
    "disabled": _("Disabled"),
}

TONES = {
    "confirmed": "good",
    "sent": "good",
    "done": "good",
    "active": "good",
    "pending": "wait",
    "ready": "wait",
    "claimed": "wait",
    "handed": "wait",
    "retry": "wait",
    "waiting": "wait",
    "running": "wait",
    "invited": "wait",
    "low": "bad",
    "unclear": "wait",
    "bounced": "bad",
    "complained": "bad",
    "failed": "bad",
    "disowned": "bad",
}
"""The colour of a state's pill; anything else is quiet grey."""

MESSAGES = {
    "confirm": _("Confirmation email"),
    "reminder": _("Reminder"),
    "welcome": _("Welcome email"),
    "already": _("“Already on the list” email"),
    "magnet": _("New download link"),
    "invite": _("Invitation"),
    "reset": _("New password"),
    "enquiry": _("Message from a form"),
    "campaign": _("Campaign"),
    "test": _("Test email"),
}

CONSENT = {
    "requested": _("Asked to join"),
    "mail_accepted": _("Confirmation email accepted by the mail server"),
    "confirmed": pgettext("event", "Confirmed"),
    "preference_changed": _("Changed preferences"),
    "withdrawn": _("Withdrew consent"),
    "unsubscribed": pgettext("event", "Unsubscribed"),
    "disowned": _("Said it wasn’t them"),
    "expired": _("Expired without confirmation"),
    "imported": _("Imported"),
    "corrected": _("An import or a merge was undone"),
    "merged": _("Another contact was merged into this one"),
}

EVENTS = {
    "sent": _("Emails sent"),
    "page_viewed": _("Opened the confirmation page"),
    "delivered": _("Received the incentive"),
    "downloaded": _("Took the incentive"),
    "redeemed": _("Redeemed the discount code"),
    "exported": _("Was included in an export"),
}

EXCLUDED = {
    "pending": _("have not confirmed yet"),
    "unsubscribed": _("have unsubscribed"),
    "bounced": _("cannot be reached: their emails bounced"),
    "complained": _("reported an email as spam"),
    "suppressed": _("are on the suppression list"),
    "no-list": _("are not on any list"),
}
"""Why people who meet a rule may not be mailed."""

NOT_TAKEN = EXCLUDED | {
    "confirmed": _("are confirmed"),
    "no-consent": _("did not agree to ad matching"),
    "household": _("share a household with someone in it"),
    "lacking": _("lack what the program needs, such as a company"),
}
"""Why people are not in an export."""

METHODS = {
    "form": _("form"),
    "later": _("asked after confirmation"),
    "json": _("script on the page"),
    "kiosk": _("kiosk in a shop"),
    "link": _("link in the email"),
    "code": _("six-digit code"),
    "same-browser": _("same browser"),
    "one-click": _("one-click unsubscribe in the email program"),
    "operator": _("an operator"),
    "preferences": _("preferences page"),
    "single": _("single opt-in"),
    "smtp": _("mail server"),
    "import-a": _("import, with our own proof (grade A)"),
    "import-b": _("import, with another service’s record (grade B)"),
    "import-c": _("import, without proof (grade C)"),
    "import-x": _("import of a bought or rented file"),
    "import-undo": _("an import was undone"),
    "merge": _("two contacts were merged"),
    "merge-undo": _("a merge was undone"),
}

ICONS = {
    "requested": "form",
    "mail_accepted": "send",
    "confirmed": "check",
    "preference_changed": "gear",
    "withdrawn": "out",
    "unsubscribed": "out",
    "disowned": "alert",
    "expired": "clock",
    "page_viewed": "eye",
    "delivered": "gift",
    "downloaded": "down",
    "redeemed": "check",
    "exported": "table",
    "sent": "mail",
    "message": "mail",
    "imported": "up",
    "corrected": "out",
    "merged": "people",
    "signup": "form",
}

FAILURES = {
    "crashed": (
        _("The sending process crashed"),
        _("The process crashed each time it was sending only this email. Check the worker logs first."),
    ),
    "not-built": (
        _("The email could not be built"),
        _("One of its texts or values does not work. The log says which."),
    ),
    "no-mail-server": (_("No mail server"), _("The address’s domain does not exist or accepts no email.")),
    "refused": (
        _("Rejected by the mail server"),
        _("Your mail server or theirs rejected it permanently. Each email shows the reply."),
    ),
    "too-late": (
        _("Retried for too long"),
        _("The mail server was unavailable, or said “later” until it was too late."),
    ),
}
"""By `Reason` of a failed mail: its name, and what to think of it."""

MAGNETS = {"file": _("File"), "link": _("External link"), "codes": _("Discount codes")}

ACTIONS: dict[str, Any] = {
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
    "proof-read": _("Viewed a proof of consent"),
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
    "key-revoked": _("Revoked an API key"),
    "audit-exported": _("Downloaded the audit trail as CSV"),
}

RULES: dict[str, Any] = {
    "address-5min": _("Same address again within 5 minutes"),
    "address-day": _("More than 3 emails a day to one address"),
    "address-unconfirmed": _("3 unconfirmed emails: no more for 7 days"),
    "address-everywhere": _("More than 5 emails a day to one address across all lists"),
    "address-vouched": _("More than 50 emails a day to an address on the allow list"),
    "ip-hour": _("More than 10 an hour from one IP address"),
    "ip-day": _("More than 30 a day from one IP address"),
    "net-day": _("More than 100 a day from one network"),
    "domain-unconfirmed": _("Too many unconfirmed at one email domain"),
    "list": _("Too many an hour for the list"),
    "all": _("Too many an hour for the service"),
    "honeypot": _("Filled in the hidden field"),
    "proof": _("No proof of work was sent"),
    "replay": _("A proof of work was used twice"),
    "wait-net": _("Waited instead of computing, too often from one network"),
    "wait-all": _("Waited instead of computing, too often overall"),
}
"""What a sign-up was held back by: each rule in plain words."""

KINDS_ALLOWED = {"network": _("Network"), "domain": _("Email domain"), "address": _("Address")}

HEAT_REASONS: dict[str, Any] = {
    "burst": _("many sign-ups at once, hardly any confirmed"),
    "slow": _("hardly any of the latest sign-ups were confirmed"),
    "operator": _("switched on by an operator"),
}

STEPS: dict[str, Any] = {
    "seen": _("Saw the form"),
    "started": _("Started typing"),
    "submitted": _("Signed up"),
    "mailed": _("Email accepted"),
    "opened_page": _("Opened the page or entered the code"),
    "confirmed": _("Confirmed"),
    "taken": _("Took the incentive"),
}

STEP_CHANGES: dict[str, Any] = {
    "started": _(
        "Fewer people who see the form start typing. Try a shorter title that says what they get, and show the form"
        " later or less abruptly."
    ),
    "submitted": _(
        "Fewer people who start the form send it. Ask fewer questions now: you can ask the rest after confirmation."
    ),
    "mailed": _(
        "More emails cannot be delivered. Check the outbox for the mail server’s replies, and look for typos in the"
        " addresses: they bounce."
    ),
    "opened_page": _(
        "Fewer people who get the email open its page. Check the sender name and subject, the spam folder, and"
        " whether a reminder is on."
    ),
    "confirmed": _(
        "Fewer people who open the page confirm. Tell them what they get, in the email and on the page, in the same"
        " words as the form."
    ),
}
"""What to try when the passage to a step is worse than elsewhere."""

SOON = {
    "1m": _("1 minute"),
    "10m": _("10 minutes"),
    "1h": _("1 hour"),
    "24h": _("24 hours"),
    "7d": _("7 days"),
}

DIMENSIONS = {
    "source": _("Source"),
    "site": _("Website"),
    "language": _("Language"),
    "provider": _("Email provider"),
    "day": _("Day"),
}

PERIODS = {7: _("Last 7 days"), 30: _("Last 30 days"), 90: _("Last 90 days"), 365: _("Last 12 months")}


ORIGINS = {
    "claim": _("Collected by us, without a record of each opt-in"),
    "service": _("From another service, with the time of each opt-in"),
    "own": _("From an export of this service"),
    "bought": _("Bought or rented"),
}

IMPORT_TASKS = {"read": _("Awaiting mapping"), "check": _("Dry run"), "import": _("Import"), "undo": _("Undo")}

OUTCOMES = {
    "created": _("new people"),
    "joined": _("known, new on this list"),
    "updated": _("known, with new details"),
    "unchanged": _("known, nothing new"),
    "left": _("left unchanged"),
    "duplicate": _("repeated in the file"),
    "invalid": _("not understood"),
}
OUTCOMES_OF_LIST = OUTCOMES | {"created": _("new on this list"), "updated": _("already on this list")}
"""For who works with some lists: whether somebody is known to others is not theirs to know."""


LIKENESS = {
    "mailbox": _("same mailbox"),
    "name": _("similar names"),
    "phone": _("same phone number"),
    "birth_date": _("same date of birth"),
    "company": _("same company"),
    "postcode": _("same postal code"),
}
"""What speaks for two contacts being one person."""

BULK_ACTIONS = {
    "set": _("Set a value"),
    "clear": _("Remove a value"),
    "add": _("Add a choice"),
    "remove": _("Remove a choice"),
    "unsubscribe": pgettext("operator", "Unsubscribe"),
}

CHECKS = {
    "phone": _("Phone"),
    "postal_code": _("Postal code"),
    "company_number": _("Company or VAT number"),
    "nace": _("Activity (NACE)"),
    "legal_form": _("Legal form"),
}
VERDICTS = {
    "ok": _("valid"),
    "unknown": _("possible, but not in any directory"),
    "mismatch": _("doesn’t match other details"),
    "invalid": _("not valid"),
}

STATES_OF_A_WORD = {
    "confirmed": _("Subscribed"),
    "pending": _("Not confirmed yet"),
    "unsubscribed": _("Unsubscribed"),
    "bounced": _("Bounced"),
    "complained": _("Complained"),
}
"""What a status word of a file can mean."""

UNDO = {"undone": _("undone"), "kept": _("kept, because something has happened since")}


def import_problem(code: str) -> str:
    """Why a row was not taken; after a colon its code names the column."""
    kind, _colon, what = code.partition(":")
    what, text = str(TARGETS.get(what, what)), str(PROBLEMS.get(kind, kind))
    return f"{what}: {text}" if what else text


def state(value: str) -> str:
    return str(STATES.get(value, value))


def action(value: str) -> str:
    return str(ACTIONS.get(value, value))


SCOPES = {"codes:redeem": _("Mark discount codes as redeemed")}
"""What a program's key may do."""

KEY_TERMS = {30: _("30 days"), 90: _("90 days"), 365: _("One year"), 0: _("Until revoked")}
