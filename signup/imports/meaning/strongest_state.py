"""The strongest state that a file names for each address, in little memory: the whole file is read before a row counts,
so that it does not matter which row comes first, nor in which batch.
"""

from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from signup.imports.meaning.status_word import EXITS, STATES, STRENGTH

NEVER_IGNORED = (1 << 32) - 1
"""Stands for an exit whose time nobody knows: no confirmation here is known to be later."""
MAX_LINE = (1 << 28) - 1


class NamedState(NamedTuple):
    """What a file says of an address."""

    state: str
    left_at: datetime | None
    line: int
    """The first line that says it."""


class StrongestStates:
    """64-bit hashes in an open table, each with a number that holds state, time and line: 32 to 64 bytes an address."""

    def __init__(self) -> None:
        self._keys, self._values = array("q", bytes(8 * 1024)), array("q", bytes(8 * 1024))
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def add(self, key: str, state: str, left_at: datetime | None, line: int) -> None:
        """One row names `state` for the address `key`."""
        place = self._place(hash(key) or 1)
        seconds = _seconds(left_at) if state in EXITS else 0
        rank, known, first = STRENGTH[state], 0, min(line, MAX_LINE)
        if self._keys[place]:
            old_rank, known, old_line = _parts(self._values[place])
            rank, first = (rank, first) if rank > old_rank else (old_rank, old_line)
        else:
            self._keys[place] = hash(key) or 1
            self._used += 1
        self._values[place] = rank << 60 | max(seconds, known) << 28 | first
        if self._used * 2 > len(self._keys):
            self._grow()

    def named(self, key: str) -> NamedState | None:
        """The strongest state of an address; None when no row names one but `confirmed`."""
        place = self._place(hash(key) or 1)
        if not self._keys[place]:
            return None
        rank, seconds, line = _parts(self._values[place])
        left_at = None if seconds == NEVER_IGNORED else datetime.fromtimestamp(seconds, UTC)
        return NamedState(STATES[rank], left_at, line)

    def _place(self, value: int) -> int:
        mask = len(self._keys) - 1
        place = value & mask
        while self._keys[place] not in {0, value}:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        entries = list(self._entries())
        self._keys, self._values = array("q", bytes(16 * len(self._keys))), array("q", bytes(16 * len(self._keys)))
        for key, value in entries:
            place = self._place(key)
            self._keys[place], self._values[place] = key, value

    def _entries(self) -> Iterator[tuple[int, int]]:
        return ((key, value) for key, value in zip(self._keys, self._values, strict=True) if key)


def _seconds(left_at: datetime | None) -> int:
    return NEVER_IGNORED if left_at is None else min(max(int(left_at.timestamp()), 0), NEVER_IGNORED - 1)


def _parts(value: int) -> tuple[int, int, int]:
    return value >> 60, value >> 28 & NEVER_IGNORED, value & MAX_LINE
