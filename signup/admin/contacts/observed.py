"""What a contact was seen to do, counted from what happened. Nobody types it in."""

from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from signup.access import scope
from signup.admin.segments.event_words import EVENTS
from signup.consent.subscription import Subscription
from signup.counts.event import Event
from signup.ground.db import db


class Observed(NamedTuple):
    """Something they did: how often, and when last."""

    label: Any
    n: int
    at: datetime | None


def of_contact(contact_id: int) -> list[Observed]:
    """What this contact did, the latest first, and how many lists it left."""
    latest = func.max(Event.at)
    query = select(Event.kind, func.count(), latest).where(Event.contact_id == contact_id, scope.only(Event.list_id))
    rows = db.session.execute(query.group_by(Event.kind).order_by(latest.desc()))
    found = [Observed(EVENTS.get(kind, kind), n, at) for kind, n, at in rows]
    left = select(func.count(), func.max(Subscription.ended_at)).where(
        Subscription.contact_id == contact_id, Subscription.ended_at.is_not(None), scope.only(Subscription.list_id)
    )
    ended, last = db.session.execute(left).one()
    return [*found, Observed(_("Unsubscribed from a list"), ended, last)] if ended else found
