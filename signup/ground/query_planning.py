"""How PostgreSQL plans a query of `db.session`, and how long a query may take on either engine."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import OperationalError

from signup.ground.db import db, is_postgresql
from signup.ground.errors import TooSlow

QUERY_CANCELED = "57014"
SQLITE_STEPS = 20_000  # of its machine between two looks at the clock: about a millisecond


def plan_for_once() -> None:
    """Let PostgreSQL plan each query of this transaction for its own values.

    Two rules of one shape share a statement: a plan kept from the one may read everybody for the other. And what looks
    at many rows is estimated to be dear; compiling it takes longer (0.2 to 0.6 s) than a page may. A hash of some
    hundred thousand events stays in 32 MB of memory.
    """
    if is_postgresql():
        settings = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'"
        db.session.connection().exec_driver_sql(settings)


def plan_for_few() -> None:
    """Let PostgreSQL use indexes for the rest of this transaction, because only few rows are concerned.

    By its estimates it may read all events of all people instead, to join a part of them to ten thousand contacts.
    """
    if is_postgresql():
        settings = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
        db.session.connection().exec_driver_sql(settings)


@contextmanager
def within(limit: timedelta) -> Iterator[None]:
    """Raise `TooSlow` when a query of `db.session` in this block takes longer. What was read before stays valid."""
    milliseconds = round(limit.total_seconds() * 1000)
    try:
        if is_postgresql():
            with db.session.begin_nested():  # a cancelled query fails its transaction: this one only to here
                db.session.connection().exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
                yield
                db.session.connection().exec_driver_sql("SET LOCAL statement_timeout = 0")
        else:
            with _interrupted(db.session.connection().connection.driver_connection, limit):
                yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == QUERY_CANCELED or str(error.orig) == "interrupted":
            raise TooSlow(f"{milliseconds} ms") from None
        raise


@contextmanager
def _interrupted(connection: Any, limit: timedelta) -> Iterator[None]:
    ends = time.monotonic() + limit.total_seconds()
    connection.set_progress_handler(lambda: time.monotonic() > ends, SQLITE_STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)
