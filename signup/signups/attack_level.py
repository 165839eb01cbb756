"""Asks every sign-up for a proof of work while many come and hardly anybody confirms: an attack.

It is judged by what became of the last sign-ups in the record. There is no counter of its own that could drift.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import String, case, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.counts.tally import Measure, Tally
from signup.ground.clock import utcnow
from signup.ground.database_outage import tell
from signup.ground.db import Base, db, is_outage, transaction, upsert
from signup.ground.dialect import now, read_instant
from signup.ground.driver_sql import driver_connection, run
from signup.ground.urls import settings
from signup.signups import held_back

LAST = 200
WITHIN = timedelta(days=1)
"""A site where so many sign-ups take longer than this is quiet, not attacked, whatever its share."""
FASTER_THAN_USUAL = 10
"""People need minutes to confirm, so on a busy site the newest are always open: they must also come this many times as
fast as people confirmed over the past week."""
RIPE = timedelta(minutes=30)
HOLD = timedelta(minutes=15)
STILL_PRESSED = 20
HARD_PRESSED = 1_000
MAX_LEVEL = 3
FRESH_SECONDS = 2.0
LOOK_EVERY = 5
PAUSE = 64
"""… but then not before so many times as long as the last look took: looking takes a small share of a process' time."""
USUAL_SECONDS = 60.0

# The condition on the sign-ups' age stands outside: inside, PostgreSQL would look for younger ones on another index.
LOOK = """
    SELECT heat.until > NOW(), heat.level, heat.since, heat.until, heat.reason,
      latest.n, latest.unconfirmed, latest.oldest
    FROM (
      SELECT count(*) AS n, sum(CASE WHEN last.state IN ('pending', 'disowned') THEN 1 ELSE 0 END) AS unconfirmed,
        min(last.created_at) AS oldest
      FROM (
        SELECT state, created_at FROM signup
        WHERE created_at <= LATER(:ripe)
          AND contact_id NOT IN (SELECT id FROM contact WHERE contact.nature <> 'real' AND nature = 'test')
        ORDER BY id DESC LIMIT :last
      ) AS last
      WHERE last.created_at > LATER(:within) AND NOT EXISTS (
        SELECT 1 FROM heat WHERE id = 1 AND until <= NOW() AND until >= last.created_at)
    ) AS latest LEFT JOIN heat ON heat.id = 1
"""

log = structlog.get_logger()


class LevelRow(Base):
    """The attack level of the whole service: one row."""

    __tablename__ = "heat"
    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime | None]
    until: Mapped[datetime | None] = mapped_column(comment="proof of work is asked for up to then")
    level: Mapped[int] = mapped_column(
        default=0, comment="bits above the usual; rises while unsolved challenges pile up"
    )
    share: Mapped[int] = mapped_column(
        default=0, comment="per cent of the last sign-ups that nobody confirmed, when it began"
    )
    reason: Mapped[str] = mapped_column(String(10), default="", comment="burst, slow or operator")


@dataclass(frozen=True)
class AttackLevel:
    """Whether and how hard proof of work is asked for, as last read."""

    is_up: bool = False
    level: int = 0
    since: datetime | None = None
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class ConfirmedShare:
    """What became of the last sign-ups."""

    n: int
    unconfirmed: int
    oldest: datetime | None

    @property
    def share(self) -> int:
        """Per cent that nobody confirmed."""
        return round(100 * self.unconfirmed / self.n) if self.n else 0

    @property
    def is_suspicious(self) -> bool:
        """Whether there are enough of them, of one day, and hardly any is confirmed."""
        return self.n >= LAST and 100 * self.unconfirmed > settings().limit_unconfirmed_share * self.n


class _LevelKeeper:
    def __init__(self) -> None:
        self.read_at = float("-inf")
        self.took = 0.0
        self.accepted = 0
        self.found = AttackLevel()
        self.usual_at = float("-inf")
        self.usual = 0.0


def current_level() -> AttackLevel:
    """The attack level; each process reads it at most once in two seconds or after a few accepted sign-ups."""
    keeper = _level_keeper()
    begun = time.monotonic()
    age = begun - keeper.read_at
    if age > FRESH_SECONDS or (keeper.accepted >= LOOK_EVERY and age > PAUSE * keeper.took):
        keeper.accepted, keeper.read_at = 0, begun
        try:
            keeper.found = _look()
            keeper.took = time.monotonic() - begun
        except Exception as error:
            if not is_outage(error):
                raise
            # The last reading serves; whether anything can be stored shows soon.
            tell(error, "heat.unread")
    return keeper.found


def count_accepted() -> None:
    """Count a sign-up that this process accepted."""
    _level_keeper().accepted += 1


def forget_level() -> None:
    """Read the level anew at the next use, because it was just changed in this process."""
    current_app.extensions.pop("signup.attack_level", None)


def _level_keeper() -> _LevelKeeper:
    known: dict[str, _LevelKeeper] = current_app.extensions
    return known.get("signup.attack_level") or known.setdefault("signup.attack_level", _LevelKeeper())


def _look() -> AttackLevel:
    attack, sample = read_level()
    if not attack.is_up and sample.is_suspicious and _is_fast(sample):
        raise_level("burst", sample.share)
        attack, _sample = read_level()
    return attack


def read_level(*, ripe: bool = False) -> tuple[AttackLevel, ConfirmedShare]:
    """Read the level, and what became of the last sign-ups of a day: of all, or of those old enough to be `ripe`.

    Those before the last attack ended were judged then and do not count again.
    """
    values = {"last": LAST, "within": -WITHIN.total_seconds(), "ripe": -RIPE.total_seconds() if ripe else 0}
    with driver_connection(writes=False) as connection:
        is_up, level, since, until, reason, n, unconfirmed, oldest = run(connection, LOOK, values).fetchone()
    attack = AttackLevel(bool(is_up), level or 0, read_instant(since), read_instant(until), reason or "")
    return attack, ConfirmedShare(n, int(unconfirmed or 0), read_instant(oldest))


def _is_fast(sample: ConfirmedShare) -> bool:
    """Whether the last sign-ups came much faster than people usually confirm here. Nobody can feign the latter."""
    keeper, week = _level_keeper(), timedelta(days=7)
    if time.monotonic() - keeper.usual_at > USUAL_SECONDS:
        confirmed = select(func.sum(Tally.n)).where(
            Tally.measure == Measure.CONFIRMED, Tally.day >= (utcnow() - week).date()
        )
        keeper.usual = int(db.session.scalar(confirmed) or 0) / week.total_seconds()
        db.session.rollback()  # the request reads nothing else from the session
        keeper.usual_at = time.monotonic()
    span = max(1.0, (utcnow() - sample.oldest).total_seconds()) if sample.oldest else float("inf")
    return sample.n / span > FASTER_THAN_USUAL * keeper.usual


def raise_level(reason: str, share: int, length: timedelta = HOLD) -> bool:
    """Ask for proof of work for `length`, unless it is asked for already. Returns whether this call began it."""
    with transaction():
        db.session.execute(upsert(LevelRow).values(id=1, level=0, share=0, reason="").on_conflict_do_nothing())
        begins = (
            update(LevelRow)
            .where(LevelRow.id == 1, or_(LevelRow.until.is_(None), LevelRow.until <= now()))
            .values(since=now(), until=now(length), level=0, share=share, reason=reason)
            .returning(LevelRow.id)
        )
        began = db.session.execute(begins).first() is not None
    if began:
        log.warning("heat.up", reason=reason, share=share)
    forget_level()
    return began


def ask_for_proof(length: timedelta) -> None:
    """The operator's switch: proof of work from everybody for `length` from now. Needs an open transaction."""
    db.session.execute(upsert(LevelRow).values(id=1, level=0, share=0, reason="").on_conflict_do_nothing())
    since = case((LevelRow.until > now(), LevelRow.since), else_=now())
    db.session.execute(
        update(LevelRow).where(LevelRow.id == 1).values(since=since, until=now(length), reason="operator")
    )
    forget_level()


def stop_asking_for_proof() -> None:
    """The operator's switch: no proof of work from now on. Needs an open transaction."""
    db.session.execute(update(LevelRow).where(LevelRow.id == 1, LevelRow.until > now()).values(until=now(), level=0))
    forget_level()


def adjust_level() -> None:
    """The chore: notice slow attacks; while unsolved challenges pile up, go on asking, with harder or easier ones."""
    attack, sample = read_level(ripe=True)
    if not attack.is_up:
        if sample.is_suspicious:
            raise_level("slow", sample.share)
        return
    pressure = held_back.unsolved(HOLD)
    level = min(MAX_LEVEL, attack.level + 1) if pressure > HARD_PRESSED else max(0, attack.level - 1)
    longer = (
        {"until": case((LevelRow.until < now(HOLD), now(HOLD)), else_=LevelRow.until)}
        if pressure > STILL_PRESSED
        else {}
    )
    with transaction():
        db.session.execute(
            update(LevelRow).where(LevelRow.id == 1, LevelRow.until > now()).values(level=level, **longer)
        )
