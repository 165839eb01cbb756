"""In what order contacts are listed: only by what an index carries, so that any page of a million is quick."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, literal, select, tuple_

from signup.consent.subscription import Subscription
from signup.contacts.contact import SHOWN_NAME, Contact
from signup.ground.db import db


class ContactOrder(StrEnum):
    """An order, by its name in the page's address."""

    NEWEST = ""
    OLDEST = "oldest"
    NAME = "name"
    NAME_DOWN = "name-down"
    STATUS = "status"
    STATUS_DOWN = "status-down"

    @property
    def descends(self) -> bool:
        return self in {ContactOrder.NEWEST, ContactOrder.NAME_DOWN, ContactOrder.STATUS_DOWN}

    @property
    def column(self) -> str:
        """The column of the page that it follows."""
        return {"": "signed-up", "oldest": "signed-up"}.get(self, self.removesuffix("-down"))


def sortable_columns(list_id: int | None, *, knows_all: bool) -> frozenset[str]:
    """The columns by which a reader may sort contacts, or those of one list.

    Of several lists a reader may not know all, so when a contact came, or how another list calls it, must not show in
    an order: for them contacts come as they were stored.
    """
    if knows_all:
        return frozenset({"name", "status", "signed-up"})
    return frozenset() if list_id is None else frozenset({"status", "signed-up"})


def sort_columns(order: ContactOrder, list_id: int | None, *, knows_all: bool) -> tuple[Any, ...]:
    """What the rows are sorted by; the last is the key of a row, which no two share."""
    if order.column not in sortable_columns(list_id, knows_all=knows_all):
        return (Contact.id,) if list_id is None else (Subscription.created_at, Subscription.id)
    if order.column == "name":
        return SHOWN_NAME, Contact.id
    if order.column == "status":
        return (Contact.standing, Contact.id) if list_id is None else (Subscription.state, Subscription.id)
    of: Any = Contact if list_id is None else Subscription
    return of.created_at, of.id


def position_of(sort: tuple[Any, ...], key: int) -> tuple[Any, ...] | None:
    """The values of the row that a cursor names: the address holds its number alone, as a name must not be there.

    None when it has gone: then the first page is shown.
    """
    found = db.session.execute(select(*sort).where(sort[-1] == key)).first()
    return tuple(found) if found else None


def is_beyond(sort: tuple[Any, ...], position: tuple[Any, ...], *, descends: bool) -> ColumnElement[bool]:
    """Whether a row comes after a position."""
    values = tuple_(*(literal(value, column.type) for column, value in zip(sort, position, strict=True)))
    return tuple_(*sort) < values if descends else tuple_(*sort) > values


def ordered(sort: tuple[Any, ...], *, descends: bool) -> list[Any]:
    """The same for ORDER BY."""
    return [column.desc() if descends else column.asc() for column in sort]
