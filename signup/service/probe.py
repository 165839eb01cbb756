"""Checks whether the database can work: it answers, has this release's schema, and takes a row."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from alembic.script import ScriptDirectory
from sqlalchemy import text

from signup.ground.config import PROJECT
from signup.ground.database_outage import Cause, outage
from signup.ground.db import db, is_postgresql, transaction, upsert
from signup.ground.dialect import now
from signup.ground.jobs import OWNER, Beat
from signup.ground.urls import settings

PROBE = "probe"
"""The row that is written again and again, in `beat`."""


class Schema(NamedTuple):
    """The version of the database's schema, and the version that this release needs."""

    found: str
    wanted: str

    @property
    def is_old(self) -> bool:
        """Whether the schema is older. A newer or unknown one is no fault: an upgrade migrates first."""
        return self.found != self.wanted and (not self.found or self.found in _versions())


class Connections(NamedTuple):
    """The connections in use on the server, how many it allows, and how many each of our processes may open."""

    used: int
    allowed: int
    of_a_process: int


def trouble() -> str:
    """What keeps the database from working, in a few words; empty when nothing does."""
    try:
        version = schema()
        if version.is_old:
            return f"schema {version.found or 'missing'}, this release needs {version.wanted}: run signup migrate"
        write()
    except Exception as error:
        db.session.rollback()
        found = outage(error)
        if found is None:
            raise
        return found.cause.value
    return ""


def schema() -> Schema:
    """Both versions. Raises the database's errors."""
    wanted = _scripts().get_current_head() or ""
    try:
        found = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    except Exception as error:
        db.session.rollback()
        known = outage(error)
        if known is None or known.cause != Cause.SCHEMA:
            raise
        found = None
    return Schema(str(found or ""), wanted)


def write() -> None:
    """Write a small row durably. Raises the database's errors. On SQLite, another writer at work is proof enough."""
    with _free_turn() as is_ours:
        if is_ours:
            with transaction():
                last = {"at": now(), "owner": OWNER}
                row = upsert(Beat).values(name=PROBE, **last)
                db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_=last))


@contextmanager
def _free_turn() -> Iterator[bool]:
    """Whether nobody writes to SQLite at this moment. A probe must not wait for an import's chunk."""
    path = db.engine.url.database if not is_postgresql() else None
    if not path:
        yield True
        return
    line = os.open(f"{path}-turn", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(line, fcntl.LOCK_UN)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(line)


def connections() -> Connections | None:
    """The connections of a PostgreSQL server. None on SQLite, which has no such limit."""
    if not is_postgresql():
        return None
    used = db.session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    allowed = db.session.scalar(text("SELECT current_setting('max_connections')::int"))
    return Connections(int(used or 0), int(allowed or 0), 2 * settings().database_pool)


def folders() -> list[Path]:
    """The folders in which this process writes: its own, and SQLite's."""
    own = settings().signup_var
    file = db.engine.url.database if not is_postgresql() else None
    both = [own] + ([Path(file).resolve().parent] if file else [])
    return list(dict.fromkeys(path.resolve() for path in both if path.is_dir()))


def free_space(folder: Path) -> int:
    """Bytes that this user may still write."""
    return shutil.disk_usage(folder).free


@lru_cache(maxsize=1)
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(PROJECT / "migrations"))


@lru_cache(maxsize=1)
def _versions() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())
