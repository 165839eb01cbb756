"""The state that a row names itself, over all its columns that say something about it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from signup.imports.import_choices import Choices
from signup.imports.meaning.exit_column import FLAG_TARGETS, IS_CONFIRMED, STATUS
from signup.imports.meaning.status_word import (
    CONFIRMED,
    EXITS,
    PENDING,
    exit_in,
    letters,
    says_nothing,
    status_of,
    stem_of,
    strongest,
)

TARGETS = {STATUS, IS_CONFIRMED, *FLAG_TARGETS}


class UnknownWord(Exception):
    """A status that nobody can read."""


class RowStatus:
    """Reads the states of a run's rows. `read_time` reads a time, or raises `ValueError`."""

    def __init__(self, targets: Sequence[str], choices: Choices, read_time: Callable[[str, str], datetime]) -> None:
        self.columns = [(place, target) for place, target in enumerate(targets) if target in TARGETS]
        self._everyone, self._read_time = choices.everyone, read_time
        self._words = {letters(word): state for word, state in choices.words.get(STATUS, {}).items()}

    @property
    def is_silent(self) -> bool:
        """Whether no row of the file says anything."""
        return not self.columns and not self._everyone

    def of(self, cells: Sequence[str]) -> tuple[str, datetime | None]:
        """The strongest state that the cells name, empty for none; and when the person left, as the latest time among
        them says. Raises `UnknownWord`, unless another cell says that they left.
        """
        states, exits, is_unknown = [self._everyone], [], False
        for place, target in self.columns:
            cell = cells[place] if place < len(cells) else ""
            if says_nothing(cell):
                continue
            if target in FLAG_TARGETS:
                states.append(exit_in(cell, target))
                exits += [cell] if states[-1] in EXITS else []
            else:
                state = self.word(cell)
                is_unknown |= not state
                states.append(PENDING if target == IS_CONFIRMED and state != CONFIRMED else state)
        said = strongest(*states)
        if is_unknown and said not in EXITS:
            raise UnknownWord
        return said, (self._latest(exits) if said in EXITS else None)

    def anywhere(self, cells: Sequence[str]) -> tuple[str, datetime | None]:
        """As `of`, of a row whose cells do not stand where the heading says: an exit in any cell counts."""
        try:
            said, left_at = self.of(cells)
        except UnknownWord:
            said, left_at = "", None
        elsewhere = strongest(said, *(stem_of(letters(cell)) for cell in cells))
        return (elsewhere, None) if elsewhere != said else (said, left_at)

    def word(self, cell: str) -> str:
        """The state that a word of a status column means; empty for one that nobody knows."""
        return self._words.get(letters(cell)) or status_of(cell)

    def _latest(self, cells: Sequence[str]) -> datetime | None:
        found = []
        for cell in cells:
            try:
                found.append(self._read_time(cell, ""))
            except (ValueError, OverflowError):
                continue  # a yes, or a reason
        return max(found, default=None)
