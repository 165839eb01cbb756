"""Counts the requests of a program in each minute, in the memory of this process, to bound load.

These counts protect no mailbox: they need not survive a restart or be shared, and no request waits for them. What they
bound is what one process does.
"""

import threading
import time
from typing import NamedTuple

from flask import current_app

from signup.limits.limit_rule import MINUTE

EXTENSION = "signup.load_limit"
MAX_NAMES = 10_000


class Share(NamedTuple):
    """What is left to a program in the present minute."""

    left: int
    """Below zero: this request was too many."""
    seconds: int
    """Until the next minute."""


class LoadLimit:
    """Counts by name and minute."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def take(self, name: str, allowed: int) -> Share:
        """Count one request of `name`, who has `allowed` a minute."""
        now = time.time()
        minute = int(now // MINUTE)
        with self._lock:
            if len(self._counts) > MAX_NAMES:
                self._counts = {key: n for key, n in self._counts.items() if key[1] == minute}
            n = self._counts[name, minute] = self._counts.get((name, minute), 0) + 1
        return Share(allowed - n, int(MINUTE - now % MINUTE) + 1)


def load_limit() -> LoadLimit:
    """The current application's."""
    found: LoadLimit = current_app.extensions[EXTENSION]
    return found
