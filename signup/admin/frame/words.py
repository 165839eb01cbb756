"""The words shown for stored values: states, roles, kinds, actions. Marked here, translated where shown."""

from typing import Any

from signup.ground.i18n import _, pgettext
from signup.imports.mapping import TARGETS
from signup.imports.row_problem import PROBLEMS

ROLES = {"administrator": _("Administrator"), "editor": _("Editor"), "viewer": _("Viewer")}

ACTORS = {"–": _("A stranger"), "console": _("The console")}

OWN_RIGHTS = {"may_export": _("May export"), "may_import": _("May import"), "may_send": _("May send")}

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
    "ready": _("Ready"),
    "claimed": _("In hand"),
    "handed": _("Handed over"),
    "sent": _("Sent"),
    "retry": _("Waiting to retry"),
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
    "confirm": _("Confirmation mail"),
    "reminder": _("Reminder"),
    "welcome": _("Welcome mail"),
    "already": _("“Already subscribed” mail"),
    "magnet": _("New download link"),
    "invite": _("Invitation"),
    "reset": _("New password"),
    "enquiry": _("Message from a form"),
    "campaign": _("Campaign"),
    "test": _("Test mail"),
}

CONSENT = {
    "requested": _("Asked to join"),
    "mail_accepted": _("Relay took the confirmation mail"),
    "confirmed": pgettext("event", "Confirmed"),
    "preference_changed": _("Changed preferences"),
    "withdrawn": _("Withdrew a consent"),
    "unsubscribed": pgettext("event", "Unsubscribed"),
    "disowned": _("Said it was not them"),
    "expired": _("Never confirmed: expired"),
    "imported": _("Imported"),
    "corrected": _("An import or a merge was taken back"),
    "merged": _("Another contact became part of this one"),
}

EVENTS = {
    "sent": _("Mail sent"),
    "page_viewed": _("Opened the confirmation page"),
    "delivered": _("Was given the incentive"),
    "downloaded": _("Took the incentive"),
    "redeemed": _("Redeemed the discount code"),
    "exported": _("Was part of an export"),
}

EXCLUDED = {
    "pending": _("have not confirmed yet"),
    "unsubscribed": _("have unsubscribed"),
    "bounced": _("cannot be reached: their mail came back"),
    "complained": _("complained about a mail"),
    "suppressed": _("are on the stop list"),
    "no-list": _("are on no list"),
}
"""Why people who meet a rule may not be mailed."""

NOT_TAKEN = EXCLUDED | {
    "confirmed": _("are confirmed"),
    "no-consent": _("did not agree to ad matching"),
    "household": _("share a household with somebody in it"),
    "lacking": _("lack what the program needs, such as a company"),
}
"""Why people are not in an export."""

METHODS = {
    "form": _("form"),
    "later": _("asked after confirming"),
    "json": _("script on the page"),
    "kiosk": _("till in a shop"),
    "link": _("link in the mail"),
    "code": _("six-digit code"),
    "same-browser": _("same browser"),
    "one-click": _("one click in the mail program"),
    "operator": _("an operator"),
    "preferences": _("preference page"),
    "single": _("single opt-in"),
    "smtp": _("mail relay"),
    "import-a": _("import, with our own proof (grade A)"),
    "import-b": _("import, with another service’s record (grade B)"),
    "import-c": _("import, without proof (grade C)"),
    "import-x": _("import of a bought or rented file"),
    "import-undo": _("an import was taken back"),
    "merge": _("two contacts were merged"),
    "merge-undo": _("a merge was taken back"),
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
        _("The sending process ended"),
        _("Each time this mail alone was being sent, the process ended. Look into the log of the workers first."),
    ),
    "not-built": (
        _("The mail could not be built"),
        _("A text or a value in it does not work. The log says which."),
    ),
    "no-mail-server": (_("No mail server"), _("The address's domain does not exist or takes no mail.")),
    "refused": (_("Refused by the relay"), _("The relay or the mailbox said no for good. Each mail has its words.")),
    "too-late": (
        _("Put off for too long"),
        _("The relay was away or said “later” until it was too late."),
    ),
}
"""By `Reason` of a failed mail: its name, and what to think of it."""

MAGNETS = {"file": _("File"), "link": _("External link"), "codes": _("Discount codes")}

FIELD_TYPES = {
    "text": _("Text"),
    "long_text": _("Text of several lines"),
    "choice": _("One choice"),
    "multi": _("Several choices"),
    "yes_no": _("Yes or no"),
    "date": _("Date"),
    "number": _("Number"),
}

ACTIONS: dict[str, Any] = {
    "sign-in": _("Signed in"),
    "sign-in-failed": _("Sign-in failed"),
    "sign-out": _("Signed out"),
    "proof-failed": _("Proof failed"),
    "ticket-used": _("Used a one-time link"),
    "session-ended": _("Ended a session"),
    "account-changed": _("Changed own account"),
    "password-changed": _("Changed own password"),
    "second-factor-on": pgettext("trail", "Set up a second factor"),
    "second-factor-off": _("Removed the second factor"),
    "passkey-added": _("Added a passkey"),
    "passkey-removed": _("Removed a passkey"),
    "recovery-codes-made": _("Made recovery codes"),
    "password-forgotten": _("Asked for a new password"),
    "operator-invited": _("Invited an operator"),
    "operator-changed": _("Changed an operator"),
    "groups-hidden": _("Settled what roles do not see"),
    "ticket-made": _("Made a one-time link"),
    "list-added": _("Added a list"),
    "list-changed": _("Changed a list"),
    "form-added": _("Added a form"),
    "form-published": _("Published a form version"),
    "form-changed": _("Changed a form"),
    "opt-in-changed": _("Changed the opt-in of a form"),
    "test-mail-sent": _("Sent a test mail"),
    "file-added": _("Added a file"),
    "incentive-added": _("Added an incentive"),
    "incentive-changed": _("Changed an incentive"),
    "codes-added": _("Added discount codes"),
    "codes-redeemed": _("Noted redeemed codes"),
    "codes-exported": _("Took discount codes as CSV"),
    "partner-added": _("Added a partner"),
    "partner-changed": _("Changed a partner"),
    "download-changed": _("Ended or reopened a download link"),
    "till-added": _("Added a till"),
    "till-changed": _("Changed a till"),
    "till-renewed": _("Gave a till a new address"),
    "till-revoked": _("Switched a till off"),
    "staff-added": _("Added staff"),
    "staff-changed": _("Changed staff"),
    "objectives-chosen": _("Chose the objectives"),
    "field-added": _("Added a field"),
    "field-changed": _("Changed a field"),
    "field-respelt": _("Made texts entries of a catalogue"),
    "field-hidden": _("Hid a field"),
    "field-shown": _("Showed a field again"),
    "field-archived": _("Archived the values of a field"),
    "field-restored": _("Restored the values of a field"),
    "field-dropped": _("Deleted a field for good"),
    "field-archive-taken": _("Took archived values as CSV"),
    "rates-changed": _("Changed the rates of costs"),
    "contact-changed": _("Corrected a contact"),
    "segment-added": _("Added a segment"),
    "segment-changed": _("Changed a segment"),
    "segment-archived": _("Archived a segment"),
    "company-added": _("Added a company"),
    "company-changed": _("Changed a company"),
    "companies-listed": _("Took a page of companies as CSV"),
    "position-added": _("Put somebody at a company"),
    "position-ended": _("Took somebody off a company"),
    "household-changed": _("Changed a household"),
    "contact-graded": _("Graded a contact"),
    "grades-changed": _("Changed the grades"),
    "unsubscribed": _("Unsubscribed a contact"),
    "proof-read": _("Read a consent proof"),
    "export-started": _("Started an export"),
    "export-columns-saved": _("Saved the columns of an export"),
    "export-columns-deleted": _("Deleted saved columns of an export"),
    "export-cancelled": _("Cancelled an export"),
    "export-downloaded": _("Downloaded an export"),
    "import-uploaded": _("Uploaded a file to import"),
    "import-started": _("Started an import"),
    "import-cancelled": _("Stopped an import"),
    "import-undone": _("Undid an import"),
    "import-answered": _("Said what words of a file mean"),
    "import-row-mended": _("Mended a row of a file"),
    "import-problems-read": _("Downloaded rows to correct"),
    "contact-edited": _("Edited a contact"),
    "contacts-merged": _("Merged two contacts"),
    "merge-undone": _("Undid a merge"),
    "pair-apart": _("Said that two contacts are two people"),
    "pair-reopened": _("Asked again about two contacts"),
    "bulk-started": _("Started a bulk edit"),
    "bulk-stopped": _("Stopped a bulk edit"),
    "bulk-undone": _("Undid a bulk edit"),
    "view-saved": _("Saved a view of the contacts"),
    "view-deleted": _("Deleted a view of the contacts"),
    "contacts-listed": _("Took the contacts page as CSV"),
    "message-retried": _("Retried a mail"),
    "failed-mails-retried": _("Sent failed mails again"),
    "message-deleted": _("Deleted a visitor’s message"),
    "heat-on": _("Asked for proof of work"),
    "heat-off": _("Ended the proof of work"),
    "allowance-added": _("Vouched for a network, domain or address"),
    "allowance-ended": _("Took an entry off the allow-list"),
    "key-made": _("Made an API key"),
    "key-revoked": _("Revoked an API key"),
    "audit-exported": _("Took the audit trail as CSV"),
}

RULES: dict[str, Any] = {
    "address-5min": _("Same address again within 5 minutes"),
    "address-day": _("More than 3 mails a day to one address"),
    "address-unconfirmed": _("3 mails unconfirmed: the address rests for 7 days"),
    "address-everywhere": _("More than 5 mails a day to one address, all lists together"),
    "address-vouched": _("More than 50 a day to an address on the allow-list"),
    "ip-hour": _("More than 10 an hour from one visitor’s address"),
    "ip-day": _("More than 30 a day from one visitor’s address"),
    "net-day": _("More than 100 a day from one network"),
    "domain-unconfirmed": _("Too many unconfirmed at one mailbox domain"),
    "list": _("More than the list takes an hour"),
    "all": _("More than the service takes an hour"),
    "honeypot": _("Filled in the field that no person sees"),
    "proof": _("Asked for proof of work, and none came"),
    "replay": _("A proof of work used twice"),
    "wait-net": _("Waited instead of computing, too often from one network"),
    "wait-all": _("Waited instead of computing, too often in all"),
}
"""What a sign-up was held back by: each rule in plain words."""

KINDS_ALLOWED = {"network": _("Network"), "domain": _("Mailbox domain"), "address": _("Address")}

HEAT_REASONS: dict[str, Any] = {
    "burst": _("many sign-ups at once, and hardly any confirmed"),
    "slow": _("hardly any of the last sign-ups was confirmed"),
    "operator": _("an operator switched it on"),
}

STEPS: dict[str, Any] = {
    "seen": _("Form seen"),
    "started": _("Began to type"),
    "submitted": _("Signed up"),
    "mailed": _("Mail handed over"),
    "opened_page": _("Opened the page, or typed the code"),
    "confirmed": _("Confirmed"),
    "taken": _("Took the incentive"),
}

STEP_CHANGES: dict[str, Any] = {
    "started": _(
        "Fewer of those who see the form begin to type. Try a shorter title that says what they get, and a later"
        " or calmer moment to appear."
    ),
    "submitted": _(
        "Fewer of those who begin send the form. Ask fewer questions now: what is left can be asked after the"
        " confirmation."
    ),
    "mailed": _(
        "More mails cannot be handed over. Look into the outbox for what the relay says, and at the addresses: typing"
        " errors come back."
    ),
    "opened_page": _(
        "Fewer of those who get the mail open its page. Check the sender's name and the subject, the spam folder, and"
        " whether a reminder is on."
    ),
    "confirmed": _(
        "Fewer of those who open the page confirm. Say in the mail and on the page what they get, in the words of"
        " the form."
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
    "provider": _("Mailbox"),
    "day": _("Day"),
}

PERIODS = {7: _("Last 7 days"), 30: _("Last 30 days"), 90: _("Last 90 days"), 365: _("Last 12 months")}


ORIGINS = {
    "claim": _("Collected by us, without a record of each opt-in"),
    "service": _("From another service, with the time of each opt-in"),
    "own": _("From an export of this service"),
    "bought": _("Bought or rented"),
}

IMPORT_TASKS = {"read": _("To map"), "check": _("Dry run"), "import": _("Import"), "undo": _("Undo")}

OUTCOMES = {
    "created": _("new people"),
    "joined": _("known, new on this list"),
    "updated": _("known, with something new"),
    "unchanged": _("known, nothing new"),
    "left": _("left alone"),
    "duplicate": _("repeated in the file"),
    "invalid": _("not understood"),
}
OUTCOMES_OF_LIST = OUTCOMES | {"created": _("new on this list"), "updated": _("on this list already")}
"""For who works with some lists: whether somebody is known to others is not theirs to know."""


LIKENESS = {
    "mailbox": _("same mailbox"),
    "name": _("like names"),
    "phone": _("same phone number"),
    "birth_date": _("same day of birth"),
    "company": _("same company"),
    "postcode": _("same postcode"),
}
"""What speaks for two contacts being one person."""

BULK_ACTIONS = {
    "set": _("Set a value"),
    "clear": _("Take a value away"),
    "add": _("Add a choice"),
    "remove": _("Take a choice away"),
    "unsubscribe": pgettext("operator", "Unsubscribe"),
}

CHECKS = {
    "phone": _("Telephone"),
    "postal_code": _("Postal code"),
    "company_number": _("Company or VAT number"),
    "nace": _("Activity (NACE)"),
    "legal_form": _("Legal form"),
}
VERDICTS = {
    "ok": _("all right"),
    "unknown": _("possible, and in no table"),
    "mismatch": _("does not fit what stands beside it"),
    "invalid": _("not possible"),
}

STATES_OF_A_WORD = {
    "confirmed": _("Subscribed"),
    "pending": _("Not confirmed yet"),
    "unsubscribed": _("Unsubscribed"),
    "bounced": _("Bounced"),
    "complained": _("Complained"),
}
"""What a status word of a file can mean."""

UNDO = {"undone": _("undone"), "kept": _("kept, because something happened since")}


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

KEY_TERMS = {30: _("30 days"), 90: _("90 days"), 365: _("A year"), 0: _("Until revoked")}
