"""The words of the consent pages: what the folder outside says, what a consent is for, what is kept of a person."""

from signup.consent.consent_event import PURPOSE_LIST
from signup.consent.tracking import TrackingPurpose
from signup.ground.i18n import _
from signup.ledger.ledger_state import OutsideState

OUTSIDE = {
    OutsideState.AGREES: _("The folder outside the database agrees"),
    OutsideState.ABSENT: _("No checkpoint on this machine"),
    OutsideState.CONTRADICTS: _("The folder outside contradicts the database"),
    OutsideState.UNREADABLE: _("The folder outside cannot be read"),
}
OUTSIDE_HELP = {
    OutsideState.AGREES: _("What was signed there is the beginning of this ledger."),
    OutsideState.ABSENT: _("A worker writes it within a second after the first event. It may run on another machine."),
    OutsideState.CONTRADICTS: _(
        "The database was set back, by a restore or by somebody who can write into it. After a restore this is"
        " expected; otherwise find out who did it."
    ),
    OutsideState.UNREADABLE: _("A file is damaged, or was signed by a key that this service no longer has."),
}
OUTSIDE_TONES = {
    OutsideState.AGREES: "good",
    OutsideState.ABSENT: "quiet",
    OutsideState.CONTRADICTS: "bad",
    OutsideState.UNREADABLE: "bad",
}
PURPOSES = {
    PURPOSE_LIST: _("Emails of the list"),
    TrackingPurpose.OPENS: _("Recording opens"),
    TrackingPurpose.CLICKS: _("Recording clicks"),
}
"""What a consent is for; a partner's has its name."""
