"""An answer as a file writes it: more spellings than a form sends, the same values stored.

What a form sends is read by `contacts.value`; a test holds the two together.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from signup.contacts.country import code_of
from signup.contacts.value import LONG_TEXT, MAX_NUMBER, MAX_TEXT, Shape, check_year, kind_asked, letters_of

YES = {"yes", "y", "true", "1", "x", "on", "oui", "o", "vrai", "ja", "j", "wahr", "waar", "si", "sì", "vero"}
NO = {"no", "n", "false", "0", "off", "non", "faux", "nein", "falsch", "nee", "onwaar", "falso"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T]+(.+))?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+")

Reader = Callable[[str], Any]
"""The value of a filled cell; raises `ValueError` for what is none."""


def reader_for(field: dict[str, Any]) -> Reader:
    """How values of a field, or answers to a form's question, are read from a cell. `spellings`, where the field has
    them, are texts that stand for one of its options.
    """
    options = {str(one["value"]): str(one["value"]) for one in field["options"]}
    by_letters = {letters_of(str(one["label"])): str(one["value"]) for one in field["options"]}
    options |= {letters: value for letters, value in by_letters.items() if letters}
    options |= {str(one["label"]).lower(): str(one["value"]) for one in field["options"]}
    options |= {str(text).lower(): str(value) for text, value in field.get("spellings", {}).items()}
    is_country = str(field.get("key", "")).endswith("country")
    readers: dict[str, Reader] = {
        "text": read_text,
        LONG_TEXT: Shape(LONG_TEXT).read,
        "choice": lambda cell: (_country if is_country else _option)(options, cell),
        "catalogue": lambda cell: _option(options, cell),
        "multi": lambda cell: _options(options, list(dict.fromkeys(options.values())), cell),
        "yes_no": read_yes_no,
        "date": lambda cell: read_time(cell).date().isoformat(),
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


def read_time(cell: str) -> datetime:
    """ISO 8601, or day first as Europe writes it; without a zone it is UTC.

    A day and a month that could be either way round are read day first, unless the month then is none.
    """
    text = cell.strip().replace(" UTC", "+00:00")
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year, rest = found.groups()
        if int(month) > 12:  # noqa: PLR2004  # months of a year
            day, month = month, day
        text = date(int(year), int(month), int(day)).isoformat() + (f"T{rest}" if rest else "")
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def _country(options: dict[str, str], cell: str) -> str:
    """The option for a country by any of its names; one that has none is `other`, where that is on offer."""
    try:
        return _option(options, cell)
    except ValueError:
        code = code_of(cell)
        return _option(options, code if not code or code in options else "other")


def _option(options: dict[str, str], cell: str) -> str:
    text = cell.strip()
    found = options.get(text) or options.get(text.lower()) or options.get(letters_of(text))
    if found is None:
        raise ValueError
    return found


def _options(options: dict[str, str], order: list[str], cell: str) -> list[str]:
    try:
        chosen = {_option(options, cell)}  # a label may hold a comma of its own
    except ValueError:
        chosen = {_option(options, part) for part in re.split(r"[,;|]", cell) if part.strip()}
    if not chosen:  # nothing but blanks and commas
        raise ValueError(cell)
    return [value for value in order if value in chosen]
