"""The words for why somebody left a list, for them, for operators and for the copy of their data."""

from typing import Any

from signup.consent.subscription import LeavingReason
from signup.ground.i18n import _

REASONS: dict[str, Any] = {
    LeavingReason.TOO_MANY: _("Too many emails"),
    LeavingReason.NOT_FOR_ME: _("The emails are not for me"),
    LeavingReason.NEVER_ASKED: _("I did not ask for them"),
    LeavingReason.OTHER: _("Another reason"),
}
