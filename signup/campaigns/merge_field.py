"""Personal words in a letter: `{{ first_name | "there" }}` is a field, and what stands where it is not known.

Only exactly this is understood; other braces are text. While a letter is put together, marks of private characters
stand for what is filled in: no program for Markdown or HTML gives them a meaning.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from signup.mailer.letter_template import Piece, Slot

FIELD = re.compile(r'\{\{ *([a-z][a-z0-9_]{0,39}) *(?:\| *["“”«]([^"“”«»{}\n]{0,80})["“”»] *)?\}\}')
ALMOST = re.compile(r"\{\{[^{}\n]{0,80}\}\}")
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_PRIVATE = re.compile("[\ue000\ue001]")


class MergeField(NamedTuple):
    """One use of a field in a text."""

    key: str
    fallback: str | None
    """None: none is given."""
    line: int


def fields_in(text: str) -> list[MergeField]:
    """Every use of a field, in order."""
    return [MergeField(found[1], found[2], text.count("\n", 0, found.start()) + 1) for found in FIELD.finditer(text)]


def with_fallbacks(text: str) -> str:
    """A text as somebody reads it of whom nothing is known."""
    return FIELD.sub(lambda found: (found[2] or "").strip(), text)


def almost_fields(text: str) -> list[str]:
    """What looks as if it were meant to be a field and is none."""
    return [found for found in ALMOST.findall(text) if not FIELD.fullmatch(found)]


def holds_mark(url: str) -> bool:
    """Whether a field stands in an address, where a mark is percent-encoded."""
    return "%EE%80%80" in url or _OPEN in url


class Marks:
    """The slots of one letter, by the marks that stand for them."""

    def __init__(self) -> None:
        self._slots: list[Slot] = []

    def mark(self, slot: Slot) -> str:
        """The mark for a slot."""
        if slot not in self._slots:
            self._slots.append(slot)
        return f"{_OPEN}{self._slots.index(slot)}{_CLOSE}"

    def mark_fields(self, text: str) -> str:
        """A text with marks in place of its fields."""
        clean = _PRIVATE.sub("", text)
        return FIELD.sub(lambda found: self.mark(Slot(found[1], (found[2] or "").strip())), clean)

    def pieces(self, text: str) -> tuple[Piece, ...]:
        """A finished text, parted at its marks."""
        parts = _MARK.split(text)
        found: Iterable[Piece] = (
            self._slots[int(part)] if place % 2 else part for place, part in enumerate(parts) if place % 2 or part
        )
        return tuple(found)
