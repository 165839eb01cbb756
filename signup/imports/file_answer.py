"""An answer as a file writes it: more spellings than a form sends, the same values stored.

What a form sends is read by `fields.value`; a test holds the two together.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from signup.checks.country import code_of
from signup.fields.value import LONG_TEXT, MAX_NUMBER, MAX_TEXT, Shape, check_year, kind_asked, letters_of
from signup.imports.meaning.time_text import read_time

YES = {"yes", "y", "true", "1", "x", "on", "oui", "o", "vrai", "ja", "j", "wahr", "waar", "si", "sì", "vero"}
NO = {"no", "n", "false", "0", "off", "non", "faux", "nein", "falsch", "nee", "onwaar", "falso"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+")

Reader = Callable[[str], Any]
"""The value of a filled cell; raises `ValueError` for what is none."""


NOTHING: tuple[Any, ...] = ("", [])
"""What a cell reads as whose words are all left out."""


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
    readers: dict[str, Reader] = {
        "text": read_text,
        LONG_TEXT: Shape(LONG_TEXT).read,
        "choice": lambda cell: (_country if is_country else _option)(options, cell),
        "catalogue": lambda cell: _option(options, cell),
        "multi": lambda cell: _options(options, list(dict.fromkeys(options.values())), cell),
        "yes_no": lambda cell: _yes_no(meant or {}, cell),
        "date": lambda cell: read_day(cell).date().isoformat(),
        "number": read_number,
        "year": lambda cell: check_year(read_number(cell)),
    }
    return readers[kind_asked(field["type"], field.get("check", ""))]


def read_text(cell: str) -> str:
    text = " ".join(cell.split())
    if len(text) > MAX_TEXT or _CONTROL.search(text):
        raise ValueError
    return text


def read_yes_no(cell: str) -> bool:
    word = cell.strip().lower()
    if word not in YES | NO:
        raise ValueError
    return word in YES


def read_number(cell: str) -> int | float:
    """`1234.5`, `1234,5`, `1 234`, `1'234`; a comma or point before three digits alone is not guessed at: refused."""
    text = cell.strip()
    if _GROUPED.match(text):
        text = re.sub(r"(?<=\d)[ \u00a0\u202f'’](?=\d{3})", "", text)
    number = float(text.replace(",", ".", 1) if "." not in text else text)
    if not -MAX_NUMBER < number < MAX_NUMBER:
        raise ValueError
    return int(number) if number.is_integer() else number


def _yes_no(meant: Mapping[str, str], cell: str) -> bool | str:
    word = meant.get(cell.strip().lower(), cell)
    return read_yes_no(word) if word else word


def _country(options: Mapping[str, str], cell: str) -> str:
    """The option for a country by any of its names; one that has none is `other`, where that is on offer."""
    try:
        return _option(options, cell)
    except ValueError:
        code = code_of(cell)
        return _option(options, code if not code or code in options else "other")


def _option(options: Mapping[str, str], cell: str) -> str:
    text = cell.strip()
    for spelling in (text, text.lower(), letters_of(text)):
        if spelling in options:
            return options[spelling]
    raise ValueError(cell)


def _options(options: dict[str, str], order: list[str], cell: str) -> list[str]:
    try:
        chosen = {_option(options, cell)}  # a label may hold a comma of its own
    except ValueError:
        chosen = {_option(options, part) for part in parts_of(cell)}
    if not chosen:  # nothing but blanks and commas
        raise ValueError(cell)
    return [value for value in order if value and value in chosen]


def parts_of(cell: str) -> list[str]:
    """The words of a cell that holds several choices."""
    return [part.strip() for part in re.split(r"[,;|]", cell) if part.strip()]


def unknown_in(field: dict[str, Any], read: Reader, cell: str) -> list[str]:
    """The words of a cell that are none of the field's options; none for a field without options."""
    kind = kind_asked(field["type"], field.get("check", ""))
    if kind not in {"choice", "catalogue", "multi", "yes_no"} or _is_read(read, cell):
        return []
    words = parts_of(cell) if kind == "multi" else [cell.strip()]
    return [word for word in words if not _is_read(read, word)]


def _is_read(read: Reader, cell: str) -> bool:
    try:
        read(cell)
    except (ValueError, OverflowError):
        return False
    return True
