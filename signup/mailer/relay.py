"""The relay we hand mails to, and whether it answers: one row for all senders, so that none storms a dead relay."""

from datetime import datetime, timedelta

from sqlalchemy import String, case, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.db import Base, db, upsert
from signup.dialect import now

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


def failed(reason: str) -> None:
    """Count one connection error; from the tenth in a row on, everybody waits. Needs an open transaction."""
    db.session.execute(upsert(Relay).values(id=1, failures=0, reason="").on_conflict_do_nothing())
    pause = case((Relay.failures + 1 >= PAUSE_AFTER, now(PROBE_EVERY)), else_=Relay.paused_until)
    db.session.execute(
        update(Relay).where(Relay.id == 1).values(failures=Relay.failures + 1, reason=reason[:300], paused_until=pause)
    )


def answered() -> None:
    """A connection worked: everybody may send again. Needs an open transaction."""
    db.session.execute(
        update(Relay).where(Relay.id == 1, Relay.failures > 0).values(failures=0, paused_until=None, reason="")
    )


def may_try() -> bool:
    """Whether a sender may connect now. While paused, one sender at a time may probe. Needs an open transaction."""
    relay = db.session.get(Relay, 1, populate_existing=True)
    if relay is None or not relay.is_paused:
        return True
    probe = (
        update(Relay)
        .where(Relay.id == 1, (Relay.paused_until.is_(None)) | (Relay.paused_until <= now()))
        .values(paused_until=now(PROBE_EVERY))
        .returning(Relay.id)
    )
    return db.session.execute(probe).first() is not None


def is_troubled() -> bool:
    """Whether the last connection failed: the next success is news."""
    relay = db.session.get(Relay, 1, populate_existing=True)
    return relay is not None and relay.failures > 0
