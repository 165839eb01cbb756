"""Chores: the work that workers repeat. Each has a beat in the database, so that one process at a time does it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import structlog
from flask import Flask, current_app
from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.database_outage import tell
from signup.ground.db import Base, db, is_outage, transaction, upsert
from signup.ground.dialect import now

OWNER = uuid4().hex[:16]
Run = TypeVar("Run", bound=Base)

log = structlog.get_logger()


class Beat(Base):
    """When a worker last began a chore, and which worker it was."""

    __tablename__ = "beat"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    owner: Mapped[str] = mapped_column(String(40))


def claim(table: type[Run], lease: timedelta, run_id: int | None = None, **values: Any) -> Run | None:
    """Take the oldest waiting run of `table`, or the run with this id, for `lease`. Returns None when none waits.

    The table has `state`, `owner`, `attempt` and `lease_until`; `values` are set beside them. What comes back is as it
    was claimed: owner and attempt fence every later update. Opens its own transaction.
    """
    run: Any = table
    first = select(run.id).where(run.state == "waiting").order_by(run.id).limit(1)
    if run_id is not None:
        first = first.where(run.id == run_id)
    free = first.with_for_update(skip_locked=True).scalar_subquery()
    taken = (
        update(table)
        .where(run.id == free, run.state == "waiting")
        .values(state="running", owner=OWNER, attempt=run.attempt + 1, lease_until=now(lease), **values)
        .returning(table)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    with transaction():
        claimed = db.session.scalar(taken)
        if claimed is not None:
            db.session.expunge(claimed)
    return claimed


@dataclass(frozen=True)
class Chore:
    """Work that is repeated every `every`: by one worker of all, or in each process (`everywhere`)."""

    name: str
    every: timedelta
    work: Callable[[], object]
    everywhere: bool = False


def win(name: str, every: timedelta) -> bool:
    """Whether this process may do the chore `name` now. In any `every`, at most one process may."""
    with transaction():
        # A little early is fine: a beat must not slip by a whole round because a tick came a moment too soon.
        due = now(-every + timedelta(seconds=1))
        taken = db.session.execute(
            update(Beat).where(Beat.name == name, Beat.at <= due).values(at=now(), owner=OWNER).returning(Beat.name)
        ).first()
        if taken is None:
            first = upsert(Beat).values(name=name, at=now(), owner=OWNER).on_conflict_do_nothing()
            taken = db.session.execute(first.returning(Beat.name)).first()
    return taken is not None


def last_beat(name: str) -> datetime | None:
    """When the chore last began."""
    return db.session.scalar(select(Beat.at).where(Beat.name == name))


class Keeper:
    """The threads that do an application's chores, one for each chore, until they are stopped."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stop = threading.Event()
        chores: list[Chore] = app.extensions["signup.chores"]
        self._threads = [
            threading.Thread(target=self._repeat, args=(chore,), name=chore.name, daemon=True) for chore in chores
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 8.0) -> None:
        """Ask the chores to end. Waits for them at most `timeout` seconds in all: one may be in the middle of an email,
        which has as long as in Dramatiq's own threads.
        """
        self._stop.set()
        ends = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def _repeat(self, chore: Chore) -> None:
        while not self._stop.is_set():
            self._do(chore)
            self._stop.wait(chore.every.total_seconds())

    def _do(self, chore: Chore) -> None:
        try:
            with self._app.app_context():
                if chore.everywhere or win(chore.name, chore.every):
                    chore.work()
        except Exception as error:  # the next round may find the database back; the thread must live to see it
            with self._app.app_context():
                if is_outage(error):
                    tell(error, "chore.failed", chore=chore.name)
                else:
                    log.exception("chore.failed", chore=chore.name)


def add_chore(app: Flask, chore: Chore) -> None:
    """Let every worker of `app` do `chore`."""
    app.extensions.setdefault("signup.chores", []).append(chore)


def stopping() -> threading.Event:
    """An event that is set when this process must end. Long work looks at it between two steps."""
    event: threading.Event = current_app.extensions["signup.stopping"]
    return event
