"""Keeps whether the relay answers, in one row for all workers, so that none storms a dead relay."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import String, case, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, transaction, upsert
from signup.ground.dialect import now
from signup.ground.driver_sql import driver_connection, run

PAUSE_AFTER = 10
PROBE_EVERY = timedelta(seconds=30)


class Relay(Base):
    """Connection errors in a row, and until when nobody tries."""

    __tablename__ = "relay"
    id: Mapped[int] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300), default="")

    @property
    def is_paused(self) -> bool:
        return self.failures >= PAUSE_AFTER


def note_failure(reason: str) -> None:
    """Count one connection error; from the tenth in a row on, everybody waits. Needs an open transaction."""
    db.session.execute(upsert(Relay).values(id=1, failures=0, reason="").on_conflict_do_nothing())
    pause = case((Relay.failures + 1 >= PAUSE_AFTER, now(PROBE_EVERY)), else_=Relay.paused_until)
    db.session.execute(
        update(Relay).where(Relay.id == 1).values(failures=Relay.failures + 1, reason=reason[:300], paused_until=pause)
    )


def note_success() -> None:
    """A connection worked: everybody may send again. Needs an open transaction."""
    db.session.execute(
        update(Relay).where(Relay.id == 1, Relay.failures > 0).values(failures=0, paused_until=None, reason="")
    )


class RelayCondition(NamedTuple):
    """Whether a sender may connect now; and whether the last connection failed, so that the next success is news."""

    may_try: bool
    is_troubled: bool


def condition() -> RelayCondition:
    """Whether to connect to the relay. While it is paused, one worker at a time may probe, and commits that it does."""
    with driver_connection(writes=False) as connection:
        row = run(connection, _LOOK, {}).fetchone()
    failures, is_waiting = row or (0, False)
    if failures < PAUSE_AFTER:
        return RelayCondition(may_try=True, is_troubled=failures > 0)
    return RelayCondition(may_try=not is_waiting and _is_the_probe(), is_troubled=True)


_LOOK = "SELECT failures, paused_until IS NOT NULL AND paused_until > NOW() FROM relay WHERE id = 1"


def _is_the_probe() -> bool:
    probe = (
        update(Relay)
        .where(Relay.id == 1, (Relay.paused_until.is_(None)) | (Relay.paused_until <= now()))
        .values(paused_until=now(PROBE_EVERY))
        .returning(Relay.id)
    )
    with transaction():
        return db.session.execute(probe).first() is not None
