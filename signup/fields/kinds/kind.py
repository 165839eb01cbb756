"""What a kind of value says of itself. A kind is a file here and a line in `all_kinds`; nothing else names it.

A form's question, an operator's typing and a script's answer all end in `read`, a file's cell in what `reader` gives.
What belongs to which field is in `fields.field`; what the checks of telephone numbers and codes advise, in `checks`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

from signup.fields.operator import Asked, Op
from signup.fields.value_sql import JsonTypes, Of, Sql

Reader = Callable[[str], Any]
"""The value of a filled cell; raises `ValueError` for what is none."""


class CellWords(NamedTuple):
    """What words in a file stand for."""

    options: Mapping[str, str]
    """The field's options by their spellings in lower case; nothing, where a word is to be left out."""
    meant: Mapping[str, str]
    """What the operator said that words mean, in lower case."""
    read_day: Callable[[str], datetime]
    is_country: bool = False


class Widget(StrEnum):
    """What a value is typed in or chosen from."""

    LINE = "line"
    AREA = "area"
    BOX = "box"
    RADIOS = "radios"
    BOXES = "boxes"
    SELECT = "select"


class FieldKind(ABC):
    """A kind of value. Its one instance is in `all_kinds.KINDS`."""

    name: ClassVar[str]
    """As it is stored, in rows of fields, in forms and in rules."""
    label: ClassVar[Any]
    """What operators call it: a text of the context `kind`, which visitors never read (`translations/words.py`)."""
    is_of_fields: ClassVar[bool] = True
    """Whether a field of the contact database may be of it; else only forms ask for it."""
    asked_as: ClassVar[str] = ""
    """How a form asks for it, when not by its own name."""
    check: ClassVar[str] = ""
    """The check of a form's question that tells it from what it is asked as."""
    checked_as: ClassVar[str] = ""
    """The check (`checks.check`) that every value of it gets, without being asked for."""
    json_types: ClassVar[JsonTypes]
    """What a value is in the contacts' answers."""
    operators: ClassVar[tuple[Op, ...]] = ()
    """What a rule can ask of a value; of a kind without, all is asked as of another (`compared_as`)."""
    compared_as: ClassVar[str] = ""
    widget: ClassVar[Widget] = Widget.LINE
    attributes: ClassVar[Mapping[str, Any]] = {}
    """Of its input on a form, by their names in HTML."""
    typed: ClassVar[Mapping[str, str]] = {}
    """Of its input where staff and operators type; an input for numbers would forget `3,5`."""
    is_autofilled: ClassVar[bool] = False
    """Whether a browser may know the value."""
    has_options: ClassVar[bool] = False
    """Whether whoever makes a field or a question writes its options."""
    takes_several: ClassVar[bool] = False
    has_words: ClassVar[bool] = False
    """Whether a file must use certain words, which an import can ask about."""

    def choices(self, language: str) -> tuple[tuple[str, str], ...]:  # noqa: ARG002  # most kinds know none
        """The options that the kind itself knows: value and label in a language."""
        return ()

    @abstractmethod
    def read(self, given: Any, options: tuple[str, ...]) -> Any:
        """The value as stored, or None for an empty one. Raises `ValueError` with the sentence for who gave it."""

    @abstractmethod
    def reader(self, words: CellWords) -> Reader:
        """How the value is read from a file: more spellings than a form sends, the same values stored."""

    def check_operand(self, op: Op, value: str) -> None:  # noqa: B027  # most kinds compare with anything
        """Raise `ValueError` when the operator cannot compare with this."""

    @abstractmethod
    def condition(self, key: str, asked: Asked, of: Of) -> Sql:
        """The condition on the value under the key, in the document `of`; the operator is a positive one."""

    def split(self, cell: str) -> list[str]:
        """The words of a cell, each of which must be known."""
        return [cell.strip()]
