"""What a deleted row leaves behind in SQLite's files.

SQLite writes zeros over what is deleted (`secure_delete`), but not over everything: when it moves rows between pages,
a copy stays in the gaps of the old page (measured: of 8,000 deleted words, 16), and its log keeps the pages of before.
Only a rewrite (`VACUUM`) leaves nothing. PostgreSQL's dead rows go by its own autovacuum.
"""

import sqlite3
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import func, select

from signup.consent.erasure import Erasure
from signup.ground.db import db, is_postgresql, turn_to_write
from signup.ground.driver_sql import driver_connection
from signup.ground.jobs import last_beat, win

SMALL = 64 * 1024 * 1024
"""Bytes that are rewritten at once, in about half a second. Nobody can write meanwhile: a larger file waits its day."""
REWRITE = "rewrite"
DAILY = timedelta(days=1)

log = structlog.get_logger()


def wipe() -> None:
    """Leave no byte of whom a transaction just erased: at once in a small database, by the chore in a large one."""
    if is_postgresql():
        return
    db.session.rollback()  # our own look at the database would be one who reads
    with driver_connection(writes=False) as connection:
        if _size(connection) <= SMALL:
            _rewrite(connection)
        _empty_log(connection)


def tend() -> None:
    """The chore: empty the log after an erasure, and rewrite a large database once a day."""
    if is_postgresql():
        return
    erased_at = db.session.scalar(select(func.max(Erasure.at)))
    rewritten_at = last_beat(REWRITE)
    db.session.rollback()
    if erased_at is None or (rewritten_at is not None and erased_at < rewritten_at):
        return
    with driver_connection(writes=False) as connection:
        is_rewritten = (_size(connection) <= SMALL or win(REWRITE, DAILY)) and _rewrite(connection)
        _empty_log(connection)
    if is_rewritten:
        win(REWRITE, timedelta())  # now: an erasure while it ran is for the next time


def _size(connection: Any) -> int:
    pages, page_size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * page_size)


def _rewrite(connection: Any) -> bool:
    """Whether it could be rewritten: a writer who is slow, or a full disk, puts it off."""
    try:
        with turn_to_write(db.engine):
            connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        log.warning("database.not_rewritten", error=str(error))
        return False
    return True


def _empty_log(connection: Any) -> None:
    """Write the log to the database. Whoever reads meanwhile keeps it as it is; the chore tries again."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
