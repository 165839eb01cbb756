"""Merges a chunk of rows into the record, in one transaction that also notes how far the run is.

The rows are staged in a temporary table (COPY on PostgreSQL) and merged by a dozen statements over the whole chunk.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

import psycopg

from signup.consent.mailing_list import MailingList
from signup.contacts.value_change import LANGUAGE, NAME, as_stored, differing
from signup.files.import_run import ImportOutcome, ImportRun
from signup.ground.driver_sql import DriverConnection, Rows, driver_connection, portable, to_json
from signup.ground.jobs import OWNER
from signup.imports import import_stage, import_tracking
from signup.imports.import_row import IncomingRow
from signup.imports.statements import import_sql, staging_tables
from signup.imports.statements.statement_values import ChunkValues, ProgressValues

LEASE_SECONDS = 60
TRIES = 20
PAUSE_SECONDS = 0.2
# Visitors' transactions wait at most this long for a chunk before it gives way: less than the second after which
# PostgreSQL looks for a circle of waiters and ends one of them.
LOCK_TIMEOUT = "400ms"
TURN = 0x5349474E  # any number, the same in every process: one chunk at a time

Counts = Counter[str]


class Lost(Exception):
    """The run is no longer ours: cancelled, or taken over after our lease had ended."""


class _Raced(Exception):
    """Somebody changed what was decided on: once more."""


@dataclass
class Merge:
    """How the rows of one run are merged."""

    run: ImportRun
    list: MailingList
    writes: bool

    def chunk(self, rows: Sequence[IncomingRow], progress: tuple[int, Counts]) -> Counts:
        """Merge `rows`; `progress` are the rows and counts before them. Returns the counts after.

        Raises `Lost` when the run was cancelled or taken over; then nothing of the chunk is written.
        """
        for attempt in range(1, TRIES + 1):
            try:
                with driver_connection() as connection, _transaction(connection):
                    return self._merge(connection, rows, progress)
            except (_Raced, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                if attempt == TRIES:
                    raise
                time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError  # the last try returned or raised

    def _merge(self, connection: DriverConnection, rows: Sequence[IncomingRow], progress: tuple[int, Counts]) -> Counts:
        engine = "sqlite" if isinstance(connection, sqlite3.Connection) else "postgresql"
        values = self._values(connection, engine)

        def do(name: str, values: ChunkValues = values) -> Rows:
            statement = _statement(name, engine, self.run.overwrite, self.run.is_bounded)
            return _execute(connection, statement, values)

        self._stage(connection, engine, rows)
        if self.writes:
            do("ADD_CONTACTS")
        do("DECIDE")
        found = _summed(do("COUNT").fetchall())
        counts = progress[1] + found.counts
        if self.writes:
            _write(do, found)
            if found.moving > found.joining:
                import_tracking.withdraw(partial(_execute, connection), values)
            if found.changing:
                _keep_history(connection, values, engine)
            done, line = progress[0] + len(rows), rows[-1].row.line
            advanced: ProgressValues = {**values, "rows": done, "line": line, "counts": to_json(counts)}
            if do("ADVANCE", advanced).rowcount != 1:
                raise Lost
        return counts

    def _values(self, connection: DriverConnection, engine: str) -> ChunkValues:
        at = _execute(connection, portable("SELECT NOW()"), {}).fetchone()[0]
        if engine == "postgresql":
            at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        return {
            "at": at,
            "list_id": self.list.id,
            "controller": self.list.controller,
            "run_id": self.run.id,
            "owner": OWNER,
            "attempt": self.run.attempt,
            "lease": LEASE_SECONDS,
        }

    def _stage(self, connection: DriverConnection, engine: str, rows: Sequence[IncomingRow]) -> None:
        _execute(connection, staging_tables.create("import_stage", staging_tables.STAGE, engine), {})
        _execute(connection, staging_tables.create("import_decided", staging_tables.DECIDED, engine), {})
        staged = import_stage.staged_rows(rows, self.run, self.list, engine)
        if isinstance(connection, sqlite3.Connection):
            connection.execute("DELETE FROM import_stage")
            connection.execute("DELETE FROM import_decided")
            marks = ", ".join("?" * len(staging_tables.STAGE))
            connection.executemany(f"INSERT INTO import_stage VALUES ({marks})", staged)  # noqa: S608  # only marks
            return
        with connection.cursor() as cursor, cursor.copy("COPY import_stage FROM STDIN") as copy:
            for row in staged:
                copy.write_row(row)


class _Found(NamedTuple):
    """What was decided: counts by outcome, reason, state and grade; and how many rows each statement must change."""

    counts: Counts
    joining: int
    changing: int
    moving: int
    giving: int


def _summed(groups: list[tuple[str, str, str, str, int, int]]) -> _Found:
    counts: Counts = Counter()
    joining = changing = moving = giving = 0
    for outcome, reason, state, grade, n, given in groups:
        giving += given
        counts[outcome] += n
        if reason:
            counts[f"{outcome}:{reason}"] += n
        if state:
            counts.update({f"state:{state}": n, f"grade:{grade}": n})
        joining += n * (outcome in {ImportOutcome.CREATED, ImportOutcome.JOINED})
        changing += n * (outcome in {ImportOutcome.JOINED, ImportOutcome.UPDATED})
        moving += n * bool(state)
    return _Found(counts, joining, changing, moving, giving)


def _write(do: Callable[[str], Rows], found: _Found) -> None:
    if found.joining:
        _expect(found.joining, do("ADD_SUBSCRIPTIONS"))
    if found.moving > found.joining:
        _expect(found.moving - found.joining, do("MOVE_SUBSCRIPTIONS"))
    if found.giving:
        _expect(found.giving, do("GIVE"))
    if found.changing:
        _expect(found.changing, do("CHANGE_CONTACTS"))
    if found.moving:
        do("PROVE")
        do("TALLY")
    do("KEEP_ROWS")


def _keep_history(connection: DriverConnection, values: ChunkValues, engine: str) -> None:
    if not isinstance(connection, sqlite3.Connection):
        _execute(connection, _statement("KEEP_HISTORY_POSTGRESQL", engine, overwrite=False, is_bounded=False), values)
        return
    for contact_id, line, *sides in connection.execute(import_sql.TOUCHED_SQLITE).fetchall():
        answers_before, answers, name_before, name, language_before, language = sides
        before = json.loads(answers_before) | {NAME: name_before, LANGUAGE: language_before}
        after = json.loads(answers) | {NAME: name, LANGUAGE: language}
        place = {**values, "contact_id": contact_id, "line": line}
        connection.executemany(
            import_sql.KEEP_HISTORY_SQLITE,
            [
                place | {"field": field, "old": as_stored(old), "new": as_stored(new)}
                for field, (old, new) in differing(before, after).items()
            ],
        )


@contextmanager
def _transaction(connection: DriverConnection) -> Iterator[None]:
    """All of a chunk or nothing. On SQLite the connection is in one already, and registers what its SQL lacks."""
    if isinstance(connection, sqlite3.Connection):
        connection.create_function("filled", 2, _filled, deterministic=True)
        connection.create_function("replaced", 2, _replaced, deterministic=True)
        yield
        return
    with connection.transaction():
        connection.execute(f"SELECT pg_advisory_xact_lock({TURN})")
        connection.execute("SET LOCAL jit = off")
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        yield


def _execute(connection: DriverConnection, statement: str, values: Mapping[str, Any]) -> Rows:
    if isinstance(connection, sqlite3.Connection):
        return connection.execute(statement, values)
    return connection.execute(statement, values or None, prepare=False)  # temporary tables grow: plan each time


@cache
def _statement(name: str, engine: str, overwrite: bool, is_bounded: bool) -> str:  # noqa: FBT001  # cache keys
    words = import_sql.SPELLINGS[engine]
    text: str = getattr(import_sql, name)
    decided = ", ".join(column for column, _type in staging_tables.DECIDED)
    merged = words["replace" if overwrite else "fill"]
    merged_card = words["replace_card" if overwrite else "fill_card"]
    filled = text.replace("{decided}", decided).replace("{merged}", str(merged))
    filled = filled.replace("{merged_card}", str(merged_card))
    filled = filled.replace("{changes}", import_sql.IS_OWN if is_bounded else "1 = 1")
    filled = filled.replace("{gives}", import_sql.GIVES)
    filled = filled.replace("{bounded}", "1 = 1" if is_bounded else "1 = 0")
    filled = filled.replace("{overwrite}", "1 = 1" if overwrite else "1 = 0")
    for word in ("object", "json", "at"):
        filled = filled.replace(f"{{{word}}}", str(words[word]))
    return portable(filled)


def _expect(n: int, done: Rows) -> None:
    if done.rowcount != n:
        raise _Raced


def _filled(ours: str, theirs: str) -> str:
    """Our answers and what they add, as PostgreSQL's `||` has it; the very text when nothing is added."""
    have, more = json.loads(ours), json.loads(theirs)
    return to_json(have | {key: more[key] for key in more.keys() - have.keys()}) if more.keys() - have.keys() else ours


def _replaced(ours: str, theirs: str) -> str:
    have, more = json.loads(ours), json.loads(theirs)
    return to_json(have | more) if have | more != have else ours
