"""Exports as work: started from the page and done by a worker, or done at once for the console; each is its own log.

A run is claimed, leased and fenced like a message of the outbox; a worker that dies leaves it to the next one.
"""
# ruff: noqa: A002 – `format` and `filter` are the run's own words

import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import structlog
from flask import Flask, current_app
from sqlalchemy import case, select, update

from signup.activity.tally import Measure, totals
from signup.audience.segment import act_on
from signup.broker import ring
from signup.db import db, is_outage, now, transaction
from signup.errors import NotFound, Refused
from signup.exchange import preset_file
from signup.exchange.export_file import write
from signup.exchange.export_run import ExportRun
from signup.exchange.finished_file import extension_of, path_of, remove_old
from signup.exchange.outlet import Outlet, Progress, Terms
from signup.exchange.partner_selection import count_agreed, partner_of
from signup.exchange.presets.catalogue import PRESETS, wanted_for
from signup.exchange.presets.preset import Preset
from signup.exchange.selection import STOPPED, Filter, conditions, count, is_any, segment_of, status_of
from signup.i18n import _
from signup.jobs import OWNER, claim, stopping

ACTOR = "export"
FORMATS: dict[str, Any] = {
    "csv": _("CSV"),
    "csv-excel": _("CSV for Excel (semicolons)"),
    "xlsx": _("Excel workbook (XLSX)"),
    "jsonl": _("JSON Lines, for programs"),
}
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5  # a run that took so many workers down with it will take the next one too
PULSE_ROWS = 20_000
PULSE_SECONDS = 2.0
UNHEARD = timedelta(seconds=10)
HELPER = "exports"
NOT_MASKED = _("Another program has no use for masked addresses. Take a general format, or ask an editor.")

log = structlog.get_logger()


class _Lost(Exception):
    """The run is no longer ours: cancelled, or taken over after our lease had ended."""


class _Stopped(Exception):
    """This process is asked to end."""


class By(NamedTuple):
    """Who asks for an export, and how they get it."""

    actor: str = "console"
    operator_id: int | None = None
    is_masked: bool = False
    """Whether they may not see whole contacts."""
    with_proof: bool = False
    """Whether they want a preset with the proof of the consent."""


def start(list_id: int, format: str, filter: Filter, by: By) -> ExportRun:
    """Write a run down; once that is committed, ring for it. Needs an open transaction.

    Raises `NotFound` for a format, status, day, segment or partner that is none; `Refused` for a preset that is off,
    cannot take these people, or is asked for by somebody who may not see whole contacts.
    """
    preset = PRESETS.get(format)
    if preset is None and format not in FORMATS:
        raise NotFound(f"format {format!r}")
    wanted = wanted_by(by, preset, filter)
    conditions(wanted)
    run = ExportRun(list_id=list_id, format=format, filter=dict(wanted), **by._asdict())
    run.total = _expected(list_id, wanted, is_counted=preset is not None)
    if slug := segment_of(wanted):
        act_on(slug)
    db.session.add(run)
    db.session.flush()
    return run


def wanted_by(by: By, preset: Preset | None, filter: Filter) -> Filter:
    """The filter as the run keeps it. Raises `Refused` as `start`."""
    if preset and by.is_masked:
        raise Refused(str(NOT_MASKED))
    return wanted_for(preset, filter) if preset else dict(filter)


def _expected(list_id: int, wanted: Filter, *, is_counted: bool) -> int:
    if partner_of(wanted):
        return count_agreed(list_id, wanted)
    if is_counted or segment_of(wanted) or status_of(wanted) == STOPPED:
        return count(list_id, wanted)
    states = totals(Measure.IN_STATE, list_id)
    return sum(states.values()) if is_any(wanted) else states.get(status_of(wanted), 0)


def perform(_ids: list[int] | None = None) -> None:
    """The actor: make the files that wait, one after the other. The ids only woke us; whatever waits is done."""
    while not stopping().is_set() and (run := claim(ExportRun, LEASE, rows=0)):
        _make(run)


def cancel(run_id: int) -> None:
    """End a run that is not finished; its worker notices within two seconds. Needs an open transaction."""
    unfinished = (ExportRun.id == run_id, ExportRun.state.in_(("waiting", "running")))
    ended = {"state": "cancelled", "owner": None, "lease_until": None, "finished_at": now()}
    db.session.execute(update(ExportRun).where(*unfinished).values(**ended))


def _write(run: ExportRun, outlet: Outlet) -> None:
    terms = Terms(run.mark or "", run.is_masked, run.with_proof)
    if preset := PRESETS.get(run.format):
        preset_file.write(run.list_id, preset, run.filter, outlet, terms)
    else:
        write(run.list_id, run.format, run.filter, outlet, terms)


def run_now(  # noqa: PLR0913, PLR0917  # an export, who asks, where to
    list_id: int,
    format: str,
    filter: Filter,
    by: By,
    out: BinaryIO | Path,
    on_progress: Progress | None = None,
) -> ExportRun:
    """Export to a file or stream at once, and return the finished run. `on_progress` hears the rows written so far.

    The log stands before the first byte leaves, as failed until all is through, whatever ends this process.
    """
    with transaction():
        run = start(list_id, format, filter, by)
        run.state = "failed"
    with ExitStack() as stack:
        opened = stack.enter_context(out.open("wb")) if isinstance(out, Path) else out
        outlet = Outlet(opened, on_progress or (lambda _rows: None))
        outcome = "failed"
        try:
            _write(run, outlet)
            outcome = "done"
        finally:
            values = {"state": outcome, "finished_at": now(), **_figures(outlet)}
            with transaction():
                db.session.execute(update(ExportRun).where(ExportRun.id == run.id).values(**values))
    return db.session.get_one(ExportRun, run.id, populate_existing=True)


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
    """Do what no bell was heard for, beside the chores: mails' leases must be renewed while a long file is made."""
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
            outlet = Outlet(file, _Pulse(run))
            _write(run, outlet)
            os.fsync(file.fileno())
        _finish(run, outlet, part)
    except _Lost:
        log.info("export.lost", run=run.id, attempt=run.attempt)
        if db.session.scalar(select(ExportRun.state).where(ExportRun.id == run.id)) == "cancelled":
            part.unlink(missing_ok=True)  # had another worker taken over, it would be theirs
    except _Stopped:
        _leave(run, part, state="waiting")
    except Exception as error:
        if is_outage(error):  # nothing can be written down now: the lease will end, and the next worker try again
            raise
        log.exception("export.failed", run=run.id)
        _leave(run, part, state="failed", finished_at=now())


def _create(part: Path) -> BinaryIO:
    # A new file each time: a worker that lost its lease and does not know it goes on writing into the old one.
    part.unlink(missing_ok=True)
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _finish(run: ExportRun, outlet: Outlet, part: Path) -> None:
    with transaction():
        if not _update(run, state="done", lease_until=None, finished_at=now(), **_figures(outlet)):
            raise _Lost
        run.files = outlet.files
        part.replace(path_of(run))  # before the commit: whoever reads `done` finds the file


def _figures(outlet: Outlet) -> dict[str, int]:
    return {"rows": outlet.rows, "size": outlet.size, "files": outlet.files, "left_out": outlet.left_out}


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
