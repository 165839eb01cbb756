"""The words for who is left out of an export."""

from signup.admin.segments.event_words import EXCLUDED
from signup.ground.i18n import _

NOT_TAKEN = EXCLUDED | {
    "confirmed": _("are confirmed"),
    "no-consent": _("did not agree to ad matching"),
    "household": _("share a household with someone in it"),
    "lacking": _("lack what the program needs, such as a company"),
}
"""Why people are not in an export."""
