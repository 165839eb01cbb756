"""Search by the beginning of a text, on an index of either engine."""

from typing import Any

from sqlalchemy import ColumnElement, and_

from signup.ground.db import is_postgresql

LAST_CHARACTER = "\U0010ffff"


def begins_with(column: Any, text: str) -> ColumnElement[bool]:
    """Prefix search by index: `LIKE` over `text_pattern_ops`, or a range on SQLite, whose LIKE folds case."""
    if is_postgresql():
        return column.startswith(text, autoescape=True)  # type: ignore[no-any-return]
    return and_(column >= text, column < text + LAST_CHARACTER)
