"""A pool of driver connections for the hot paths. SQLAlchemy's own pool would cost a tenth of a sign-up's time."""

import select
import sqlite3
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import TimeoutError as PoolTimeout

INSIDE = {1, 2, 3}
"""Active, in a transaction, in a failed one (libpq's PGTransactionStatusType); 0 is idle, 4 a lost connection."""


class DriverPool:
    """A pool of at most `size` connections. It opens them by `engine` when needed and hands out the last used first."""

    def __init__(self, engine: Engine, size: int, timeout: float) -> None:
        self.engine = engine
        self._size, self._timeout = size, timeout
        self._idle: list[Any] = []  # its `append` and `pop` are atomic
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _each in range(size):
            self._permits.put(None)

    def take(self) -> Any:
        """Take a connection for this thread alone. `give_back` returns it.

        Raises SQLAlchemy's `TimeoutError` when all are in use for `timeout` seconds, and the driver's errors.
        """
        try:
            self._permits.get(timeout=self._timeout)
        except Empty:
            raise PoolTimeout(f"all connections are in use for {self._timeout} s") from None
        try:
            return self._idle_one() or self._open()
        except BaseException:
            self._permits.put(None)
            raise

    def give_back(self, connection: Any, *, is_lost: bool = False) -> None:
        """Return `connection` to the pool with no transaction open, or close it when it `is_lost`."""
        try:
            if not is_lost and _is_inside(connection):
                connection.rollback()
        except BaseException:
            is_lost = True
            raise
        finally:
            if is_lost:
                connection.close()
            else:
                self._idle.append(connection)
            self._permits.put(None)

    def close(self) -> None:
        """Close all idle connections. The next use opens new ones."""
        while self._idle:
            self._idle.pop().close()

    @property
    def in_use(self) -> int:
        """How many connections are taken at the moment."""
        return self._size - self._permits.qsize()

    def _idle_one(self) -> Any:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            if not has_ended(connection):
                return connection
            connection.close()
        return None

    def _open(self) -> Any:
        pooled = self.engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
        return connection


def has_ended(connection: Any) -> bool:
    """Whether an idle connection can no longer be used.

    A server that ended or restarted has left a word of farewell or an end of file in it. Looking costs no round trip.
    """
    if isinstance(connection, sqlite3.Connection):
        return False
    if connection.closed:
        return True
    waiting = select.poll()  # one system call; a selector would open and close a descriptor each time
    waiting.register(connection.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def _is_inside(connection: Any) -> bool:
    if isinstance(connection, sqlite3.Connection):
        return connection.in_transaction
    return connection.pgconn.transaction_status in INSIDE
