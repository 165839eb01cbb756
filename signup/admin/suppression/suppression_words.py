"""What the admin calls the reasons on the suppression list."""

from signup.consent.suppression import BY_OPERATOR, COMPLAINT, HARD_BOUNCE, IMPORTED
from signup.ground.i18n import _

REASONS = {
    HARD_BOUNCE: _("Emails came back for good"),
    COMPLAINT: _("Reported an email as spam"),
    BY_OPERATOR: _("Added by an operator"),
    IMPORTED: _("Imported from a file"),
    "erased": _("Asked never to get email again"),
}
