"""Any of several options, kept as the list of their codes in the field's order."""

import re
from typing import Any, ClassVar

from sqlalchemy import Text, and_, case, column, func, literal, or_, select

from signup.fields import value_sql
from signup.fields.kinds.choice import option_in
from signup.fields.kinds.kind import CellWords, FieldKind, Reader, Widget
from signup.fields.operator import Asked, Op
from signup.fields.value_sql import Of, Sql
from signup.ground.db import is_postgresql
from signup.ground.i18n import _, pgettext


class Multi(FieldKind):
    name = "multi"
    label = pgettext("kind", "Multiple choice")
    json_types = value_sql.ARRAY
    operators = (Op.ANY_OF, Op.ALL_OF, Op.NONE_OF, Op.FILLED, Op.EMPTY)
    widget = Widget.BOXES
    attributes: ClassVar = {"type": "checkbox"}
    takes_several = True
    has_options = True
    has_words = True

    def read(self, given: Any, options: tuple[str, ...]) -> list[str] | None:
        values = [given] if isinstance(given, str) and given else given
        if not values:
            return None
        if not isinstance(values, list) or any(value not in options for value in values):
            raise ValueError(str(_("Choose from the options.")))
        return [value for value in options if value in values]

    def reader(self, words: CellWords) -> Reader:
        order = list(dict.fromkeys(words.options.values()))

        def read(cell: str) -> list[str]:
            try:
                chosen = {option_in(words.options, cell)}  # a label may hold a comma of its own
            except ValueError:
                chosen = {option_in(words.options, part) for part in self.split(cell)}
            if not chosen:  # nothing but blanks and commas
                raise ValueError(cell)
            return [value for value in order if value and value in chosen]

        return read

    def condition(self, key: str, asked: Asked, of: Of) -> Sql:
        if asked.op == Op.FILLED:
            return and_(value_sql.has_type(key, self.json_types, of), self._length(key, of) > 0)
        parts = [self._includes(key, value, of) for value in asked.values]
        return and_(*parts) if asked.op == Op.ALL_OF else or_(*parts)

    def _length(self, key: str, of: Of) -> Sql:
        if is_postgresql():
            answer = of.op("->")(literal(key, Text()))
            # The order in which AND is worked out is nobody's promise, and the length of no array is an error.
            return case((value_sql.has_type(key, self.json_types, of), func.jsonb_array_length(answer)))
        return func.json_array_length(of, value_sql.path_of(key))

    def _includes(self, key: str, value: str, of: Of) -> Sql:
        if is_postgresql():
            return value_sql.contains({key: [value]}, of)
        entry = func.json_each(of, value_sql.path_of(key)).table_valued(column("value"), column("type"), name="entry")
        chosen = select(literal(1)).select_from(entry).where(entry.c.type == "text", entry.c.value == value)
        return and_(value_sql.has_type(key, self.json_types, of), chosen.correlate_except(entry).exists())

    def split(self, cell: str) -> list[str]:
        return [part.strip() for part in re.split(r"[,;|]", cell) if part.strip()]
