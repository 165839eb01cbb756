"""Checks, merges and undoes imports in a worker, chunk by chunk, or at once for the console.

A run is claimed, leased and fenced like an export. Each chunk commits with the line it ended on, so that the next
worker goes on where a dead one stopped, with the same result.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import case, delete, select, update

from signup.audience.form_questions import default_country
from signup.consent.mailing_list import MailingList
from signup.fields.field import checks
from signup.files import kept_files
from signup.files.import_run import ImportMend, ImportRun, Task
from signup.ground.broker import ring
from signup.ground.db import db, is_outage, is_postgresql, transaction
from signup.ground.dialect import now
from signup.ground.errors import BadFile
from signup.ground.jobs import OWNER, claim, stopping
from signup.ground.keep_time import keep_time
from signup.imports import import_undo, uploaded_file
from signup.imports.import_choices import Choices
from signup.imports.import_look import Findings, look_at_rows
from signup.imports.import_merge import Lost, Merge
from signup.imports.import_reading import incoming_rows, survey_file
from signup.imports.import_row import IncomingRow
from signup.imports.readers.table_file import problem_words

ACTOR = "import"
LEASE = timedelta(seconds=60)
MAX_STUMBLES = 5
"""A file that ended so many workers at the same place will end the next one, too."""
CHUNK_ROWS = 5_000
CHUNK_ROWS_SQLITE = 1_000  # nobody else writes meanwhile
PULSE_SECONDS = 2.0
WAIT_SECONDS = 0.5
LOOKED_AT = 100
UNFINISHED = ("waiting", "running")

Heard = Callable[[ImportRun, int], None]

log = structlog.get_logger()


class _Stopped(Exception):
    """This process is asked to end."""


class _Asked(Exception):
    """Something must be answered first: the question in words, and what was found."""

    def __init__(self, question: str, found: dict[str, Any]) -> None:
        self.question, self.found = question, found


def begin(run_id: int, task: Task, **choices: Any) -> bool:
    """Let the next task of a run wait for a worker. Needs an open transaction; returns whether it may begin now."""
    before = {
        Task.CHECK: (Task.READ, Task.CHECK),
        Task.IMPORT: (Task.READ, Task.CHECK, Task.IMPORT),
        Task.UNDO: (Task.IMPORT, Task.UNDO),
    }[task]
    idle = [ImportRun.id == run_id, ImportRun.task.in_(before), ImportRun.state.not_in(UNFINISHED)]
    # What was cancelled, or failed half-way, goes on where it stopped; a task that is done is done.
    goes_on = (ImportRun.task == task) & (ImportRun.task != Task.CHECK)
    if task == Task.UNDO:
        idle.append(ImportRun.emptied_line.is_(None))
    if task == Task.CHECK:
        choices["found"] = None
    else:
        idle.append(~((ImportRun.task == task) & (ImportRun.state == "done")))
    values = {
        "rows": case((goes_on, ImportRun.rows), else_=0),
        "line": case((goes_on, ImportRun.line), else_=0),
        "started_at": now(),
        "finished_at": None,
        "attempt": 0,
        "stumbles": 0,
    }
    changed = update(ImportRun).where(*idle).values(task=task, state="waiting", problem="", **values, **choices)
    changed = changed.execution_options(synchronize_session=False)
    return db.session.execute(changed.returning(ImportRun.id)).first() is not None


def cancel(run_id: int) -> None:
    """End the task at hand; what it has done stays, and can be undone. Needs an open transaction."""
    unfinished = (ImportRun.id == run_id, ImportRun.state.in_(UNFINISHED))
    ended = {"state": "cancelled", "owner": None, "lease_until": None, "finished_at": now()}
    db.session.execute(update(ImportRun).where(*unfinished).values(**ended))


def perform(_ids: list[int] | None = None) -> None:
    """The actor: do what waits, one run after the other. The ids only woke us."""
    while not stopping().is_set() and (run := _claim()):
        work(run)


def run_now(run_id: int, on_progress: Heard | None = None) -> ImportRun:
    """Do the task that waits in this process, or wait for the worker that was quicker; returns the run as it ended."""
    if claimed := _claim(run_id):
        work(claimed, on_progress)
    while (run := read(run_id)).state in UNFINISHED and not stopping().is_set():
        time.sleep(WAIT_SECONDS)
    return run


def _claim(run_id: int | None = None) -> ImportRun | None:
    return claim(ImportRun, LEASE, run_id, stumbles=ImportRun.stumbles + 1)


def read(run_id: int) -> ImportRun:
    """The run as it is now."""
    db.session.rollback()
    return db.session.get_one(ImportRun, run_id, populate_existing=True)


def sweep() -> None:
    """The chore: hand on what a dead worker left, ring for what waits, remove old files."""
    crashed = ImportRun.stumbles >= MAX_STUMBLES
    outcome = {"state": case((crashed, "failed"), else_="waiting"), "finished_at": case((crashed, now()), else_=None)}
    expired = update(ImportRun).where(ImportRun.state == "running", ImportRun.lease_until < now())
    with transaction():
        db.session.execute(expired.values(owner=None, lease_until=None, **outcome))
        waiting = list(db.session.scalars(select(ImportRun.id).where(ImportRun.state == "waiting")))
    if waiting:
        ring(ACTOR, *waiting)
    remove_old()


def remove_old() -> None:
    """Remove files whose time is over, with what was typed about them."""
    for path in kept_files.remove_older(uploaded_file.folder(), keep_time("keep_import_files_days")):
        _forget_cells(path.stem)


def _forget_cells(uid: str) -> None:
    """Let go what a person typed or answered about a file that is gone."""
    try:
        mine = select(ImportRun.id).where(ImportRun.uid == UUID(uid))
    except ValueError:  # half a file, left by a process that died
        return
    with transaction():
        db.session.execute(delete(ImportMend).where(ImportMend.run_id.in_(mine)))
        db.session.execute(update(ImportRun).where(ImportRun.id.in_(mine)).values(found=None))


def work(run: ImportRun, on_progress: Heard | None = None) -> None:
    """Do the task of a claimed run to its end, whatever the end is."""
    heard = on_progress or (lambda _run, _rows: None)
    try:
        done = {Task.CHECK: _check, Task.IMPORT: _import, Task.UNDO: _undo}[Task(run.task)](run, heard)
        _finish(run, state="done", **done)
    except Lost:
        log.info("import.lost", run=run.id, attempt=run.attempt)
    except _Stopped:
        _finish(run, state="waiting", finished_at=None, stumbles=0)
    except _Asked as asked:
        # Nothing is written yet: it is a dry run again, whose questions can be answered.
        back = {"task": Task.CHECK} if not run.line else {}
        _finish(run, state="failed", problem=asked.question[:300], found=asked.found, **back)
    except BadFile as error:
        log.info("import.unreadable", run=run.id, reason=error.reason)
        _finish(run, state="failed", problem=problem_words(error)[:300])
    except Exception as error:
        if is_outage(error):  # nothing can be written down now: the lease will end, and the next worker go on
            raise
        log.exception("import.failed", run=run.id)
        _finish(run, state="failed", problem=type(error).__name__)


def _finish(run: ImportRun, **values: Any) -> None:
    with transaction():
        _update(run, **({"owner": None, "lease_until": None, "finished_at": now()} | values))


def _update(run: ImportRun, **values: Any) -> bool:
    """Change a run if it is still ours: running, by this process, at this attempt."""
    ours = (
        ImportRun.id == run.id,
        ImportRun.state == "running",
        ImportRun.owner == OWNER,
        ImportRun.attempt == run.attempt,
    )
    changed = db.session.scalar(update(ImportRun).where(*ours).values(**values).returning(ImportRun.id))
    return changed is not None


def _check(run: ImportRun, heard: Heard) -> dict[str, Any]:
    look = survey_file(run)
    merge = Merge(run, db.session.get_one(MailingList, run.list_id), writes=False)
    counts: Counter[str] = Counter()
    told_apart = Findings()
    done, pulse = 0, time.monotonic()
    checked_by = country_of(run), checks()
    for chunk in _chunks(incoming_rows(run, look)):
        _go_on()
        told_apart.add(chunk)
        counts = merge.chunk(chunk, (done, counts + look_at_rows(chunk, *checked_by)))
        done += len(chunk)
        heard(run, done)
        if time.monotonic() - pulse > PULSE_SECONDS:
            with transaction():
                if not _update(run, rows=done, checked=dict(counts), lease_until=now(LEASE)):
                    raise Lost
            pulse = time.monotonic()
    question, found = look.survey.question(), look.survey.as_dict() | told_apart.as_dict()
    problem = problem_words(question)[:300] if question else ""
    return {"rows": done, "total": done, "checked": dict(counts), "found": found, "problem": problem}


def _import(run: ImportRun, heard: Heard) -> dict[str, Any]:
    look = survey_file(run)
    if question := look.survey.question():
        raise _Asked(problem_words(question), look.survey.as_dict())
    merge = Merge(run, db.session.get_one(MailingList, run.list_id), writes=True)
    counts, done = Counter(run.imported or {}), run.rows
    checked_by = country_of(run), checks()
    for chunk in _chunks(one for one in incoming_rows(run, look) if one.row.line > run.line):
        _go_on()
        counts = merge.chunk(chunk, (done, counts + look_at_rows(chunk, *checked_by)))
        done += len(chunk)
        heard(run, done)
    return {"rows": done, "total": done, "imported": dict(counts)}


def country_of(run: ImportRun) -> str:
    """The country of who names none: chosen for this import, else the list's, else its forms'."""
    return Choices.of(run.choices).country or default_country(run.list_id)


def _undo(run: ImportRun, heard: Heard) -> dict[str, Any]:
    counts, done = Counter(run.undone or {}), run.rows
    while True:
        _go_on()
        with transaction():
            some = import_undo.step(run)
            counts.update(some)
            done += some.total()
            if not _update(run, rows=done, line=run.line, undone=dict(counts), lease_until=now(LEASE), stumbles=0):
                raise Lost
        heard(run, done)
        if not some:
            return {"rows": done, "undone": dict(counts)}


def _go_on() -> None:
    if stopping().is_set():
        raise _Stopped


def _chunks(rows: Iterator[IncomingRow]) -> Iterator[list[IncomingRow]]:
    size = CHUNK_ROWS if is_postgresql() else CHUNK_ROWS_SQLITE
    chunk: list[IncomingRow] = []
    for one in rows:
        chunk.append(one)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
