"""Counts attempts to sign up under the rules of `limit_rule`, and refuses those that are too many.

While Redis is away, each process counts for itself in `local_store` and refuses earlier, at a quarter of the limits;
what the database counts stays exact. What becomes of mails meanwhile is said in `signup.ground.broker`.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import redis
import structlog
from flask import current_app
from sqlalchemy import bindparam, delete, select

from signup.ground.broker_url import is_redis
from signup.ground.config import Settings
from signup.ground.db import db, transaction
from signup.ground.driver_sql import DriverConnection, driver_connection
from signup.ground.errors import TooMany
from signup.limits.database_store import DatabaseStore, LimitCounter
from signup.limits.limit_rule import Rule
from signup.limits.local_store import LocalStore
from signup.limits.redis_store import RedisStore
from signup.limits.turn import Turn

RETRY_STORE_AFTER = 5.0
SWEPT_AT_ONCE = 2_000

log = structlog.get_logger()


class Store(Protocol):
    """Counts under all rules or none. `now` is in Unix seconds."""

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        """Count one under every rule, or count nothing and return the first rule that is full."""

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        """Count one less under each rule than was counted at that time; reset the rules in `forget`."""


class Governor:
    """Counts sliding rules in Redis where the broker is Redis, and all other rules in the database.

    `clock` is moved by tests alone.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] | None = None) -> None:
        url = settings.broker_url.get_secret_value()
        self._database = DatabaseStore()
        # Machines disagree about the time; one Redis does not, so its clock counts.
        self._store: Store = RedisStore(url, own_clock=clock is None) if is_redis(url) else self._database
        self._clock = clock or time.time
        self._is_sqlite = settings.is_sqlite
        self._local = LocalStore()
        self._away_until = 0.0

    def admit(self, rules: Sequence[Rule], connection: DriverConnection | None = None) -> None:
        """Count one attempt under every rule. When one is full, raises `TooMany` and counts nothing.

        What the database counts may be a part of what a driver's `connection` writes.
        """
        now = self._clock()
        database = self._database if connection is None else DatabaseStore(connection)
        if self._store is self._database:
            if rules and (exceeded := database.admit(rules, now)):
                raise exceeded.refusal(now)
            return
        exact, sliding = _split_rules(rules)
        self._admit_sliding(sliding, now)
        if exact and (exceeded := database.admit(exact, now)):
            self.take_back(sliding)
            raise exceeded.refusal(now)

    def count_down(self, rule: Rule) -> int:
        """Count one under an exact rule where it is not full, and refuse nothing. Returns how many are left."""
        now = self._clock()
        self._database.admit([rule], now)
        return self._database.left(rule, now)

    def _admit_sliding(self, rules: Sequence[Rule], now: float) -> None:
        if not rules:
            return
        exceeded = None
        if now >= self._away_until:
            try:
                exceeded = self._store.admit(rules, now)
            except redis.RedisError as error:
                log.warning("limits.store_away", error=type(error).__name__)
                self._away_until = now + RETRY_STORE_AFTER
        if now < self._away_until:
            exceeded = self._local.admit(rules, now)
        if exceeded:
            raise exceeded.refusal(now)

    @property
    def shares_turn(self) -> bool:
        """Whether limits are best counted in the transaction that stores: SQLite has one writer at a time."""
        return self._store is self._database and self._is_sqlite

    @contextmanager
    def counted(self, rules: Sequence[Rule]) -> Iterator[Turn]:
        """Count as `admit` does, then give a `Turn` in which the sign-up is stored.

        Exact rules are counted in the transaction that stores: who is held back by one has been stored before, whatever
        died meanwhile. Where that transaction counts them itself, raising `TooMany`, nothing stays counted either.
        """
        now = self._clock()
        if self.shares_turn:
            with driver_connection() as connection:
                if exceeded := DatabaseStore(connection).admit(rules, now):
                    raise exceeded.refusal(now)
                yield Turn(connection)
            return
        exact, sliding = _split_rules(rules)
        self.admit(sliding)
        try:
            with driver_connection() as connection:
                turn = Turn(connection, tuple(exact), now)
                if self._is_sqlite:  # none of its statements counts them
                    turn.count()
                    turn = Turn(connection)
                yield turn
        except TooMany:
            self.take_back(sliding)
            raise

    def take_back(
        self,
        rules: Sequence[Rule],
        counted_at: float | None = None,
        forget: Sequence[Rule] = (),
        connection: DriverConnection | None = None,
    ) -> None:
        """Count one less under each of `rules`, for an attempt made now or at `counted_at` (Unix seconds).

        Of the rules to `forget` nothing is left, as if nothing had ever been counted under them. What the database
        counts may be a part of what `connection` writes.
        """
        now = self._clock()
        less, gone = _split_rules(rules), _split_rules(forget)
        own: Store = self._database if connection is None else DatabaseStore(connection)
        shared = self._local if now < self._away_until else self._store
        if self._store is self._database:
            shared = own
        parts = [(own, less[0], gone[0]), (shared, less[1], gone[1])]
        for store, fewer, none in parts:
            if not fewer and not none:
                continue
            try:
                store.take_back(fewer, counted_at or now, none, now)
            except Exception as error:  # noqa: BLE001  # a kindness must not hide the error that led to it
                log.warning("limits.store_away", error=type(error).__name__)


def _split_rules(rules: Sequence[Rule]) -> tuple[list[Rule], list[Rule]]:
    """The exact rules, and the sliding rules."""
    return [rule for rule in rules if rule.pauses], [rule for rule in rules if not rule.pauses]


def governor() -> Governor:
    """The current application's governor."""
    found: Governor = current_app.extensions["signup.governor"]
    return found


def sweep_counters() -> None:
    """The chore that deletes counters of windows that are over. After every few, other writers get their turn."""
    is_over = LimitCounter.ends_at < int(time.time())
    some = select(LimitCounter.key.label("k"), LimitCounter.bucket.label("b")).where(is_over).limit(SWEPT_AT_ONCE)
    one = delete(LimitCounter).where(LimitCounter.key == bindparam("k"), LimitCounter.bucket == bindparam("b"), is_over)
    while over := [row._asdict() for row in db.session.execute(some)]:
        with transaction():
            db.session.connection().execute(one, over)
