"""Who left every list years ago is erased as a whole, proof included, as if they had asked for it.

Nobody who is on a list, waits for a confirmation or is on legal hold. The suppression list stays as it is.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, func, select

from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact, Nature, Standing
from signup.contacts.legal_hold import is_held
from signup.ground.db import db, transaction
from signup.ground.errors import LegallyHeld
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due
from signup.privacy import traces
from signup.privacy.erase import ErasureOrder, erase
from signup.signups.signup import Signup, SignupState

SETTING = "keep_former_contacts_months"
METHOD = "retention"
GONE = (Standing.UNSUBSCRIBED, Standing.BOUNCED, Standing.COMPLAINED)


def is_former() -> ColumnElement[bool]:
    """Of a contact: whether they left every list for long enough. One that was merged goes with its survivor."""
    mine = select(Subscription.id).where(Subscription.contact_id == Contact.id).correlate(Contact)
    running = Subscription.state.in_((SubscriptionState.PENDING, SubscriptionState.CONFIRMED))
    asks = select(Signup.id).where(Signup.contact_id == Contact.id, Signup.state == SignupState.PENDING)
    return and_(
        Contact.standing.in_(GONE),
        Contact.nature == Nature.REAL,
        mine.where(is_due(Subscription.state_at, SETTING)).exists(),
        ~mine.where(running | ~is_due(Subscription.state_at, SETTING)).exists(),
        ~asks.correlate(Contact).exists(),
        ~is_held(),
    )


def count_former() -> int:
    return db.session.scalar(select(func.count()).select_from(Contact).where(is_former())) or 0


def erase_former() -> int:
    """The chore, one person in a transaction. Returns how many it erased."""
    done = after = 0
    oldest = select(Contact.id, Contact.address_key).where(is_former()).order_by(Contact.id).limit(1)
    while not stopping().is_set() and (found := db.session.execute(oldest.where(Contact.id > after)).first()):
        after = found.id
        try:
            with transaction():
                done += erase(found.address_key, ErasureOrder(METHOD, still=_still_former)).contacts > 0
        except LegallyHeld:  # what was merged into them is held
            continue
    if done:
        traces.wipe()
    return done


def _still_former(contact_ids: Collection[int]) -> bool:
    """Asked once their rows are locked: nobody of the person is on a list again, and one has left for long enough."""
    kept = select(Contact.id).where(Contact.id.in_(contact_ids), Contact.standing != Standing.MERGED, ~is_former())
    return db.session.scalar(kept.limit(1)) is None
