"""What a deleted row leaves behind in SQLite's files.

SQLite writes zeros over what is deleted (`secure_delete`), but its log keeps the pages of before until it is written
anew. PostgreSQL's dead rows go by its own autovacuum.
"""

from datetime import timedelta

from sqlalchemy import select

from signup.consent.erasure import Erasure
from signup.ground.db import db, is_postgresql
from signup.ground.dialect import now
from signup.ground.driver_sql import driver_connection

LATELY = timedelta(hours=1)


def wipe() -> None:
    """Empty the log of a SQLite database, once a transaction has erased somebody. Whoever reads meanwhile keeps it as
    it is; the chore tries again.
    """
    if is_postgresql():
        return
    db.session.rollback()  # our own look at the database would be one who reads
    with driver_connection(writes=False) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def tend() -> None:
    """The chore: after somebody was erased."""
    lately = db.session.scalar(select(Erasure.at).where(Erasure.at > now(-LATELY)).limit(1))
    db.session.rollback()
    if lately is not None:
        wipe()
