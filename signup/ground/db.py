"""The database: base class, the one way to open a transaction, SQLite's queue of writers, what counts as an outage."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Engine,
    Integer,
    MetaData,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from signup.ground.database_outage import outage
from signup.ground.dialect import Instant, Json, folded
from signup.ground.driver_pool import DriverPool, has_ended

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_MS = 10_000
POOL_TIMEOUT = 10
DRIVER_POOL = "signup.driver_pool"
_turn = threading.local()


class Base(DeclarativeBase):
    """The base class of every table."""

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


def connect(app: Flask, url: str, pool_size: int) -> None:
    """Bind the application to its database. This opens no connection yet."""
    own = {"connect_timeout": 5, "application_name": "signup"} if url.startswith("postgresql") else {}
    options: dict[str, Any] = {"connect_args": own, "hide_parameters": True}
    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": POOL_TIMEOUT}
    app.config |= {"SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": options | pool}
    db.init_app(app)
    # psycopg forgets every prepared statement of a connection that rolls back, as a session does at the end of each
    # page: the long statements of the hot paths live on connections that nobody else uses.
    drivers = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, **options)
    app.extensions[DRIVER_POOL] = DriverPool(drivers, pool_size, POOL_TIMEOUT)
    with app.app_context():
        if drivers.dialect.name == "sqlite":
            for engine in (db.engine, drivers):
                event.listen(engine, "connect", _prepare_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
        else:
            event.listen(db.engine, "checkout", _refuse_ended)


def driver_pool() -> DriverPool:
    """The pool of `driver_connection`."""
    pool: DriverPool = current_app.extensions[DRIVER_POOL]
    return pool


def connections_in_use() -> int:
    """How many connections are in use, of the session's pool and of the driver's."""
    of_session: int = db.engine.pool.checkedout()  # type: ignore[attr-defined]  # either engine's pool counts
    return of_session + driver_pool().in_use


def close_connections() -> None:
    """Close the session and all idle connections of both pools. The next use opens new ones."""
    db.session.remove()
    db.engine.dispose()
    driver_pool().close()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # pysqlite's own transactions begin too late and lose updates silently; ours are explicit (`_begin_sqlite`).
    connection.isolation_level = None
    connection.create_function("folded", 1, lambda text: text and folded(str(text)), deterministic=True)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # who is erased is not to be read in a free page
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once when another wrote meanwhile; this one waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _refuse_ended(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    # A fresh connection is not asked: TLS may have left its session tickets to be read.
    if record.info.setdefault("was_used", False) and has_ended(connection):
        raise InvalidatePoolError
    record.info["was_used"] = True


@contextmanager
def transaction() -> Iterator[None]:
    """One transaction on `db.session`: it commits at the end and rolls back on any error."""
    session = db.session
    session.rollback()  # ends a read transaction that the request may have begun
    with turn_to_write(db.engine):
        session.connection(execution_options={"writes": True})
        try:
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def turn_to_write(engine: Engine) -> Iterator[None]:
    """Wait in a queue to write on SQLite. Its own busy handler polls at growing intervals, and some writers would
    starve.

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


def engine_lost(error: BaseException, connection: Any = None) -> bool:
    """Whether `error` means that the connection is lost, not that the statement was wrong."""
    dialect = db.engine.dialect
    return isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(error, connection, None)


def upsert(table: type[Base]) -> Any:
    """An `INSERT` that has `on_conflict_do_nothing` and `on_conflict_do_update` on both engines."""
    return (postgresql.insert if is_postgresql() else sqlite.insert)(table)


def is_outage(error: BaseException) -> bool:
    """Whether the database cannot work (`ground.database_outage` says why), as opposed to a wrong statement."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return outage(error) is not None or (cause is not None and engine_lost(cause))


def is_of_database(error: BaseException) -> bool:
    """Whether the database, or the connection to it, raised `error`."""
    return isinstance(error, SQLAlchemyError | db.engine.dialect.loaded_dbapi.Error)


def is_postgresql() -> bool:
    return driver_pool().engine.dialect.name == "postgresql"
