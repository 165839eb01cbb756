"""Conditions on a text in SQL, without regard to case."""

from typing import Any

from sqlalchemy import ColumnElement, and_

from signup.fields.operator import Asked, Op
from signup.ground.dialect import fold, folded

Sql = ColumnElement[bool]


def meets(value: Any, asked: Asked) -> Sql:
    """A condition on a text of any case; an empty one is none."""
    if asked.op == Op.FILLED:
        return and_(value.is_not(None), value != "")
    wanted = folded(asked.value)
    return fold(value) == wanted if asked.op == Op.IS else like(fold(value), asked.op, wanted)


def like(value: Any, op: Op, wanted: str) -> Sql:
    """Contains, begins or ends, on a text whose case is settled; or that it is not empty."""
    if op == Op.FILLED:
        return value != ""  # type: ignore[no-any-return]
    if op == Op.CONTAINS:
        return value.contains(wanted, autoescape=True)  # type: ignore[no-any-return]
    found: Sql = (value.startswith if op == Op.BEGINS else value.endswith)(wanted, autoescape=True)
    return found
