"""Values taken out of the contacts: kept apart in a table, so that they can come back, and go with their person.

A batch is one transaction: values are in one place or in the other, whenever a process dies. The way of a field:
active → hidden → archived → dropped; only the last step has no way back.
"""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, delete, func, insert, literal, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts.contact import Contact, next_bound
from signup.fields import value_sql
from signup.fields.field import Field, FieldState, fields
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import Json, now
from signup.ground.jobs import stopping

BATCH = 5_000
AT_ONCE = 2.0
"""Seconds for which the operator waits; the chore does what is left."""
Find = Callable[[int, str, int], tuple[int | None, list[int]]]
Step = Callable[[int, str, list[int]], None]


class ArchivedValue(Base):
    """A value of a contact that was taken out. A contact that is deleted takes it along."""

    __tablename__ = "archived_value"
    field_id: Mapped[int] = mapped_column(ForeignKey("field.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, index=True, autoincrement=False
    )
    value: Mapped[Any] = mapped_column(Json())
    at: Mapped[datetime] = mapped_column(server_default=now())


def take_out(field: Field, seconds: float | None = None) -> bool:
    """Take the values of an archived field out of the contacts; True once none is left, False when the time is up.

    Opens its own transactions.
    """
    return _each(field, FieldState.ARCHIVED, _full, _take_out, seconds)


def put_back(field: Field, seconds: float | None = None) -> bool:
    """Put archived values back into the contacts, as `take_out`; who has a newer value by then keeps it."""
    return _each(field, FieldState.HIDDEN, _kept, _put_back, seconds)


def _each(field: Field, state: FieldState, find: Find, step: Step, seconds: float | None) -> bool:
    field_id, key, after = field.id, field.key, 0
    ends = time.monotonic() + (seconds or 0.0)
    while not stopping().is_set():
        with transaction():
            # Whoever brings the field back meanwhile ends this: the lock makes one of us wait for the other.
            held = select(Field.id).where(Field.id == field_id, Field.state == state).with_for_update(read=True)
            if db.session.scalar(held) is None:
                return False
            bound, ids = find(field_id, key, after)
            if ids:
                step(field_id, key, ids)
        if bound is None:
            return True
        after = bound
        if seconds is not None and time.monotonic() >= ends:
            return False
    return False


def _full(_field_id: int, key: str, after: int) -> tuple[int | None, list[int]]:
    """The next contacts that hold a value, locked, and how far that is; None at the end."""
    if (bound := next_bound(after, BATCH)) is None:
        return None, []
    query = select(Contact.id).where(Contact.id > after, Contact.id <= bound, value_sql.has(key))
    return bound, list(db.session.scalars(query.order_by(Contact.id).with_for_update()))


def _kept(field_id: int, _key: str, after: int) -> tuple[int | None, list[int]]:
    query = select(ArchivedValue.contact_id).where(ArchivedValue.field_id == field_id, ArchivedValue.contact_id > after)
    ids = list(db.session.scalars(query.order_by(ArchivedValue.contact_id).limit(BATCH)))
    db.session.execute(select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update())
    return (ids[-1] if len(ids) == BATCH else None), ids


def _take_out(field_id: int, key: str, ids: list[int]) -> None:
    here = Contact.id.in_(ids)
    # Of two values of one person the later one counts: it was given after the first had gone.
    old = delete(ArchivedValue).where(ArchivedValue.field_id == field_id, ArchivedValue.contact_id.in_(ids))
    db.session.execute(old, execution_options={"synchronize_session": False})
    taken = select(literal(field_id), Contact.id, value_sql.value_of(key)).where(here)
    db.session.execute(insert(ArchivedValue).from_select(["field_id", "contact_id", "value"], taken))
    db.session.execute(
        update(Contact).where(here).values(answers=value_sql.without(key)),
        execution_options={"synchronize_session": False},
    )


def _put_back(field_id: int, key: str, ids: list[int]) -> None:
    mine = (ArchivedValue.field_id == field_id, ArchivedValue.contact_id == Contact.id)
    value = select(ArchivedValue.value).where(*mine).correlate(Contact).scalar_subquery()
    quick = {"synchronize_session": False}
    filled = update(Contact).where(Contact.id.in_(ids)).values(answers=value_sql.with_value(key, value))
    db.session.execute(filled, execution_options=quick)
    gone = delete(ArchivedValue).where(ArchivedValue.field_id == field_id, ArchivedValue.contact_id.in_(ids))
    db.session.execute(gone, execution_options=quick)


def continue_archiving() -> None:
    """The chore: finish what was begun, and archive what a late answer brought back."""
    for field in fields(FieldState.ARCHIVED):
        take_out(field)
    for field in fields(FieldState.HIDDEN):
        if has_archived(field.id):
            put_back(field)


def has_archived(field_id: int) -> bool:
    """Whether archived values of the field are there."""
    query = select(ArchivedValue.field_id).where(ArchivedValue.field_id == field_id).limit(1)
    return db.session.scalar(query) is not None


def count_archived(field_id: int) -> int:
    """How many values of the field are archived."""
    query = select(func.count()).select_from(ArchivedValue).where(ArchivedValue.field_id == field_id)
    return db.session.scalar(query) or 0


def is_still_held(key: str) -> bool:
    """Whether a contact still holds a value under the key."""
    return db.session.scalar(select(Contact.id).where(value_sql.has(key)).limit(1)) is not None


def rows(field_id: int) -> Iterator[tuple[str, str, Any]]:
    """Uid, address and value of everybody in the archive, a batch at a time."""
    after = 0
    while True:
        query = select(Contact.id, Contact.uid, Contact.address, ArchivedValue.value)
        query = query.join(ArchivedValue, ArchivedValue.contact_id == Contact.id)
        query = query.where(ArchivedValue.field_id == field_id, Contact.id > after).order_by(Contact.id).limit(BATCH)
        found = db.session.execute(query).all()
        yield from ((str(uid), address, value) for _id, uid, address, value in found)
        if len(found) < BATCH:
            return
        after = found[-1][0]


def drop(field: Field) -> bool:
    """Delete an archived field and its values for good; False while it is not archived. Needs an open transaction."""
    held = select(Field.id).where(Field.id == field.id, Field.state == FieldState.ARCHIVED).with_for_update()
    if db.session.scalar(held) is None or is_still_held(field.key):
        return False
    db.session.execute(delete(ArchivedValue).where(ArchivedValue.field_id == field.id))
    given = value_sql.card.c.given  # cards keep hidden and archived values unseen; nothing of a dropped field stays
    kept = update(value_sql.card).where(value_sql.has(field.key, given))
    db.session.execute(kept.values(given=value_sql.without(field.key, given)))
    db.session.execute(delete(Field).where(Field.id == field.id))
    return True
