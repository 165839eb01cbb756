"""A day, kept as `2026-01-31`."""

from datetime import date, timedelta
from typing import Any, ClassVar

from sqlalchemy import and_

from signup.fields import value_sql
from signup.fields.kinds.kind import CellWords, FieldKind, Reader
from signup.fields.operator import Asked, Op
from signup.fields.value_sql import Of, Sql
from signup.ground.db import is_postgresql
from signup.ground.dialect import today_text
from signup.ground.i18n import _, pgettext


class Day(FieldKind):
    name = "date"
    label = pgettext("kind", "Date")
    json_types = value_sql.STRING
    operators = (Op.SINCE, Op.BEFORE, Op.IN_LAST, Op.NOT_IN_LAST, Op.FILLED, Op.EMPTY)
    attributes: ClassVar = {"type": "date"}
    typed: ClassVar = {"type": "date"}
    is_autofilled = True

    def read(self, given: Any, options: tuple[str, ...] = ()) -> str | None:  # noqa: ARG002  # it has none
        if given in (None, ""):
            return None
        try:
            return date.fromisoformat(given).isoformat()
        except (TypeError, ValueError):
            raise ValueError(str(_("Enter a date as year-month-day."))) from None

    def reader(self, words: CellWords) -> Reader:
        return lambda cell: words.read_day(cell).date().isoformat()

    def condition(self, key: str, asked: Asked, of: Of) -> Sql:
        if asked.op == Op.FILLED:
            return value_sql.has_type(key, self.json_types, of)
        day = value_sql.text_if(key, self.json_types, of)
        if is_postgresql():
            day = day.collate("C")
        is_day = day.like("____-__-__")
        if asked.op == Op.IN_LAST:
            return and_(is_day, day >= today_text(-timedelta(days=asked.days or 0)), day <= today_text())
        return and_(is_day, day >= asked.value if asked.op == Op.SINCE else day < asked.value)
