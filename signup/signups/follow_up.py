"""Sends the mails of a stored sign-up, or confirms it at once where the form is single opt-in."""

from signup.consent.subscription import SubscriptionState
from signup.consent.visit import Visit
from signup.forms.live_form import LiveForm
from signup.ground.broker import ring
from signup.mailer import deliver
from signup.signups import confirmation
from signup.signups.store_signup import StoredSignup


def follow_up(form: LiveForm, stored: StoredSignup, visit: Visit) -> None:
    """After the commit, tell the workers of the mails, or confirm at once where the form is single opt-in."""
    if form.definition.opt_in == "single" and stored.subscription_state == SubscriptionState.PENDING:
        # No confirmation mail, for the reason the form's owner gave: still two events, the second marked `single`.
        confirmation.confirm(stored.uid, Visit(visit.ip, visit.agent, "single"))
        ring(deliver.ACTOR)
    elif stored.message_ids:
        ring(deliver.ACTOR, *stored.message_ids)
