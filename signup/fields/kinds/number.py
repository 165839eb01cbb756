"""A number."""

import re
from typing import Any, ClassVar

from sqlalchemy import Boolean, Float, Text, and_, cast, literal

from signup.fields import value_sql
from signup.fields.kinds.kind import CellWords, FieldKind, Reader
from signup.fields.operator import WITH_VALUE, Asked, Op
from signup.fields.value_sql import Of, Sql
from signup.ground.db import is_postgresql
from signup.ground.dialect import Json
from signup.ground.i18n import _, pgettext

MAX_NUMBER = 1e12
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+")


class Number(FieldKind):
    name = "number"
    label = pgettext("kind", "Number")
    json_types = value_sql.NUMBER
    operators = (Op.IS, Op.IS_NOT, Op.AT_LEAST, Op.AT_MOST, Op.FILLED, Op.EMPTY)
    attributes: ClassVar = {"type": "number", "step": "any", "inputmode": "decimal"}
    typed: ClassVar = {"inputmode": "decimal"}

    def read(self, given: Any, options: tuple[str, ...] = ()) -> int | float | None:  # noqa: ARG002  # it has none
        if given in (None, ""):
            return None
        try:
            number = float("" if isinstance(given, bool) else given)
        except (TypeError, ValueError):
            raise ValueError(str(_("Enter a number."))) from None
        if not -MAX_NUMBER < number < MAX_NUMBER:  # also refuses nan
            raise ValueError(str(_("Enter a number.")))
        return int(number) if number.is_integer() else number

    def reader(self, words: CellWords) -> Reader:  # noqa: ARG002  # digits are no words
        return number_in

    def check_operand(self, op: Op, value: str) -> None:
        if op in WITH_VALUE and not -MAX_NUMBER <= float(value) <= MAX_NUMBER:
            raise ValueError("say which number")

    def condition(self, key: str, asked: Asked, of: Of) -> Sql:
        if asked.op == Op.FILLED:
            return value_sql.has_type(key, self.json_types, of)
        wanted = float(asked.value)
        if is_postgresql():
            if asked.op == Op.IS:
                return value_sql.contains({key: wanted}, of)
            # As JSON they are compared in a third of the time of a cast; what is no number stands before or behind.
            sign = ">=" if asked.op == Op.AT_LEAST else "<="
            answer = of.op("->")(literal(key, Text()))
            reaches = answer.op(sign, is_comparison=True, return_type=Boolean())(literal(wanted, Json()))
            return and_(reaches, value_sql.has_type(key, self.json_types, of))
        number, bound = cast(value_sql.text_if(key, self.json_types, of), Float(53)), literal(wanted, Float(53))
        if asked.op == Op.IS:
            return number == bound
        return number >= bound if asked.op == Op.AT_LEAST else number <= bound


def number_in(cell: str) -> int | float:
    """`1234.5`, `1234,5`, `1 234`, `1'234`; a comma or point before three digits alone is not guessed at: refused."""
    text = cell.strip()
    if _GROUPED.match(text):
        text = re.sub(r"(?<=\d)[ \u00a0\u202f'’](?=\d{3})", "", text)
    number = float(text.replace(",", ".", 1) if "." not in text else text)
    if not -MAX_NUMBER < number < MAX_NUMBER:
        raise ValueError
    return int(number) if number.is_integer() else number
