"""The databases of one test process: migrated once, one for each engine, and emptied after every test that used one."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import make_url

from signup.ground.db import Base

ENGINES = ["sqlite", "postgresql"]


class SqliteDatabase:
    """A copy of a migrated file. Whoever had it open must have closed it before it is emptied."""

    def __init__(self, migrated: Path, folder: Path) -> None:
        self._migrated, self._path = migrated, folder / "signup.db"
        self.url = f"sqlite:///{self._path}"
        self.empty()

    def empty(self) -> None:
        for file in self._path.parent.glob("signup.db*"):
            file.unlink()
        shutil.copy(self._migrated, self._path)


class PostgresqlDatabase:
    """A migrated database. Its applications may stay connected while it is emptied."""

    def __init__(self, url: str) -> None:
        self.url = url
        own = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(own, autocommit=True)
        # TRUNCATE makes a new file for every table and index; the role switches the guards off; a function plans once.
        deletes = "; ".join(f'DELETE FROM "{table.name}"' for table in Base.metadata.sorted_tables)
        self._connection.execute(
            "CREATE FUNCTION empty_every_table() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica"
            f" AS $$ BEGIN {deletes}; END $$".encode()
        )

    def empty(self) -> None:
        self._connection.execute("SELECT empty_every_table()")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def listening(engine: Engine, **listeners: Callable[..., Any]) -> Iterator[None]:
    """Listen to events of an engine inside the block; other tests use the engine after it."""
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)
