"""May the opens or clicks of a subscription be recorded? They may not until its person says yes, and never after."""

from typing import Any

from sqlalchemy import ColumnElement, and_, select

from signup.consent.subscription import Subscription, SubscriptionState
from signup.consent.tracking import TrackingConsent, TrackingPurpose, TrackingState


def may_be_tracked(purpose: TrackingPurpose, subscription: Any = Subscription) -> ColumnElement[bool]:
    """Whether an email for this subscription may tell who opened it, or clicked: of others only sums are counted."""
    said_yes = select(TrackingConsent.id).where(
        TrackingConsent.contact_id == subscription.contact_id,
        TrackingConsent.list_id == subscription.list_id,
        TrackingConsent.purpose == purpose,
        TrackingConsent.state == TrackingState.GRANTED,
    )
    is_on_the_list = subscription.state == SubscriptionState.CONFIRMED
    return and_(is_on_the_list, said_yes.correlate(subscription).exists())
