"""Hand-written SQL on the driver's own connections, for the hot paths: written once, translated for either engine."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Protocol, Union
from uuid import UUID

from signup.ground.db import driver_pool, engine_lost, is_postgresql, turn_to_write
from signup.ground.dialect import POSTGRESQL_CLOCK, SQLITE_CLOCK

if TYPE_CHECKING:  # psycopg is not loaded for SQLite
    import psycopg

DriverConnection = Union[sqlite3.Connection, "psycopg.Connection[Any]"]


class Rows(Protocol):
    """What a statement left to be read, of either driver."""

    @property
    def rowcount(self) -> int: ...
    @property
    def description(self) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


@contextmanager
def driver_connection(*, durable: bool = True, writes: bool = True) -> Iterator[DriverConnection]:
    """A pooled connection of the driver for the hot paths: psycopg in autocommit, sqlite3 inside BEGIN IMMEDIATE.

    One statement on PostgreSQL is one round trip and one commit; on SQLite all statements commit together at the end.
    What is not `durable` may be lost when the machine dies, not when a process does, and does not wait for the disk.
    A single statement that only reads, `writes=False`, need not wait for its turn on SQLite.
    """
    pool, is_lost = driver_pool(), False
    with turn_to_write(pool.engine) if writes else nullcontext():
        connection = pool.take()
        use = _in_sqlite if isinstance(connection, sqlite3.Connection) else _in_autocommit
        try:
            with use(connection, durable) if writes else nullcontext():
                yield connection
        except BaseException as error:
            is_lost = engine_lost(error, connection)
            raise
        finally:
            pool.give_back(connection, is_lost=is_lost)


@contextmanager
def _in_sqlite(connection: sqlite3.Connection, durable: bool) -> Iterator[None]:  # noqa: FBT001  # private
    if not durable:
        connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        if not durable:
            connection.execute("PRAGMA synchronous=FULL")


@contextmanager
def _in_autocommit(connection: "psycopg.Connection[Any]", durable: bool) -> Iterator[None]:  # noqa: FBT001  # private
    if durable:
        yield
        return
    connection.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("RESET synchronous_commit")


@contextmanager
def together(connection: DriverConnection) -> Iterator[None]:
    """Run several statements on a `driver_connection` as one transaction, on PostgreSQL too."""
    if isinstance(connection, sqlite3.Connection):  # inside BEGIN IMMEDIATE already
        yield
    else:
        with connection.transaction():
            yield


def portable(sql: str) -> str:
    """Hand-written SQL, translated for the engine in use.

    It is written with `:name` parameters and six words that each engine spells its own way: `NOW()`,
    `LATER(:seconds)`, `JSON(:text)`, `TODAY()`, and of a column that holds a time: `DAY(at)`, `AGE(at)` in seconds.
    """
    return _translate(sql, is_postgresql())


def run(connection: DriverConnection, sql: str, values: Mapping[str, Any]) -> Rows:
    """Run hand-written SQL (see `portable`) on a `driver_connection`. Returns its cursor, which must be read at once.

    psycopg looks for the parameters of a long statement anew at every call; numbered ones it passes on as they are. And
    a cursor knows how to write and read a statement's values from the last time: each connection keeps one for each.
    """
    if isinstance(connection, sqlite3.Connection):
        return connection.execute(_translate(sql, False), values)  # noqa: FBT003  # a cache key
    numbered, names = _numbered(sql)
    cursors = connection.__dict__.setdefault("signup_cursors", {})
    cursor = cursors.get(numbered) or cursors.setdefault(numbered, _raw_cursor()(connection))
    rows: Rows = cursor.execute(numbered, [values[name] for name in names])
    return rows


def first_by_name(rows: Rows) -> dict[str, Any] | None:
    """The first row, each value by its column's name; None without any."""
    row = rows.fetchone()
    return None if row is None else {column[0]: value for column, value in zip(rows.description, row, strict=True)}


@cache
def _raw_cursor() -> Any:
    from psycopg import RawCursor  # noqa: PLC0415  # not for SQLite

    return RawCursor


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with `$1`, `$2` … in place of its names, and the names in that order."""
    names: dict[str, int] = {}
    text = re.sub(r"%\((\w+)\)s", lambda found: f"${names.setdefault(found[1], len(names) + 1)}", portable(sql))
    return text.encode(), tuple(names)


@lru_cache(maxsize=256)
def _translate(sql: str, for_postgresql: bool) -> str:  # noqa: FBT001  # a cache key
    spellings = _POSTGRESQL if for_postgresql else _SQLITE
    for pattern, spelling in spellings:
        sql = pattern.sub(spelling, sql)
    return sql


_POSTGRESQL = [
    (re.compile(r"NOW\(\)"), POSTGRESQL_CLOCK.now),
    (re.compile(r"TODAY\(\)"), POSTGRESQL_CLOCK.today),
    (re.compile(r"DAY\((\w+\.\w+)\)"), r"(\1 AT TIME ZONE 'UTC')::date"),
    (re.compile(r"AGE\((\w+\.\w+)\)"), r"extract(epoch FROM now() - \1)"),
    (re.compile(r"LATER\((:\w+)\)"), POSTGRESQL_CLOCK.later.format(r"\1::float8")),
    (re.compile(r"JSON\((:\w+)\)"), r"\1::jsonb"),
    (re.compile(r"(?<![:\w]):([a-z]\w*)"), r"%(\1)s"),
]
_SQLITE = [
    (re.compile(r"NOW\(\)"), SQLITE_CLOCK.now),
    (re.compile(r"TODAY\(\)"), SQLITE_CLOCK.today),
    (re.compile(r"DAY\((\w+\.\w+)\)"), r"date(\1)"),
    (re.compile(r"AGE\((\w+\.\w+)\)"), r"((julianday('now') - julianday(\1)) * 86400)"),
    (re.compile(r"LATER\((:\w+)\)"), SQLITE_CLOCK.later.format(r"\1")),
    (re.compile(r"JSON\((:\w+)\)"), r"\1"),
]


def uuid_param(value: UUID) -> UUID | str:
    """`value` as a parameter of hand-written SQL: PostgreSQL has the type, SQLite keeps the hex digits."""
    return value if is_postgresql() else value.hex


def uuid_params(values: Iterable[UUID]) -> list[UUID | str]:
    """`uuid_param` for several."""
    return list(values) if is_postgresql() else [value.hex for value in values]


def to_json(value: object) -> str:
    """Compact JSON text, for statements that do not use the column types."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
