"""Every kind of value, in the order in which the admin offers them."""

from typing import Any, NamedTuple

from signup.fields.kinds.choice import Choice
from signup.fields.kinds.country import Country
from signup.fields.kinds.day import Day
from signup.fields.kinds.drop_down import DropDown
from signup.fields.kinds.kind import FieldKind
from signup.fields.kinds.long_text import LongText
from signup.fields.kinds.multi import Multi
from signup.fields.kinds.nested_choice import Catalogue
from signup.fields.kinds.number import Number
from signup.fields.kinds.phone import Phone
from signup.fields.kinds.text import Text
from signup.fields.kinds.url import Url
from signup.fields.kinds.year import Year
from signup.fields.kinds.yes_no import YesNo

_CHOSEN = (Choice(), DropDown(), Multi(), Catalogue(), YesNo(), Country())
_TYPED = (Number(), Day(), Year(), Phone(), Url(), Text(), LongText())
KINDS: dict[str, FieldKind] = {kind.name: kind for kind in (*_CHOSEN, *_TYPED)}
FIELD_KINDS = {name: kind for name, kind in KINDS.items() if kind.is_of_fields}
QUESTION_TYPES = {name: kind for name, kind in KINDS.items() if not kind.asked_as}
_BY_TYPE: dict[type, str] = {bool: YesNo.name, int: Number.name, float: Number.name, list: Multi.name}
_BY_CHECK = {kind.check: kind for kind in KINDS.values() if kind.check}


def kind_of(value: Any) -> FieldKind:
    """The kind that a stored value is likely of, whatever its field says."""
    return KINDS[next((name for type_, name in _BY_TYPE.items() if isinstance(value, type_)), Text.name)]


def kind_of_json(type_: str) -> FieldKind:
    """The kind that values of a JSON type are likely of; the type as PostgreSQL names it."""
    likely = (KINDS[name] for name in _BY_TYPE.values())
    return next((kind for kind in likely if kind.json_types.postgresql == type_), KINDS[Text.name])


class Shape(NamedTuple):
    """What a value must be like: its kind, and the codes to choose from."""

    kind: str
    options: tuple[str, ...] = ()

    def read(self, given: Any) -> Any:
        """The value as stored, or None for an empty one. Raises `ValueError` with the sentence for who gave it."""
        return KINDS[self.kind].read(given, self.options)


def kind_asked(type_: str, check: str) -> FieldKind:
    """The kind that a form's question means: its type, or the kind that its check tells from others asked alike."""
    told = _BY_CHECK.get(check)
    return told if told and told.asked_as == type_ else KINDS[type_]
