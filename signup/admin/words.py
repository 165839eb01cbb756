"""The words shown for stored values: states, roles, kinds, actions. Marked here, translated where shown."""

from typing import Any

from signup.i18n import _

ROLES = {"administrator": _("Administrator"), "editor": _("Editor"), "viewer": _("Viewer")}

STATES: dict[str, Any] = {
    "confirmed": _("Confirmed"),
    "pending": _("Pending"),
    "unsubscribed": _("Unsubscribed"),
    "bounced": _("Bounced"),
    "complained": _("Complained"),
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
    "invited": _("Invited"),
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
    "unclear": "wait",
    "bounced": "bad",
    "complained": "bad",
    "failed": "bad",
    "disowned": "bad",
}
"""The colour of a state's pill; anything else is quiet grey."""

MESSAGES = {
    "confirm": _("Confirmation mail"),
    "welcome": _("Welcome mail"),
    "already": _("“Already subscribed” mail"),
    "invite": _("Invitation"),
    "campaign": _("Campaign"),
}

CONSENT = {
    "requested": _("Asked to join"),
    "mail_accepted": _("Relay took the confirmation mail"),
    "confirmed": _("Confirmed"),
    "preference_changed": _("Changed preferences"),
    "unsubscribed": _("Unsubscribed"),
    "disowned": _("Said it was not them"),
    "expired": _("Never confirmed: expired"),
}

EVENTS = {
    "sent": _("Mail sent"),
    "page_viewed": _("Opened the confirmation page"),
    "downloaded": _("Downloaded the file"),
    "exported": _("Was part of an export"),
}

METHODS = {
    "form": _("form"),
    "json": _("script on the page"),
    "link": _("link in the mail"),
    "code": _("six-digit code"),
    "same-browser": _("same browser"),
    "one-click": _("one click in the mail program"),
    "operator": _("an operator"),
    "preferences": _("preference page"),
    "single": _("single opt-in"),
    "smtp": _("mail relay"),
}

ICONS = {
    "requested": "form",
    "mail_accepted": "send",
    "confirmed": "check",
    "preference_changed": "gear",
    "unsubscribed": "out",
    "disowned": "alert",
    "expired": "clock",
    "page_viewed": "eye",
    "downloaded": "down",
    "exported": "table",
    "sent": "mail",
    "message": "mail",
    "signup": "form",
}

FIELD_TYPES = {
    "text": _("Text"),
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
    "second-factor-on": _("Set up a second factor"),
    "second-factor-off": _("Removed the second factor"),
    "operator-invited": _("Invited an operator"),
    "operator-changed": _("Changed an operator"),
    "ticket-made": _("Made a one-time link"),
    "list-added": _("Added a list"),
    "list-changed": _("Changed a list"),
    "form-added": _("Added a form"),
    "form-published": _("Published a form version"),
    "form-changed": _("Changed a form"),
    "file-added": _("Added a file"),
    "unsubscribed": _("Unsubscribed a contact"),
    "proof-read": _("Read a consent proof"),
    "export-started": _("Started an export"),
    "export-cancelled": _("Cancelled an export"),
    "export-downloaded": _("Downloaded an export"),
    "contacts-listed": _("Took the contacts page as CSV"),
    "message-retried": _("Retried a mail"),
    "audit-exported": _("Took the audit trail as CSV"),
}

PERIODS = {7: _("Last 7 days"), 30: _("Last 30 days"), 90: _("Last 90 days"), 365: _("Last 12 months")}


def state(value: str) -> str:
    return str(STATES.get(value, value))


def action(value: str) -> str:
    return str(ACTIONS.get(value, value))
