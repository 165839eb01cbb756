"""One of several options, kept as its code."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import or_

from signup.checks.country import code_of
from signup.fields import value_sql
from signup.fields.kinds.kind import CellWords, FieldKind, Reader, Widget
from signup.fields.operator import MAX_VALUES, Asked, Op
from signup.fields.value import letters_of
from signup.fields.value_sql import Of, Sql
from signup.ground.db import is_postgresql
from signup.ground.i18n import _, pgettext


class Choice(FieldKind):
    name = "choice"
    label = pgettext("kind", "Single choice")
    json_types = value_sql.STRING
    operators = (Op.ANY_OF, Op.NONE_OF, Op.FILLED, Op.EMPTY)
    widget = Widget.RADIOS
    attributes: ClassVar = {"type": "radio"}
    has_options = True
    has_words = True

    def read(self, given: Any, options: tuple[str, ...]) -> str | None:
        if given in (None, "", []):
            return None
        if not isinstance(given, str) or given not in options:
            raise ValueError(str(_("Choose one of the options.")))
        return given

    def reader(self, words: CellWords) -> Reader:
        find = _country_in if words.is_country else option_in
        return lambda cell: find(words.options, cell)

    def condition(self, key: str, asked: Asked, of: Of) -> Sql:
        if asked.op == Op.FILLED:
            return value_sql.has_type(key, self.json_types, of)
        # Containment is served by an index, and so is its OR; of a whole branch of a catalogue it is a page of SQL.
        if is_postgresql() and len(asked.values) <= MAX_VALUES:
            return or_(*(value_sql.contains({key: value}, of) for value in asked.values))
        return value_sql.text_if(key, self.json_types, of).in_(asked.values)


def option_in(options: Mapping[str, str], cell: str) -> str:
    text = cell.strip()
    for spelling in (text, text.lower(), letters_of(text)):
        if spelling in options:
            return options[spelling]
    raise ValueError(cell)


def _country_in(options: Mapping[str, str], cell: str) -> str:
    """The option for a country by any of its names; one that has none is `other`, where that is on offer."""
    try:
        return option_in(options, cell)
    except ValueError:
        code = code_of(cell)
        return option_in(options, code if not code or code in options else "other")
