"""Counts the requests of a program in each minute, to bound load: in Redis, else in this process alone.

These counts protect no mailbox, so they need not survive a restart, and no request waits for the database because of
them.
"""

import threading
import time
from typing import NamedTuple

import redis
import structlog
from flask import current_app

from signup.ground.broker_url import is_redis
from signup.ground.config import Settings
from signup.limits.limit_rule import MINUTE
from signup.limits.redis_store import STORE_TIMEOUT

EXTENSION = "signup.load_limit"
RETRY_AFTER = 5.0
MAX_KEYS = 10_000

log = structlog.get_logger()


class Share(NamedTuple):
    """What is left to a program in the present minute."""

    left: int
    """Below zero: this request was too many."""
    seconds: int
    """Until the next minute."""


class LoadLimit:
    """Counts by name and minute."""

    def __init__(self, settings: Settings) -> None:
        url = settings.broker_url.get_secret_value()
        timeouts = {"socket_timeout": STORE_TIMEOUT, "socket_connect_timeout": STORE_TIMEOUT}
        self._client = redis.Redis.from_url(url, **timeouts) if is_redis(url) else None
        self._away_until = 0.0
        self._counts: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def take(self, name: str, allowed: int) -> Share:
        """Count one request of `name`, who has `allowed` a minute."""
        now = time.time()
        minute = int(now // MINUTE)
        n = self._in_redis(f"signup:load:{name}:{minute}", now) or self._here(name, minute)
        return Share(allowed - n, int(MINUTE - now % MINUTE) + 1)

    def _in_redis(self, key: str, now: float) -> int | None:
        if self._client is None or now < self._away_until:
            return None
        try:
            with self._client.pipeline(transaction=False) as both:
                both.incr(key)
                both.expire(key, 2 * MINUTE)
                return int(both.execute()[0])
        except redis.RedisError as error:
            log.warning("limits.store_away", error=type(error).__name__)
            self._away_until = now + RETRY_AFTER
            return None

    def _here(self, name: str, minute: int) -> int:
        with self._lock:
            if len(self._counts) > MAX_KEYS:
                self._counts = {key: n for key, n in self._counts.items() if key[1] == minute}
            n = self._counts[name, minute] = self._counts.get((name, minute), 0) + 1
        return n


def load_limit() -> LoadLimit:
    """The current application's."""
    found: LoadLimit = current_app.extensions[EXTENSION]
    return found
