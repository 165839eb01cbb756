"""The database: base class, column types, one way to open a transaction, and where the two engines differ."""

import fcntl
import json
import os
import re
import select
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Any, cast
from uuid import UUID

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Uuid,
    event,
    literal,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
BUSY_TIMEOUT_MS = 10_000
_turn = threading.local()


class Instant(TypeDecorator[datetime]):
    """An aware UTC time in whole milliseconds: `timestamptz(3)`, or sortable text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        own: TypeEngine[Any] = TIMESTAMP(timezone=True, precision=3) if dialect.name == "postgresql" else String(23)
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else sqlite_time(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the base's signature
        return read_instant(value)


class Json(TypeDecorator[Any]):
    """A JSON document: `jsonb`, or text on SQLite."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            JSONB(none_as_null=True) if dialect.name == "postgresql" else JSON(none_as_null=True)
        )


class Base(DeclarativeBase):
    """Every table's base."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            int: BigInteger().with_variant(Integer, "sqlite"),
            datetime: Instant(),
            UUID: Uuid(),
            dict[str, Any]: Json(),
            list[str]: Json(),
            list[int]: Json(),
        },
    )


db = SQLAlchemy(session_options={"expire_on_commit": False})


class now(FunctionElement[datetime]):  # noqa: N801  # reads as the SQL function it is
    """The database's clock, moved by `offset`."""

    type = Instant()
    inherit_cache = True

    def __init__(self, offset: timedelta = timedelta()) -> None:
        seconds = int(offset.total_seconds())
        super().__init__(*([literal(seconds)] if seconds else []))


@compiles(now, "postgresql")
def _now_postgresql(element: now, compiler: SQLCompiler, **kw: Any) -> str:
    moved = compiler.process(element.clauses, **kw)
    return f"(now() + make_interval(secs => {moved}))" if moved else "now()"


@compiles(now, "sqlite")
def _now_sqlite(element: now, compiler: SQLCompiler, **kw: Any) -> str:
    moved = compiler.process(element.clauses, **kw)
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', {moved} || ' seconds')" if moved else SQLITE_NOW


def read_instant(value: Any) -> datetime | None:
    """An `Instant` as hand-written SQL returns it."""
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return cast("datetime", value).astimezone(UTC)


class today_text(FunctionElement[str]):  # noqa: N801  # reads as the SQL function it is
    """The database's day in UTC as `YYYY-MM-DD`, moved by whole days."""

    type = String()
    inherit_cache = True

    def __init__(self, offset: timedelta = timedelta()) -> None:
        super().__init__(literal(offset.days))


@compiles(today_text, "postgresql")
def _today_postgresql(element: today_text, compiler: SQLCompiler, **kw: Any) -> str:
    moved = compiler.process(element.clauses, **kw)
    return f"to_char((now() AT TIME ZONE 'UTC') + make_interval(days => {moved}::int), 'YYYY-MM-DD')"


@compiles(today_text, "sqlite")
def _today_sqlite(element: today_text, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date('now', {compiler.process(element.clauses, **kw)} || ' days')"


CAPITALS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŽŸ"
_SMALL = str.maketrans(ascii_uppercase + CAPITALS, ascii_lowercase + CAPITALS.lower())


def folded(text: str) -> str:
    """`text` without regard to case: A–Z and the capitals of western Europe made small, all others as they are.

    Not `str.lower`: what a server calls a capital depends on its locale, and SQLite knows A–Z only.
    """
    return text.translate(_SMALL)


class fold(FunctionElement[str]):  # noqa: N801  # reads as the SQL function it is
    """`folded` in SQL."""

    type = String()
    inherit_cache = True


@compiles(fold, "postgresql")
def _fold_postgresql(element: fold, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(element.clauses, **kw)
    return f"translate(lower(({text}) COLLATE \"C\"), '{CAPITALS}', '{CAPITALS.lower()}')"


@compiles(fold, "sqlite")
def _fold_sqlite(element: fold, compiler: SQLCompiler, **kw: Any) -> str:
    return f"folded({compiler.process(element.clauses, **kw)})"


def sqlite_time(value: datetime) -> str:
    """`value` as `Instant` stores it on SQLite."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def connect(app: Flask, url: str, pool_size: int) -> None:
    """Bind the application to its database; no connection is opened yet."""
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": 10, "hide_parameters": True}
    if url.startswith("postgresql"):
        options |= {
            "pool_pre_ping": False,
            "connect_args": {"connect_timeout": 5, "application_name": "signup"},
        }
    app.config |= {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": options}
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
        else:
            event.listen(db.engine, "checkout", _refuse_closed)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # pysqlite's own transactions begin too late and lose updates silently; ours are explicit (`_begin_sqlite`).
    connection.isolation_level = None
    connection.create_function("folded", 1, lambda text: text and folded(str(text)), deterministic=True)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another wrote meanwhile; this one waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _refuse_closed(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    # A server that ended or restarted has left a word of farewell or an end of file in every idle connection. Looking
    # costs no round trip. A fresh connection is not asked: TLS may have left its session tickets to be read.
    if record.info.setdefault("was_used", False):
        waiting = select.poll()  # one system call; a selector would open and close a descriptor each time
        if not connection.closed:
            waiting.register(connection.fileno(), select.POLLIN)
        if connection.closed or waiting.poll(0):
            raise InvalidatePoolError
    record.info["was_used"] = True


@contextmanager
def transaction() -> Iterator[None]:
    """One durable unit of work on `db.session`: commits at the end, rolls back on any error."""
    session = db.session
    session.rollback()  # ends a read transaction that the request may have begun
    with _turn_to_write(db.engine):
        session.connection(execution_options={"writes": True})
        try:
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def _turn_to_write(engine: Engine) -> Iterator[None]:
    """Wait in line to write on SQLite: its own busy handler polls at growing distances, and some starve.

    The turn comes before the connection: whoever waits for it holds nothing that the one whose turn it is may need. The
    kernel ends the turn of a process that dies.
    """
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    if not path or getattr(_turn, "is_mine", False):  # a thread must not wait for itself
        yield
        return
    line = os.open(f"{path}-turn", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(line, fcntl.LOCK_EX)
        _turn.is_mine = True
        yield
    finally:
        _turn.is_mine = False
        os.close(line)


@contextmanager
def driver_connection(engine: Engine | None = None, *, durable: bool = True) -> Iterator[Any]:
    """A pooled driver connection for the hot paths: psycopg in autocommit, sqlite3 inside BEGIN IMMEDIATE.

    One statement on PostgreSQL is one round trip and one commit; on SQLite all statements commit together at the end.
    What is not `durable` may be lost when the machine dies, not when a process does, and does not wait for the disk.
    """
    engine = engine or db.engine
    with _turn_to_write(engine):
        pooled = engine.raw_connection()
        connection = pooled.driver_connection
        use = _in_sqlite if isinstance(connection, sqlite3.Connection) else _in_autocommit
        try:
            with use(connection, durable):
                yield connection
        except Exception as error:
            if pooled.is_valid and engine_lost(error, connection):
                pooled.invalidate(error)
            raise
        finally:
            pooled.close()


@contextmanager
def _in_sqlite(connection: Any, durable: bool) -> Iterator[None]:  # noqa: FBT001  # private
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
def _in_autocommit(connection: Any, durable: bool) -> Iterator[None]:  # noqa: FBT001  # private
    connection.autocommit = True
    try:
        if not durable:
            connection.execute("SET synchronous_commit = off")
        yield
        if not durable:
            connection.execute("RESET synchronous_commit")
    finally:
        if not connection.closed:
            connection.autocommit = False


@contextmanager
def together(connection: Any) -> Iterator[None]:
    """Several statements on a connection of `driver_connection`, as one transaction on PostgreSQL too."""
    if isinstance(connection, sqlite3.Connection):  # inside BEGIN IMMEDIATE already
        yield
    else:
        with connection.transaction():
            yield


def engine_lost(error: BaseException, connection: Any = None) -> bool:
    """Whether `error` means that the connection is gone, not that the statement was wrong."""
    dialect = db.engine.dialect
    return isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(error, connection, None)


def upsert(table: type[Base]) -> Any:
    """An `INSERT` that knows `on_conflict_do_nothing` and `on_conflict_do_update`, for the engine at hand."""
    return (postgresql.insert if is_postgresql() else sqlite.insert)(table)


def is_outage(error: BaseException) -> bool:
    """Whether the database is away, as opposed to asked something wrong."""
    if isinstance(error, PoolTimeout):
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    dbapi = db.engine.dialect.loaded_dbapi
    return isinstance(cause, dbapi.OperationalError | dbapi.InterfaceError) or (
        cause is not None and engine_lost(cause)
    )


def is_postgresql() -> bool:
    return bool(db.engine.dialect.name == "postgresql")


def plan_for_once() -> None:
    """Have PostgreSQL plan each of this transaction's queries for its own values, and run it as it is.

    Two rules of one shape share a statement: a plan kept from the one may read everybody for the other. And what looks
    at many rows is estimated to be dear; compiling it takes longer (0.2 to 0.6 s) than a page may.
    """
    if is_postgresql():
        settings = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL jit = off"
        db.session.connection().exec_driver_sql(settings)


def portable(sql: str) -> str:
    """Hand-written SQL for the engine at hand.

    It is written with `:name` parameters and six words that each engine spells its own way: `NOW()`,
    `LATER(:seconds)`, `JSON(:text)`, `TODAY()`, and of a column that holds a time: `DAY(at)`, `AGE(at)` in seconds.
    """
    return _translate(sql, is_postgresql())


def run(connection: Any, sql: str, values: Mapping[str, Any]) -> Any:
    """Hand-written SQL (see `portable`) on a connection of `driver_connection`; its cursor, with what it returns.

    psycopg looks for the parameters of a long statement anew at every call; numbered ones it passes on as they are.
    """
    if isinstance(connection, sqlite3.Connection):
        return connection.execute(portable(sql), values)
    numbered, names = _numbered(sql)
    cursor = db.engine.dialect.loaded_dbapi.RawCursor(connection)
    return cursor.execute(numbered, [values[name] for name in names])


@lru_cache(maxsize=256)
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1`, `$2` … in place of its names, and the names in that order."""
    names: dict[str, int] = {}
    text = re.sub(r"%\((\w+)\)s", lambda found: f"${names.setdefault(found[1], len(names) + 1)}", portable(sql))
    return text, tuple(names)


@lru_cache(maxsize=256)
def _translate(sql: str, for_postgresql: bool) -> str:  # noqa: FBT001  # a cache key
    spellings = _POSTGRESQL if for_postgresql else _SQLITE
    for pattern, spelling in spellings:
        sql = pattern.sub(spelling, sql)
    return sql


_POSTGRESQL = [
    (re.compile(r"NOW\(\)"), "now()"),
    (re.compile(r"TODAY\(\)"), "(now() AT TIME ZONE 'UTC')::date"),
    (re.compile(r"DAY\((\w+\.\w+)\)"), r"(\1 AT TIME ZONE 'UTC')::date"),
    (re.compile(r"AGE\((\w+\.\w+)\)"), r"extract(epoch FROM now() - \1)"),
    (re.compile(r"LATER\((:\w+)\)"), r"(now() + make_interval(secs => \1::float8))"),
    (re.compile(r"JSON\((:\w+)\)"), r"\1::jsonb"),
    (re.compile(r"(?<![:\w]):([a-z]\w*)"), r"%(\1)s"),
]
_SQLITE = [
    (re.compile(r"NOW\(\)"), SQLITE_NOW),
    (re.compile(r"TODAY\(\)"), "date('now')"),
    (re.compile(r"DAY\((\w+\.\w+)\)"), r"date(\1)"),
    (re.compile(r"AGE\((\w+\.\w+)\)"), r"((julianday('now') - julianday(\1)) * 86400)"),
    (re.compile(r"LATER\((:\w+)\)"), r"strftime('%Y-%m-%d %H:%M:%f', 'now', \1 || ' seconds')"),
    (re.compile(r"JSON\((:\w+)\)"), r"\1"),
]


def uuid_param(value: UUID) -> UUID | str:
    """`value` as hand-written SQL passes it: PostgreSQL has the type, SQLite keeps the hex digits."""
    return value if is_postgresql() else value.hex


def to_json(value: object) -> str:
    """Compact JSON text, for the statements that bypass the column types."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
