"""After some months what somebody opened, clicked and downloaded is deleted.

That they redeemed a code stays: whether somebody is a customer is told from it.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select

from signup.counts.engagement_event import EngagementEvent
from signup.counts.event import Event, EventKind
from signup.ground.db import db, transaction
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due

KINDS = tuple(kind for kind in EventKind if kind != EventKind.REDEEMED)
BATCH = 1_000
SETTING = "keep_activity_months"


def _is_old(kinds: tuple[EventKind, ...]) -> ColumnElement[bool]:
    return and_(Event.kind.in_(kinds), is_due(Event.at, SETTING))


def count_activity() -> int:
    events = select(func.count()).select_from(Event).where(_is_old(KINDS))
    reactions = select(func.count()).select_from(EngagementEvent).where(is_due(EngagementEvent.at, SETTING))
    return (db.session.scalar(events) or 0) + (db.session.scalar(reactions) or 0)


def forget_activity() -> int:
    """The chore. Returns how many rows it deleted."""
    # Each kind has its part of the index by kind and time.
    done = sum(_forget(Event, _is_old((kind,))) for kind in KINDS)
    return done + _forget(EngagementEvent, is_due(EngagementEvent.at, SETTING))


def _forget(table: Any, is_old: ColumnElement[bool]) -> int:
    done = 0
    old = select(table.id).where(is_old).limit(BATCH)
    while not stopping().is_set():
        with transaction():
            gone = db.session.execute(delete(table).where(table.id.in_(old)).returning(table.id)).all()
        done += len(gone)
        if not gone:
            break
    return done
