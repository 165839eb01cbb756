"""What was shown so far, in little memory."""

from array import array


class Seen:
    """Which texts were shown so far: 64-bit hashes in an open table, 16 bytes for each of a million."""

    def __init__(self) -> None:
        self._slots = array("q", bytes(8 * 1024))
        self._used = 0

    def add(self, key: str) -> bool:
        """Whether `key` is new; it is known from now on."""
        value = hash(key) or 1
        if not self._put(value):
            return False
        self._used += 1
        if self._used * 2 > len(self._slots):
            self._grow()
        return True

    def _put(self, value: int) -> bool:
        slots = self._slots
        mask = len(slots) - 1
        place = value & mask
        while slots[place]:
            if slots[place] == value:
                return False
            place = (place + 1) & mask
        slots[place] = value
        return True

    def _grow(self) -> None:
        old, self._slots = self._slots, array("q", bytes(16 * len(self._slots)))
        for value in old:
            if value:
                self._put(value)
