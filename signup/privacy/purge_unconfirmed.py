"""The chore that forgets: what nobody confirmed goes a day after its link ended; a count stays."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, select, update

from signup.consent.consent_event import PAYLOAD, ConsentEvent, ConsentType
from signup.consent.partner import PartnerConsent
from signup.consent.subscription import Subscription, SubscriptionState
from signup.consent.tracking import TrackingConsent
from signup.contacts.contact import UNREAL, Contact, Standing
from signup.contacts.legal_hold import is_held
from signup.counts import tally
from signup.counts.event import Event
from signup.counts.step import Step
from signup.counts.tally import Measure
from signup.ground.db import db, transaction
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due
from signup.ground.tokens import CONFIRM_TTL
from signup.kiosks import kiosk_entry
from signup.mailer.message import Message
from signup.signups.count_step import count_step
from signup.signups.signup import Signup, SignupState

EARLIER = timedelta(hours=1)
"""So much earlier than the setting says: with the chore's beat nothing stays longer."""
BATCH = 200


def is_over() -> ColumnElement[bool]:
    """Of a sign-up: whether nobody confirmed it for long enough."""
    has_no_yes = Signup.state.in_((SignupState.PENDING, SignupState.DISOWNED))
    return and_(has_no_yes, is_due(Signup.expires_at, "keep_unconfirmed_days", grace=CONFIRM_TTL + EARLIER))


def expire() -> None:
    """Purge in small transactions until nothing is left to purge."""
    while not stopping().is_set() and _purge_some():
        pass


def _purge_some() -> bool:
    with transaction():
        over = (
            select(Signup)
            .where(is_over())
            .where(
                Signup.contact_id.not_in(select(Contact.id).where(UNREAL))
            )  # they go as a whole: `delete_test_contacts`
            .where(~is_held(Signup.contact_id))
            .order_by(Signup.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True, of=Signup)
        )
        signups = list(db.session.scalars(over))
        if not signups:
            return False
        for signup in signups:
            db.session.add(signup.event(ConsentType.EXPIRED, salt=None))
        ids = [signup.id for signup in signups]
        contact_ids = {signup.contact_id for signup in signups}
        tally.count({"list_id": s.list_id, "form_id": s.form_id, "measure": Measure.EXPIRED} for s in signups)
        kiosk_entry.note_bounces(ids)
        count_step(Step.EXPIRED, Signup.id.in_(ids), Signup.state == SignupState.PENDING)
        count_step(Step.DOUBLED, Signup.id.in_(ids), Signup.state == SignupState.PENDING, _is_on_the_list())
        blank = dict.fromkeys(PAYLOAD)
        db.session.execute(update(ConsentEvent).where(ConsentEvent.signup_id.in_(ids)).values(blank))
        db.session.execute(delete(Message).where(Message.signup_id.in_(ids)))
        db.session.execute(delete(PartnerConsent).where(PartnerConsent.signup_id.in_(ids)))
        db.session.execute(delete(TrackingConsent).where(TrackingConsent.signup_id.in_(ids)))
        db.session.execute(delete(Signup).where(Signup.id.in_(ids)))
        _forget_empty(contact_ids)
    return True


def _is_on_the_list() -> ColumnElement[bool]:
    by_another = Subscription.id == Signup.subscription_id, Subscription.state == SubscriptionState.CONFIRMED
    return select(Subscription.id).where(*by_another).exists()


def _forget_empty(contact_ids: set[int]) -> None:
    """Pending subscriptions that no sign-up asks for any more, and contacts that are then on no list.

    Who came by an import did not come by the sign-up that is over, and stays.
    """
    asked = select(Signup.id).where(Signup.subscription_id == Subscription.id).exists()
    imported = (
        select(ConsentEvent.id)
        .where(ConsentEvent.contact_id == Subscription.contact_id, ConsentEvent.list_id == Subscription.list_id)
        .where(ConsentEvent.type == ConsentType.IMPORTED)
        .exists()
    )
    idle = list(
        db.session.execute(
            select(Subscription.id, Subscription.list_id).where(
                Subscription.contact_id.in_(contact_ids),
                Subscription.state == SubscriptionState.PENDING,
                ~asked,
                ~imported,
            )
        )
    )
    db.session.execute(delete(Subscription).where(Subscription.id.in_([row.id for row in idle])))
    on_a_list = select(Subscription.id).where(Subscription.contact_id == Contact.id).exists()
    empty = select(Contact.id, Contact.standing).where(Contact.id.in_(contact_ids), ~on_a_list)
    gone = list(db.session.execute(empty.where(Contact.standing != Standing.MERGED)))
    db.session.execute(delete(Event).where(Event.contact_id.in_([row.id for row in gone])))
    db.session.execute(delete(Contact).where(Contact.id.in_([row.id for row in gone])))
    tally.count(
        {"list_id": row.list_id, "measure": Measure.IN_STATE + SubscriptionState.PENDING, "n": -1} for row in idle
    )
    tally.count({"measure": Measure.STANDING + row.standing, "n": -1} for row in gone)
