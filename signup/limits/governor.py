"""The governor: asks the shared store, and the local one while that is away. It fails closed, not open."""

import time
from collections.abc import Callable, Sequence

import redis
import structlog
from flask import current_app
from sqlalchemy import delete

from signup.config import Settings
from signup.db import db, transaction
from signup.errors import TooMany
from signup.limits.rule import Rule
from signup.limits.store import DatabaseStore, LimitCounter, LocalStore, RedisStore, Store

RETRY_STORE_AFTER = 5.0

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
        if exceeded:
            raise TooMany(exceeded.name, retry_after=int(exceeded.window - now % exceeded.window) + 1)

    def take_back(self, rules: Sequence[Rule], counted_at: float | None = None, forget: Sequence[Rule] = ()) -> None:
        """One less under each of `rules`: the attempt of now, or of `counted_at` (Unix seconds).

        Of the rules to `forget` nothing is left, as if nothing had ever been counted under them.
        """
        now = self._clock()
        if rules or forget:
            self._kindly(lambda: self._store.take_back(rules, counted_at or now, forget, now))

    def _kindly(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001  # a kindness must not hide the error that led to it
            log.warning("limits.store_away", error=type(error).__name__)


def governor() -> Governor:
    """The governor of the current application."""
    found: Governor = current_app.extensions["signup.governor"]
    return found


def sweep_counters() -> None:
    """The chore: forget counters of windows that are over."""
    with transaction():
        db.session.execute(delete(LimitCounter).where(LimitCounter.ends_at < int(time.time())))
