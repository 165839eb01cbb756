"""A value that we keep of a contact: what kinds there are, and how one is read. Checked here and nowhere else.

A form's question, an operator's typing and a file's cell all end in `Shape.read`. What belongs to which field is in
`field`; what the checks of telephone numbers, codes and the like advise, in `checks`.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from signup.ground.i18n import _

MAX_TEXT = 500
MAX_LONG_TEXT = 5_000
LONG_TEXT = "long_text"
"""What a form's question for several lines is answered with. No field of the contact database is of this kind."""
MAX_NUMBER = 1e12
MAX_KEY = 40
YEARS = range(1000, 2200)


class ValueKind(StrEnum):
    """What a value is."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YEAR = "year"
    YES_NO = "yes_no"
    CHOICE = "choice"
    MULTI = "multi"
    CATALOGUE = "catalogue"
    """One entry of a list that may be long and nested; kept as the entry's code."""


class Shape(NamedTuple):
    """What a value must be like: its kind, and the codes to choose from."""

    kind: str
    options: tuple[str, ...] = ()

    def read(self, given: Any) -> Any:
        """The value as stored, or None for an empty one. Raises `ValueError` with the sentence for who gave it."""
        return _READERS[self.kind](self, given)


def _read_text(_shape: Shape, given: Any) -> str | None:
    if given is None or given == []:
        return None
    if not isinstance(given, str):
        raise ValueError(str(_("Enter some text.")))  # noqa: TRY004  # a visitor's mistake, not a programmer's
    text = " ".join(given.split())
    if len(text) > MAX_TEXT:
        raise ValueError(str(_("Please shorten this.")))
    _refuse_control_characters(text)
    return text or None


def _read_long_text(_shape: Shape, given: Any) -> str | None:
    if given is None or given == []:
        return None
    if not isinstance(given, str):
        raise ValueError(str(_("Enter some text.")))  # noqa: TRY004  # a visitor's mistake, not a programmer's
    lines = re.split(r"\r\n|[\r\n\u2028\u2029]", given.strip())
    text = "\n".join(line.rstrip() for line in lines)
    if len(text) > MAX_LONG_TEXT:
        raise ValueError(str(_("Use %(n)s characters or fewer.", n=f"{MAX_LONG_TEXT:,}")))
    _refuse_control_characters(text.replace("\n", "").replace("\t", ""))
    return text or None


def _refuse_control_characters(text: str) -> None:
    if any(ord(char) < ord(" ") or char in "\x7f\u2028\u2029" for char in text):
        raise ValueError(str(_("Remove the control characters.")))


def _read_choice(shape: Shape, given: Any) -> str | None:
    if given in (None, "", []):
        return None
    if not isinstance(given, str) or given not in shape.options:
        raise ValueError(str(_("Choose one of the options.")))
    return given


def _read_multi(shape: Shape, given: Any) -> list[str] | None:
    values = [given] if isinstance(given, str) and given else given
    if not values:
        return None
    if not isinstance(values, list) or any(value not in shape.options for value in values):
        raise ValueError(str(_("Choose from the options.")))
    return [value for value in shape.options if value in values]


def _read_yes_no(_shape: Shape, given: Any) -> bool | None:
    if given in (None, ""):
        return None
    answers = {True: True, False: False, "yes": True, "on": True, "true": True, "no": False, "false": False}
    if isinstance(given, list | dict) or given not in answers:
        raise ValueError(str(_("Answer yes or no.")))
    return answers[given]


def _read_date(_shape: Shape, given: Any) -> str | None:
    if given in (None, ""):
        return None
    try:
        return date.fromisoformat(given).isoformat()
    except (TypeError, ValueError):
        raise ValueError(str(_("Enter a date as year-month-day."))) from None


def _read_number(_shape: Shape, given: Any) -> int | float | None:
    if given in (None, ""):
        return None
    try:
        number = float("" if isinstance(given, bool) else given)
    except (TypeError, ValueError):
        raise ValueError(str(_("Enter a number."))) from None
    if not -MAX_NUMBER < number < MAX_NUMBER:  # also refuses nan
        raise ValueError(str(_("Enter a number.")))
    return int(number) if number.is_integer() else number


def _read_year(shape: Shape, given: Any) -> int | None:
    number = _read_number(shape, given)
    return None if number is None else check_year(number)


def check_year(number: float) -> int:
    """A number as a year. Raises `ValueError`."""
    if number not in YEARS:
        raise ValueError(str(_("Enter a four-digit year.")))
    return int(number)


_READERS: dict[str, Callable[[Shape, Any], Any]] = {
    ValueKind.TEXT: _read_text,
    LONG_TEXT: _read_long_text,
    ValueKind.NUMBER: _read_number,
    ValueKind.DATE: _read_date,
    ValueKind.YEAR: _read_year,
    ValueKind.YES_NO: _read_yes_no,
    ValueKind.CHOICE: _read_choice,
    ValueKind.MULTI: _read_multi,
    ValueKind.CATALOGUE: _read_choice,
}


def kind_asked(kind: str, check: str) -> str:
    """The kind that a form's question means: one for a year is asked as a number, and says so by its check."""
    return ValueKind.YEAR if check == "year" else kind


def letters_of(text: str) -> str:
    """`text` without accents, case and signs, for comparing: `Genève ` and `GENEVE.` are both `geneve`."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isalnum())


def key_from(label: str, *, separator: str = "_") -> str:
    """A stable key for a label: `Ton prénom` becomes `ton_prenom`."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", separator, plain).strip(separator)[:MAX_KEY]
