"""The words shown for stored values: states, roles, kinds, actions. Marked here, translated where shown."""

from typing import Any

from signup.ground.i18n import _, pgettext

ROLES = {"administrator": _("Administrator"), "editor": _("Editor"), "viewer": _("Viewer")}

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
    "held": _("On hold"),
    "draft": _("Draft"),
    "scheduled": _("Scheduled"),
    "building": _("Being prepared"),
    "sending": _("Sending"),
    "paused": _("Paused"),
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
    "held": "wait",
    "scheduled": "wait",
    "building": "wait",
    "sending": "wait",
    "paused": "wait",
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


PERIODS = {7: _("Last 7 days"), 30: _("Last 30 days"), 90: _("Last 90 days"), 365: _("Last 12 months")}

CHECKS = {
    "phone": _("Phone"),
    "postal_code": _("Postal code"),
    "company_number": _("Company or VAT number"),
    "nace": _("Activity (NACE)"),
    "legal_form": _("Legal form"),
}


def state(value: str) -> str:
    return str(STATES.get(value, value))
