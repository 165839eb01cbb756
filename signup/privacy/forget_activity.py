"""After some months what somebody opened and downloaded is deleted.

That they redeemed a code stays: whether somebody is a customer is told from it.
"""

from sqlalchemy import ColumnElement, and_, delete, func, select

from signup.counts.event import Event, EventKind
from signup.ground.db import db, transaction
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due

KINDS = tuple(kind for kind in EventKind if kind != EventKind.REDEEMED)
BATCH = 1_000


def _is_old(kinds: tuple[EventKind, ...]) -> ColumnElement[bool]:
    return and_(Event.kind.in_(kinds), is_due(Event.at, "keep_activity_months"))


def count_activity() -> int:
    return db.session.scalar(select(func.count()).select_from(Event).where(_is_old(KINDS))) or 0


def forget_activity() -> int:
    """The chore. Returns how many rows it deleted."""
    done = 0
    for kind in KINDS:  # each has its part of the index by kind and time
        old = select(Event.id).where(_is_old((kind,))).limit(BATCH)
        while not stopping().is_set():
            with transaction():
                gone = db.session.execute(delete(Event).where(Event.id.in_(old)).returning(Event.id)).all()
            done += len(gone)
            if not gone:
                break
    return done
