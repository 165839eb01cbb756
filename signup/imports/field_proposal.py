"""What kind of field a column of a file would make, told by its cells."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from signup.fields.catalogue import CatalogueEntry, code_for
from signup.fields.field import as_options
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.day import Day
from signup.fields.kinds.number import Number, number_in
from signup.fields.kinds.text import Text
from signup.fields.kinds.yes_no import NO, YES, YesNo
from signup.fields.value import letters_of
from signup.imports.meaning.status_word import says_nothing
from signup.imports.meaning.time_text import read_time

MOST_OPTIONS = 20
"""More different words than this are no choice."""
TIMES_EACH = 2
"""Words of a choice come more than once, on average."""
FROM_A_FILE = "A column of a file had these texts."


def propose(cells: Sequence[str]) -> dict[str, Any]:
    """Kind, options and reason of a field whose values are these cells, as `field.define` takes them."""
    filled = [cell.strip() for cell in cells if not says_nothing(cell)]
    if filled and all(cell.lower() in YES | NO for cell in filled):
        return {"kind": YesNo.name}
    if filled and all(_is(number_in, cell) for cell in filled):
        return {"kind": Number.name}
    if filled and all(_is(read_time, cell) for cell in filled):
        return {"kind": Day.name}
    words = Counter(letters_of(cell) for cell in filled)
    if 1 < len(words) <= MOST_OPTIONS and len(filled) >= TIMES_EACH * len(words):
        return {"kind": Choice.name, "options": _options(filled)}
    return {"kind": Text.name, "reason": FROM_A_FILE}


def _is(read: Any, cell: str) -> bool:
    try:
        read(cell)
    except (ValueError, OverflowError):
        return False
    return True


def _options(cells: Sequence[str]) -> list[dict[str, str]]:
    by_letters = {letters_of(cell): cell for cell in reversed(cells)}
    entries: dict[str, CatalogueEntry] = {}
    for label in sorted(by_letters.values()):
        code = code_for(label, entries)
        entries[code] = CatalogueEntry(code, label)
    return as_options(entries.values())
