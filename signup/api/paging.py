"""Reads a table page by page, along its primary key: a page costs the same wherever it is, and no row is told twice."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select

from signup.api.problem import refuse
from signup.api.shapes import PageQuery
from signup.ground.db import Base, db

Row = TypeVar("Row", bound=Base)
LARGEST = 1 << 62


def page_of(table: type[Row], query: PageQuery, *where: ColumnElement[bool]) -> tuple[list[Row], str | None]:
    """The rows of a page, the oldest first, and the cursor of the next one."""
    key: Any = table.id  # type: ignore[attr-defined]  # every table that is paged has one
    asked = select(table).where(key > read_cursor(query.cursor), *where).order_by(key).limit(query.limit + 1)
    rows = list(db.session.scalars(asked))
    more = len(rows) > query.limit
    rows = rows[: query.limit]
    return rows, write_cursor(rows[-1].id) if more else None  # type: ignore[attr-defined]


def write_cursor(place: int) -> str:
    """A place as a client gives it back."""
    return urlsafe_b64encode(f"p{place}".encode()).rstrip(b"=").decode()


def read_cursor(cursor: str) -> int:
    """The place that `write_cursor` wrote; 0 for none. Ends the request with 422 for one that is not ours."""
    if not cursor:
        return 0
    try:
        text = urlsafe_b64decode(cursor.encode() + b"==").decode()
        place = int(text[1:])
    except ValueError:
        place, text = -1, ""
    if not text.startswith("p") or not 0 <= place < LARGEST or write_cursor(place) != cursor:
        refuse({"query.cursor": "This is no cursor of ours."})
    return place
