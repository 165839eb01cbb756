"""An answer as a file writes it: what its words stand for. How each kind is spelt is in `fields.kinds`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from signup.fields.kinds.all_kinds import kind_asked
from signup.fields.kinds.kind import CellWords, FieldKind, Reader
from signup.fields.value import letters_of
from signup.imports.meaning.time_text import read_time

NOTHING: tuple[Any, ...] = ("", [])
"""What a cell reads as whose words are all left out."""


def kind_of(field: Mapping[str, Any]) -> FieldKind:
    """The kind of a field, or of the answers to a form's question."""
    return kind_asked(field["type"], field.get("check", ""))


def reader_for(
    field: dict[str, Any], meant: Mapping[str, str] | None = None, read_day: Callable[[str], datetime] = read_time
) -> Reader:
    """How values of a field, or answers to a form's question, are read from a cell. `spellings`, where the field has
    them, are texts that stand for one of its options; so are the words of `meant`, in lower case: an option's value, or
    nothing where the word is left out.
    """
    options = {str(one["value"]): str(one["value"]) for one in field["options"]}
    by_letters = {letters_of(str(one["label"])): str(one["value"]) for one in field["options"]}
    options |= {letters: value for letters, value in by_letters.items() if letters}
    options |= {str(one["label"]).lower(): str(one["value"]) for one in field["options"]}
    options |= {str(text).lower(): str(value) for text, value in field.get("spellings", {}).items()}
    is_country = str(field.get("key", "")).endswith("country")
    known = {*options.values(), ""}
    options |= {word: value for word, value in (meant or {}).items() if value in known}
    return kind_of(field).reader(CellWords(options, meant or {}, read_day, is_country))


def unknown_in(field: dict[str, Any], read: Reader, cell: str) -> list[str]:
    """The words of a cell that are none of the field's options; none for a field that takes any words."""
    kind = kind_of(field)
    if not kind.has_words or _is_read(read, cell):
        return []
    return [word for word in kind.split(cell) if not _is_read(read, word)]


def _is_read(read: Reader, cell: str) -> bool:
    try:
        read(cell)
    except (ValueError, OverflowError):
        return False
    return True
