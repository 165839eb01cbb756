"""One question of a form: its type, and how an answer is read. Answers are checked here and nowhere else."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from signup.i18n import _

MAX_TEXT = 500
MAX_NUMBER = 1e12
RESERVED = {
    "email",
    "consent",
    "page",
    "referrer",
    "token",
    "signup",
    "code",
    "leave_empty",
    "fields",
    "src",
    "lang",
    "partners",
    "proof",
}

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class FieldType(StrEnum):
    """What an answer is."""

    TEXT = "text"
    CHOICE = "choice"
    MULTI = "multi"
    YES_NO = "yes_no"
    DATE = "date"
    NUMBER = "number"


class Option(BaseModel):
    """One choice: a stable value and the words shown for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    value: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,40}$")]
    label: Line


class FormField(BaseModel):
    """One question beside the e-mail address."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    type: FieldType
    label: Line
    help: Line = ""
    required: bool = False
    is_later: bool = False
    options: tuple[Option, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> "FormField":
        if self.key in RESERVED:
            raise ValueError(f"the key {self.key!r} is taken")
        if (self.type in {FieldType.CHOICE, FieldType.MULTI}) != bool(self.options):
            raise ValueError("choices, and only they, need options")
        if len({option.value for option in self.options}) < len(self.options):
            raise ValueError("two options have the same value")
        return self

    def read(self, given: Any) -> Any:
        """The answer as stored, or None for an empty one. Raises `ValueError` with the message for the visitor."""
        return _READERS[self.type](self, given)


def _read_text(_field: FormField, given: Any) -> str | None:
    if given is None or given == []:
        return None
    if not isinstance(given, str):
        raise ValueError(str(_("Please write a text.")))  # noqa: TRY004  # a visitor's mistake, not a programmer's
    text = " ".join(given.split())
    if len(text) > MAX_TEXT:
        raise ValueError(str(_("Please keep this shorter.")))
    if any(ord(char) < ord(" ") or char in "\x7f\u2028\u2029" for char in text):
        raise ValueError(str(_("Please leave out control characters.")))
    return text or None


def _read_choice(field: FormField, given: Any) -> str | None:
    if given in (None, "", []):
        return None
    if not isinstance(given, str) or given not in {option.value for option in field.options}:
        raise ValueError(str(_("Please choose one of the options.")))
    return given


def _read_multi(field: FormField, given: Any) -> list[str] | None:
    values = [given] if isinstance(given, str) and given else given
    if not values:
        return None
    known = [option.value for option in field.options]
    if not isinstance(values, list) or any(value not in known for value in values):
        raise ValueError(str(_("Please choose among the options.")))
    return [value for value in known if value in values]


def _read_yes_no(_field: FormField, given: Any) -> bool | None:
    if given in (None, ""):
        return None
    answers = {True: True, False: False, "yes": True, "on": True, "true": True, "no": False, "false": False}
    if isinstance(given, list | dict) or given not in answers:
        raise ValueError(str(_("Please answer yes or no.")))
    return answers[given]


def _read_date(_field: FormField, given: Any) -> str | None:
    if given in (None, ""):
        return None
    try:
        return date.fromisoformat(given).isoformat()
    except (TypeError, ValueError):
        raise ValueError(str(_("Please give a date as year-month-day."))) from None


def _read_number(_field: FormField, given: Any) -> int | float | None:
    if given in (None, ""):
        return None
    try:
        number = float("" if isinstance(given, bool) else given)
    except (TypeError, ValueError):
        raise ValueError(str(_("Please give a number."))) from None
    if not -MAX_NUMBER < number < MAX_NUMBER:  # also refuses nan
        raise ValueError(str(_("Please give a number.")))
    return int(number) if number.is_integer() else number


_READERS = {
    FieldType.TEXT: _read_text,
    FieldType.CHOICE: _read_choice,
    FieldType.MULTI: _read_multi,
    FieldType.YES_NO: _read_yes_no,
    FieldType.DATE: _read_date,
    FieldType.NUMBER: _read_number,
}
