"""A copy of the whole database, out and in: `VACUUM INTO` on SQLite, pg_dump and psql on PostgreSQL.

What is put back is held: no email goes out until `replay` has said who left since.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url

from signup.audience.search_entry import TRIGRAMS
from signup.ground.db import close_connections, db, is_postgresql
from signup.ground.errors import SignupError
from signup.ground.urls import settings

PENDING = "restore"
"""The beat whose row says that a restore is not finished; its owner is the time of the backup."""
NEVER = "9999-12-31 00:00:00.000"
WITH_EXTENSION = re.compile(rf" (?:EXTENSION|INDEX public {TRIGRAMS}) ")
_HOLD = """
    UPDATE message SET state = 'retry', owner = NULL, lease_until = NULL, not_before = '{never}'
    WHERE state IN ('ready', 'claimed', 'handed', 'retry');
    DELETE FROM beat WHERE name = '{pending}';
    INSERT INTO beat (name, at, owner) VALUES ('{pending}', '{never}', '{at}');
"""


class CopyFailed(SignupError):
    """The database's own program failed, or is not there; the message is its last line."""


def save(path: Path) -> None:
    """Write a consistent copy to `path`, which must not be there. Writers go on."""
    if is_postgresql():
        _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}"])
        path.chmod(0o600)
        return
    with closing(sqlite3.connect(settings().sqlite_files[0])) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    path.chmod(0o600)


def put_back(copy: Path, at: str, stamp: str) -> None:
    """Make the copy the database, held. All of it or nothing: a crash leaves the old one."""
    hold = _HOLD.format(never=NEVER, pending=PENDING, at=at)
    close_connections()
    if is_postgresql():
        _put_back_postgresql(copy, hold)
    else:
        _put_back_sqlite(copy, hold, stamp)


def users() -> list[str]:
    """Who else has the database open: process ids."""
    close_connections()
    if is_postgresql():
        query = text(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' AND application_name = 'signup'"
        )
        found = [str(pid) for pid in db.session.scalars(query)]
        db.session.remove()
        return found
    path = settings().sqlite_files[0].resolve()
    return [pid for pid, opened in _open_files() if opened == str(path)]


def _put_back_sqlite(copy: Path, hold: str, stamp: str) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(f"BEGIN; {hold} COMMIT;")
    database, *others = settings().sqlite_files
    if database.exists():
        with closing(sqlite3.connect(database)) as connection:  # what a killed process left in the log is part of it
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copy2(database, database.with_name(f"{database.name}.before-{stamp}"))
    for file in others:
        file.unlink(missing_ok=True)
    copy.rename(database)


def _put_back_postgresql(copy: Path, hold: str) -> None:
    script, listed = copy.with_suffix(".sql"), copy.with_suffix(".list")
    own = ["--clean", "--if-exists", "--no-owner", "--no-privileges"]
    try:
        _run(["pg_restore", "--list", f"--file={listed}", str(copy)])
        # An extension may be another role's, or not be here: a worker makes what needs it anew.
        kept = [line for line in listed.read_text().splitlines() if not WITH_EXTENSION.search(line)]
        listed.write_text("\n".join(kept))
        _run(["pg_restore", *own, f"--use-list={listed}", f"--file={script}", str(copy)])
        with script.open("a") as file:
            file.write(f"\nSET search_path = public;\n{hold}")
        _run(["psql", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={script}"])
    finally:
        script.unlink(missing_ok=True)
        listed.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)


def _run(command: list[str]) -> None:
    url = make_url(settings().database_url.get_secret_value())
    named: dict[str, object] = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
    }
    named |= {"PGDATABASE": url.database} | {f"PG{key.upper()}": value for key, value in url.query.items()}
    environment = os.environ | {name: str(value) for name, value in named.items() if value}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    except FileNotFoundError:
        raise CopyFailed(f"{command[0]} is not installed (Debian: postgresql-client)") from None
    if done.returncode:
        raise CopyFailed(f"{command[0]}: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")


def _open_files() -> Iterator[tuple[str, str]]:
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        pid = link.parts[2]
        try:
            if pid != str(os.getpid()):
                yield pid, str(link.readlink())
        except OSError:  # closed meanwhile, or another user's
            continue
