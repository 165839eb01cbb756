"""The governor: asks the shared store, and the local one while that is away. It fails closed, not open."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import redis
import structlog
from flask import current_app
from sqlalchemy import bindparam, delete, select

from signup.config import Settings
from signup.db import db, is_postgresql, transaction
from signup.driver import driver_connection
from signup.errors import TooMany
from signup.limits.database_store import DatabaseStore, LimitCounter
from signup.limits.redis_store import RedisStore
from signup.limits.rule import Rule, is_silent
from signup.limits.store import LocalStore, Store

RETRY_STORE_AFTER = 5.0
SWEPT_AT_ONCE = 2_000

log = structlog.get_logger()


class Governor:
    """Counts in Redis when a Redis broker is set, else in the database. `clock` is moved by tests alone."""

    def __init__(self, settings: Settings, clock: Callable[[], float] | None = None) -> None:
        url = settings.broker_url.get_secret_value()
        # Machines disagree about the time; one Redis does not, so its clock counts.
        self._store: Store = RedisStore(url, own_clock=clock is None) if url.startswith("redis") else DatabaseStore()
        self._clock = clock or time.time
        self._local = LocalStore()
        self._away_until = 0.0

    def admit(self, rules: Sequence[Rule]) -> None:
        """Count one attempt under every rule. Raises `TooMany`, and counts nothing, when one is exceeded."""
        if not rules:
            return
        now = self._clock()
        exceeded = None
        if now >= self._away_until:
            try:
                exceeded = self._store.admit(rules, now)
            except redis.RedisError as error:
                log.warning("limits.store_away", error=type(error).__name__)
                self._away_until = now + RETRY_STORE_AFTER
        if now < self._away_until:
            exceeded = self._local.admit(rules, now)
        _refuse(exceeded, now)

    @property
    def shares_turn(self) -> bool:
        """Whether counts are best written together with what is counted: SQLite has one writer at a time."""
        return isinstance(self._store, DatabaseStore) and not is_postgresql()

    @contextmanager
    def counted(self, rules: Sequence[Rule]) -> Iterator[Any]:
        """Count as `admit` does; then a `driver_connection` to store what was let in.

        What cannot be stored may come again: it is not held back for having come twice.
        """
        if self.shares_turn:
            with driver_connection() as connection:
                now = self._clock()
                _refuse(DatabaseStore(connection).admit(rules, now), now)
                yield connection
            return
        self.admit(rules)
        try:
            with driver_connection() as connection:
                yield connection
        except Exception:
            self.take_back([rule for rule in rules if is_silent(rule.name)])
            raise

    def take_back(
        self,
        rules: Sequence[Rule],
        counted_at: float | None = None,
        forget: Sequence[Rule] = (),
        connection: Any = None,
    ) -> None:
        """One less under each of `rules`: the attempt of now, or of `counted_at` (Unix seconds).

        Of the rules to `forget` nothing is left, as if nothing had ever been counted under them. Where it `shares_turn`
        this may be a part of what `connection` writes.
        """
        now = self._clock()
        store = self._store if connection is None else DatabaseStore(connection)
        if rules or forget:
            try:
                store.take_back(rules, counted_at or now, forget, now)
            except Exception as error:  # noqa: BLE001  # a kindness must not hide the error that led to it
                log.warning("limits.store_away", error=type(error).__name__)


def _refuse(exceeded: Rule | None, now: float) -> None:
    if exceeded:
        raise TooMany(exceeded.name, retry_after=int(exceeded.window - now % exceeded.window) + 1)


def governor() -> Governor:
    """The governor of the current application."""
    found: Governor = current_app.extensions["signup.governor"]
    return found


def sweep_counters() -> None:
    """The chore: forget counters of windows that are over. Others get their turn to write after every few."""
    is_over = LimitCounter.ends_at < int(time.time())
    some = select(LimitCounter.key.label("k"), LimitCounter.bucket.label("b")).where(is_over).limit(SWEPT_AT_ONCE)
    one = delete(LimitCounter).where(LimitCounter.key == bindparam("k"), LimitCounter.bucket == bindparam("b"), is_over)
    while over := [row._asdict() for row in db.session.execute(some)]:
        with transaction():
            db.session.connection().execute(one, over)
