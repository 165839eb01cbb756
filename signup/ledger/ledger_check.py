"""A check of the whole ledger as work of its own: each day, and when an operator asks. Its result stays.

A check is claimed, leased and fenced like an export; a worker that dies leaves it to the next one.
"""

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import String, case, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, is_outage, transaction, upsert
from signup.ground.dialect import now
from signup.ground.jobs import OWNER, Chore, claim, stopping
from signup.ledger.verify import Verification, ages

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
KEPT = 100
"""How many problems are kept in words; all are counted."""
PULSE_SECONDS = 1.0

log = structlog.get_logger()


class LedgerCheck(Base):
    """One check: who asked for it, how far it is, what it found."""

    __tablename__ = "ledger_check"
    id: Mapped[int] = mapped_column(primary_key=True)
    operator_id: Mapped[int | None] = mapped_column(comment="who asked for it; empty: the daily one")
    is_open: Mapped[bool | None] = mapped_column(
        unique=True, default=True, comment="true until it ends, then empty: so there is one at a time"
    )
    state: Mapped[str] = mapped_column(String(10), default="waiting", comment="waiting, running, done, failed")
    size: Mapped[int] = mapped_column(default=0, comment="entries of the ledger")
    checked: Mapped[int] = mapped_column(default=0, comment="entries checked so far")
    problems: Mapped[int] = mapped_column(default=0)
    found: Mapped[list[str]] = mapped_column(default=list, comment="the first problems, in words")
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    finished_at: Mapped[datetime | None]

    @property
    def is_bad(self) -> bool:
        """Whether it ended and found something wrong."""
        return self.state == "done" and self.problems > 0


class _Lost(Exception):
    """The check is no longer ours: another worker took it over after our lease had ended."""


class _Stopped(Exception):
    """This process is asked to end."""


def chores() -> tuple[Chore, ...]:
    """The worker's chores: begin the daily check, and do what waits."""
    return (
        Chore("ledger-daily", timedelta(days=1), begin_daily),
        Chore("ledger-check", timedelta(seconds=5), perform),
    )


def begin_daily() -> None:
    """Ask for the daily check."""
    with transaction():
        ask(None)


def ask(operator_id: int | None) -> bool:
    """Ask for a check; False while one waits or runs. Needs an open transaction."""
    wanted = upsert(LedgerCheck).values(operator_id=operator_id, is_open=True, state="waiting", found=[])
    wanted = wanted.values(size=0, checked=0, problems=0, attempt=0).on_conflict_do_nothing()
    return db.session.execute(wanted.returning(LedgerCheck.id)).first() is not None


def newest(*, is_done: bool = False) -> LedgerCheck | None:
    """The newest check; with `is_done` the newest that came to its end."""
    query = select(LedgerCheck).order_by(LedgerCheck.id.desc()).limit(1)
    return db.session.scalar(query.where(LedgerCheck.state == "done") if is_done else query)


def perform() -> None:
    """The chore: hand on what a dead worker left, then do the check that waits."""
    crashed = LedgerCheck.attempt >= MAX_ATTEMPTS
    ended = {
        "state": case((crashed, "failed"), else_="waiting"),
        "is_open": case((crashed, None), else_=True),
        "finished_at": case((crashed, now()), else_=None),
    }
    expired = update(LedgerCheck).where(LedgerCheck.state == "running", LedgerCheck.lease_until < now())
    with transaction():
        db.session.execute(expired.values(owner=None, lease_until=None, **ended))
    if check := claim(LedgerCheck, LEASE, checked=0):
        _do(check)


def _do(check: LedgerCheck) -> None:
    begun, pulse = time.monotonic(), _Pulse(check)
    verification = pulse.verification
    try:
        for problem in verification.problems():
            pulse.problems += 1
            if pulse.problems <= KEPT:
                pulse.found.append(str(problem))
        with transaction():
            _update(check, state="done", is_open=None, lease_until=None, finished_at=now(), **pulse.figures())
    except _Lost:
        log.info("ledger.check-lost", check=check.id)
        return
    except _Stopped:
        with transaction():
            _update(check, state="waiting", owner=None, lease_until=None)
        return
    except Exception as error:
        if is_outage(error):  # nothing can be written down: the lease will end, and the next worker try again
            raise
        log.exception("ledger.check-failed", check=check.id)
        with transaction():
            _update(check, state="failed", is_open=None, lease_until=None, finished_at=now())
        return
    told = log.error if pulse.problems else log.info
    told(
        "ledger.checked",
        entries=verification.checked,
        problems=pulse.problems,
        first=pulse.found[:1],
        seconds=round(time.monotonic() - begun, 1),
    )


def _update(check: LedgerCheck, **values: Any) -> bool:
    """Change a check if it is still ours: running, by this process, at this attempt."""
    ours = (
        LedgerCheck.id == check.id,
        LedgerCheck.state == "running",
        LedgerCheck.owner == OWNER,
        LedgerCheck.attempt == check.attempt,
    )
    changed = update(LedgerCheck).where(*ours).values(**values).returning(LedgerCheck.id)
    return db.session.scalar(changed) is not None


class _Pulse:
    """Called after each chunk: now and then notes progress and renews the lease, and ends the work when it must end."""

    def __init__(self, check: LedgerCheck) -> None:
        self._check, self._at = check, 0.0
        self.verification = Verification(*ages(), pulse=self)
        self.problems = 0
        self.found: list[str] = []

    def figures(self) -> dict[str, Any]:
        """How far the check is, as columns of its row."""
        verification = self.verification
        sizes = {"size": verification.size, "checked": verification.checked}
        return {**sizes, "problems": self.problems, "found": self.found}

    def __call__(self) -> None:
        if stopping().is_set():
            raise _Stopped
        if time.monotonic() - self._at < PULSE_SECONDS:
            return
        with transaction():
            is_ours = _update(self._check, lease_until=now(LEASE), **self.figures())
        if not is_ours:
            raise _Lost
        self._at = time.monotonic()
