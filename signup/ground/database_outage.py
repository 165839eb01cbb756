"""Why the database does not work: a full disk, a wrong password and a server that is away are told apart.

The causes stand in SQLSTATE (PostgreSQL, appendix A of its manual) and in SQLite's result codes. A refused connection
has no SQLSTATE: there the server's words decide.
"""

import errno
import sqlite3
import threading
import time
from collections import Counter
from enum import StrEnum
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

TELL_EVERY = 60.0
"""A process logs each cause once in so many seconds."""
MAX_DETAIL = 300


class Cause(StrEnum):
    """Why the database does not work. Each cause asks the operator for something else."""

    FULL = "disk full"
    CLIENTS = "too many clients"
    REFUSED = "sign-in refused"
    NO_DATABASE = "no such database"
    SCHEMA = "schema missing or old"
    READ_ONLY = "read only"
    BUSY = "busy"
    POOL = "all connections in use"
    POOLER = "pooler in transaction mode"
    DAMAGED = "damaged"
    AWAY = "away"


MEANS = {
    Cause.FULL: "the disk of the database is full: free some space, or give it more",
    Cause.CLIENTS: "the server accepts no more connections: lower DATABASE_POOL, or raise its max_connections",
    Cause.REFUSED: "the server rejects the user or password: check DATABASE_URL and the server's pg_hba.conf",
    Cause.NO_DATABASE: "the server has no database with that name: check DATABASE_URL, or create it",
    Cause.SCHEMA: "tables or columns are missing: run `signup migrate`",
    Cause.READ_ONLY: "the database accepts no changes: a standby server, a read-only disk, or a file of another owner",
    Cause.BUSY: "another transaction is blocking the data for too long",
    Cause.POOL: "this process is using all its connections: raise DATABASE_POOL, or find what is slow",
    Cause.POOLER: "a connection pooler in transaction mode loses prepared statements: use session mode",
    Cause.DAMAGED: "the database's files are damaged: restore a backup",
    Cause.AWAY: "the server does not answer, or ended the connection",
}
_SQLSTATES = {
    "53100": Cause.FULL,
    "53300": Cause.CLIENTS,
    "28000": Cause.REFUSED,
    "28P01": Cause.REFUSED,
    "42501": Cause.REFUSED,
    "3D000": Cause.NO_DATABASE,
    "42P01": Cause.SCHEMA,
    "42703": Cause.SCHEMA,
    "25006": Cause.READ_ONLY,
    "55P03": Cause.BUSY,
    "40P01": Cause.BUSY,
    "40001": Cause.BUSY,
    "26000": Cause.POOLER,
    "42P05": Cause.POOLER,
    "XX001": Cause.DAMAGED,
    "XX002": Cause.DAMAGED,
}
_CLASSES = {"08": Cause.AWAY, "57": Cause.AWAY, "53": Cause.CLIENTS, "58": Cause.DAMAGED}
"""The first two characters of a SQLSTATE: connection, operator intervention, resources, system error."""
_WORDS = [
    ("no space left on device", Cause.FULL),
    ("too many clients", Cause.CLIENTS),
    ("too many connections", Cause.CLIENTS),
    ("connection slots are reserved", Cause.CLIENTS),
    ("no more connections allowed", Cause.CLIENTS),
    ("password authentication failed", Cause.REFUSED),
    ("no password supplied", Cause.REFUSED),
    ("no pg_hba.conf entry", Cause.REFUSED),
    ("authentication failed", Cause.REFUSED),
    ("role ", Cause.REFUSED),
    ("database ", Cause.NO_DATABASE),
]
"""What PostgreSQL's messages say. The last two count only together with "does not exist"."""
_SQLITE = {
    sqlite3.SQLITE_FULL: Cause.FULL,
    sqlite3.SQLITE_READONLY: Cause.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Cause.READ_ONLY,
    sqlite3.SQLITE_PERM: Cause.READ_ONLY,
    sqlite3.SQLITE_BUSY: Cause.BUSY,
    sqlite3.SQLITE_LOCKED: Cause.BUSY,
    sqlite3.SQLITE_CORRUPT: Cause.DAMAGED,
    sqlite3.SQLITE_NOTADB: Cause.DAMAGED,
    sqlite3.SQLITE_IOERR: Cause.DAMAGED,
}
_SQLITE_WORDS = [
    ("no such table", Cause.SCHEMA),
    ("no such column", Cause.SCHEMA),
    ("has no column", Cause.SCHEMA),
    ("is full", Cause.FULL),
    ("locked", Cause.BUSY),
    ("unable to open", Cause.READ_ONLY),
]
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


class Outage(NamedTuple):
    """A cause, and the first line of the driver's message."""

    cause: Cause
    detail: str

    @property
    def means(self) -> str:
        return MEANS[self.cause]


def outage(error: BaseException) -> Outage | None:
    """Why the database could not work. None when a statement was wrong, or when `error` has nothing to do with it."""
    driver = error.orig if isinstance(error, DBAPIError) and error.orig else error
    cause = _cause(driver)
    lines = str(driver).strip().splitlines()
    return Outage(cause, lines[0][:MAX_DETAIL] if lines else type(driver).__name__) if cause else None


def _cause(error: BaseException) -> Cause | None:
    if isinstance(error, PoolTimeout):
        return Cause.POOL
    if isinstance(error, OSError):
        return Cause.FULL if error.errno in _NO_SPACE else Cause.READ_ONLY if error.errno == errno.EROFS else None
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error)
    if type(error).__module__.partition(".")[0] == "psycopg":
        return _of_postgresql(error)
    return None


def _of_sqlite(error: sqlite3.Error) -> Cause | None:
    code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF  # the rest says more of the same
    if cause := _SQLITE.get(code):
        return cause
    said = str(error).lower()
    if found := next((cause for words, cause in _SQLITE_WORDS if words in said), None):
        return found
    return Cause.AWAY if isinstance(error, sqlite3.OperationalError | sqlite3.InterfaceError) else None


def _of_postgresql(error: BaseException) -> Cause | None:
    state = getattr(error, "sqlstate", None) or ""
    if cause := _SQLSTATES.get(state) or _CLASSES.get(state[:2]):
        return cause
    said = str(error).lower()
    for words, cause in _WORDS:
        if words in said and (not words.endswith(" ") or "does not exist" in said):
            return cause
    is_of_the_way = type(error).__name__ in {"OperationalError", "InterfaceError", "ConnectionTimeout", "PoolTimeout"}
    return Cause.AWAY if is_of_the_way else None


class _Teller:
    """Logs each cause once a minute with its count, so that an outage does not fill the disk with its log."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[tuple[str, Cause], float] = {}
        self._met: Counter[tuple[str, Cause]] = Counter()

    def __call__(self, event: str, found: Outage, **more: Any) -> None:
        at, key = time.monotonic(), (event, found.cause)
        with self._lock:
            self._met[key] += 1
            if at < self._next.get(key, 0.0):
                return
            self._next[key] = at + TELL_EVERY
            times = self._met.pop(key)
        log = structlog.get_logger()
        log.error(event, cause=found.cause.value, means=found.means, detail=found.detail, times=times, **more)


_tell = _Teller()


def tell(error: BaseException, event: str = "database.away", **more: Any) -> None:
    """Log why the database does not work, once a minute for each cause. Does nothing for other errors."""
    if found := outage(error):
        _tell(event, found, **more)
