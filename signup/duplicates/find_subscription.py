"""Finds the subscription that a link or an address in a mail names, also after its contact was merged."""

from uuid import UUID

from sqlalchemy import select

from signup.consent.subscription import Subscription
from signup.duplicates.merge import FormerSubscription
from signup.ground.db import db
from signup.ground.errors import NotFound
from signup.signups.signup import Signup


def find_subscription(uid: UUID) -> Subscription:
    """The subscription itself, or of the sign-up that the mail was about. Raises `NotFound`."""
    by_signup = select(Signup.subscription_id).where(Signup.uid == uid)
    found = db.session.scalar(select(Subscription).where((Subscription.uid == uid) | Subscription.id.in_(by_signup)))
    if found is None:
        merged = select(FormerSubscription.subscription_id).where(FormerSubscription.uid == uid)
        found = db.session.scalar(select(Subscription).where(Subscription.id.in_(merged)))
    if found is None:
        raise NotFound("subscription")
    return found
