"""Imports as work: checked, merged and undone by a worker, chunk by chunk, or at once for the console.

A run is claimed, leased and fenced like an export. Each chunk commits with the line it ended on, so that the next
worker goes on where a dead one stopped, with the same result.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import case, select, update

from signup.audience.asked import default_country
from signup.broker import ring
from signup.consent.mailing_list import MailingList
from signup.consent.snapshot import Kind, Snapshot
from signup.contacts.field import checks
from signup.db import db, is_outage, is_postgresql, transaction
from signup.dialect import now
from signup.errors import BadFile
from signup.exchange import aged, arrival, import_undo, mapping, table_file
from signup.exchange.arrival import Arrived
from signup.exchange.exit_name import status_by_name
from signup.exchange.import_look import looked_at
from signup.exchange.import_merge import Lost, Merge
from signup.exchange.import_run import ImportRun, Origin, Task
from signup.exchange.incoming import Incoming, Understanding
from signup.exchange.mapping import Proposal
from signup.exchange.seen import Seen
from signup.exchange.table_file import Reading, Row, told
from signup.exchange.unpack import part_path
from signup.jobs import OWNER, claim, stopping

ACTOR = "import"
LEASE = timedelta(seconds=60)
MAX_STUMBLES = 5
"""A file that ended so many workers at the same place will end the next one, too."""
KEEP = timedelta(days=30)
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


def open_run(
    arrived: Arrived, name: str, list_id: int, actor: tuple[str, int | None], reading: Reading | None = None
) -> ImportRun:
    """Write down a file that came, with what it probably is. Needs an open transaction. Raises `BadFile`."""
    run = ImportRun(list_id=list_id, actor=actor[0], operator_id=actor[1], file_name=_plain_name(name))
    run.size, run.sha256 = arrived.size, arrived.sha256
    run.uid = UUID(arrived.path.stem)
    status = status_by_name(arrived.part_name) or status_by_name(run.file_name)
    guessed = reading or replace(table_file.guess(arrived.path, is_ours=arrived.is_ours), status=status)
    read_as(run, replace(guessed, parts=arrived.parts, part=arrived.part))
    run.mapping = propose(run).targets
    db.session.add(run)
    db.session.flush()
    return run


def read_as(run: ImportRun, reading: Reading) -> None:
    """Read the file of a run this way from now on. Raises `BadFile`; then the run is as before."""
    path = _path(run, reading)
    names = table_file.headings(path, reading)
    total = table_file.count_guess(path, reading, names)
    run.reading, run.headings, run.headings_hash = reading.as_dict(), names, mapping.hash_of(names)
    run.total = total


def take_part(run: ImportRun, part: int) -> None:
    """Read another sheet of a book or file of an archive from now on, as it is guessed. Raises `BadFile`."""
    taken = arrival.choose(arrival.folder() / f"{run.uid}.file", part)
    status = status_by_name(taken.parts[taken.part]) or status_by_name(run.file_name)
    guessed = table_file.guess(taken.path, is_ours=taken.is_ours)
    read_as(run, replace(guessed, parts=taken.parts, part=taken.part, status=status))


def propose(run: ImportRun) -> Proposal:
    """What each column of a run's file probably is, by its headings and first rows."""
    first = [row.cells for row in islice(rows_of(run), LOOKED_AT)]
    return mapping.propose(run.headings, run.list_id, first)


def path_of(run: ImportRun) -> Path:
    """Where the file of a run is until a month after it came; of a book or an archive, the part that is read."""
    return _path(run, Reading(**run.reading))


def _path(run: ImportRun, reading: Reading) -> Path:
    path = arrival.folder() / f"{run.uid}.file"
    return part_path(path, reading.part) if reading.parts else path


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
    if task != Task.CHECK:
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
    aged.remove_older(arrival.folder(), KEEP)


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
    except BadFile as error:
        log.info("import.unreadable", run=run.id, reason=error.reason)
        _finish(run, state="failed", problem=told(error)[:300])
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
    merge = Merge(run, db.session.get_one(MailingList, run.list_id), writes=False)
    counts: Counter[str] = Counter()
    done, pulse = 0, time.monotonic()
    look = default_country(run.list_id), checks()
    for chunk in _chunks(incoming(run)):
        _go_on()
        counts = merge.chunk(chunk, (done, counts + looked_at(chunk, *look)))
        done += len(chunk)
        heard(run, done)
        if time.monotonic() - pulse > PULSE_SECONDS:
            with transaction():
                if not _update(run, rows=done, checked=dict(counts), lease_until=now(LEASE)):
                    raise Lost
            pulse = time.monotonic()
    return {"rows": done, "total": done, "checked": dict(counts)}


def _import(run: ImportRun, heard: Heard) -> dict[str, Any]:
    merge = Merge(run, db.session.get_one(MailingList, run.list_id), writes=True)
    counts, done = Counter(run.imported or {}), run.rows
    look = default_country(run.list_id), checks()
    for chunk in _chunks(one for one in incoming(run) if one.row.line > run.line):
        _go_on()
        counts = merge.chunk(chunk, (done, counts + looked_at(chunk, *look)))
        done += len(chunk)
        heard(run, done)
    return {"rows": done, "total": done, "imported": dict(counts)}


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


def incoming(run: ImportRun) -> Iterator[Incoming]:
    """The rows of a run's file as the record understands them; an address's second row is `repeated`."""
    understanding, seen = understanding_of(run), Seen()
    for row in rows_of(run):
        one = understanding.read(row)
        yield one if one.problem or seen.add(one.key) else Incoming(row, "repeated")


def rows_of(run: ImportRun) -> Iterator[Row]:
    """The rows of a run's file. Raises `BadFile`."""
    limit = None if run.operator_id is None else table_file.MAX_ROWS
    return table_file.rows(path_of(run), Reading(**run.reading), run.headings, limit)


def understanding_of(run: ImportRun) -> Understanding:
    """How the rows of a run are understood."""
    wordings: list[str] = []
    if run.origin == Origin.OWN:
        wordings = list(db.session.scalars(select(Snapshot.hash).where(Snapshot.kind == Kind.WORDING)))
    targets, fields = list(run.mapping), mapping.fields_of(run.list_id)
    # A question that was taken off every form since is not read any more.
    known = mapping.choices(run.list_id)
    chosen = [target if target in known else "" for target in targets]
    return Understanding(chosen, fields, run.origin, wordings, is_raw=run.reading["format"] == "jsonl")


def _chunks(rows: Iterator[Incoming]) -> Iterator[list[Incoming]]:
    size = CHUNK_ROWS if is_postgresql() else CHUNK_ROWS_SQLITE
    chunk: list[Incoming] = []
    for one in rows:
        chunk.append(one)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _plain_name(name: str) -> str:
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip()
    return plain[-200:] or "file"
