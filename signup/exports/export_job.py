"""Makes the files of exports in a worker, one after the other. They are asked for in `export_start`.

A run is claimed, leased and fenced like a message of the outbox; a worker that dies leaves it to the next one.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from flask import Flask, current_app
from sqlalchemy import case, select, update

from signup.exports.export_run import ExportRun
from signup.exports.export_start import figures, fill
from signup.exports.export_stream import ExportStream
from signup.exports.finished_file import extension_of, path_of, remove_old
from signup.ground.broker import ring
from signup.ground.db import db, is_outage, transaction
from signup.ground.dialect import now
from signup.ground.jobs import OWNER, claim, stopping

ACTOR = "export"
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5  # a run that took so many workers down with it will take the next one too
PULSE_ROWS = 20_000
PULSE_SECONDS = 2.0
UNHEARD = timedelta(seconds=10)
HELPER = "exports"

log = structlog.get_logger()


class _Lost(Exception):
    """The run is no longer ours: cancelled, or taken over after our lease had ended."""


class _Stopped(Exception):
    """This process is asked to end."""


def perform(_ids: list[int] | None = None) -> None:
    """The actor: make all files that wait, one after the other, whatever ids it was called with."""
    while not stopping().is_set() and (run := claim(ExportRun, LEASE, rows=0)):
        _make(run)


def sweep() -> None:
    """The chore: hand on what a dead worker left, ring for what waits, remove old files."""
    crashed = ExportRun.attempt >= MAX_ATTEMPTS
    outcome = {"state": case((crashed, "failed"), else_="waiting"), "finished_at": case((crashed, now()), else_=None)}
    expired = update(ExportRun).where(ExportRun.state == "running", ExportRun.lease_until < now())
    with transaction():
        db.session.execute(expired.values(owner=None, lease_until=None, **outcome))
        late = ExportRun.created_at < now(-UNHEARD)
        waiting = db.session.execute(select(ExportRun.id, late).where(ExportRun.state == "waiting")).all()
    if waiting:
        ring(ACTOR, *(run_id for run_id, _late in waiting))
    if any(is_late for _id, is_late in waiting):
        _perform_beside()
    remove_old()


def _perform_beside() -> None:
    """Work in a thread beside the chores: mails' leases must be renewed while a long file is made."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # Flask's documented way

    def work() -> None:
        with app.app_context():
            perform()

    if all(thread.name != HELPER for thread in threading.enumerate()):
        threading.Thread(target=work, name=HELPER, daemon=True).start()


def _make(run: ExportRun) -> None:
    part = path_of(run).with_suffix(f".{extension_of(run)}.part")
    try:
        with _create(part) as file:
            outlet = ExportStream(file, _Pulse(run))
            fill(run, outlet)
            os.fsync(file.fileno())
        _finish(run, outlet, part)
    except _Lost:
        log.info("export.lost", run=run.id, attempt=run.attempt)
        if db.session.scalar(select(ExportRun.state).where(ExportRun.id == run.id)) == "cancelled":
            part.unlink(missing_ok=True)  # had another worker taken over, it would be theirs
    except _Stopped:
        _leave(run, part, state="waiting")
    except Exception as error:
        # Nothing can be written down while the database is away: the lease will end, and the next worker try again. A
        # full disk of our own is told.
        if is_outage(error) and not isinstance(error, OSError):
            raise
        log.exception("export.failed", run=run.id)
        _leave(run, part, state="failed", finished_at=now())


def _create(part: Path) -> BinaryIO:
    # A new file each time: a worker that lost its lease and does not know it goes on writing into the old one.
    part.unlink(missing_ok=True)
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _finish(run: ExportRun, outlet: ExportStream, part: Path) -> None:
    with transaction():
        if not _update(run, state="done", lease_until=None, finished_at=now(), **figures(outlet)):
            raise _Lost
        run.files = outlet.files
        part.replace(path_of(run))  # before the commit: whoever reads `done` finds the file


def _leave(run: ExportRun, part: Path, **values: Any) -> None:
    part.unlink(missing_ok=True)
    with transaction():
        _update(run, owner=None, lease_until=None, **values)


def _update(run: ExportRun, **values: Any) -> bool:
    """Change a run if it is still ours: running, by this process, at this attempt."""
    ours = (
        ExportRun.id == run.id,
        ExportRun.state == "running",
        ExportRun.owner == OWNER,
        ExportRun.attempt == run.attempt,
    )
    changed = db.session.scalar(update(ExportRun).where(*ours).values(**values).returning(ExportRun.id))
    return changed is not None


@dataclass
class _Pulse:
    """Heard after each piece: now and then notes progress and renews the lease, and ends the work when it must end."""

    run: ExportRun
    rows: int = 0
    at: float = field(default_factory=time.monotonic)

    def __call__(self, rows: int) -> None:
        if stopping().is_set():
            raise _Stopped
        if rows - self.rows < PULSE_ROWS and time.monotonic() - self.at < PULSE_SECONDS:
            return
        with transaction():
            is_ours = _update(self.run, rows=rows, lease_until=now(LEASE))
        if not is_ours:
            raise _Lost
        self.rows, self.at = rows, time.monotonic()
