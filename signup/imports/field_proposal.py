"""What kind of field a column of a file would make, told by its cells."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from signup.fields.catalogue import CatalogueEntry, code_for
from signup.fields.field import as_options
from signup.fields.value import ValueKind, letters_of
from signup.imports.file_answer import NO, YES, read_number
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
        return {"kind": ValueKind.YES_NO}
    if filled and all(_is(read_number, cell) for cell in filled):
        return {"kind": ValueKind.NUMBER}
    if filled and all(_is(read_time, cell) for cell in filled):
        return {"kind": ValueKind.DATE}
    words = Counter(letters_of(cell) for cell in filled)
    if 1 < len(words) <= MOST_OPTIONS and len(filled) >= TIMES_EACH * len(words):
        return {"kind": ValueKind.CHOICE, "options": _options(filled)}
    return {"kind": ValueKind.TEXT, "reason": FROM_A_FILE}


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
