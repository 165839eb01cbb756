"""Values taken out of the contacts: kept apart in a table, so that they can come back, and go with their person.

A batch is one transaction: values are in one place or in the other, whenever a process dies. The way of a field:
active → hidden → archived → dropped; only the last step has no way back.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Select, delete, func, insert, literal, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts import value_sql
from signup.contacts.contact import Contact
from signup.contacts.field import Field, State, fields
from signup.db import Base, Json, db, now, transaction
from signup.jobs import stopping

BATCH = 5_000
AT_ONCE = 4
"""Batches done while the operator waits; the chore does what is left."""


class ArchivedValue(Base):
    """A value of a contact that was taken out. A contact that is deleted takes it along."""

    __tablename__ = "archived_value"
    field_id: Mapped[int] = mapped_column(ForeignKey("field.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, index=True, autoincrement=False
    )
    value: Mapped[Any] = mapped_column(Json())
    at: Mapped[datetime] = mapped_column(server_default=now())


def take_out(field: Field, batches: int | None = None) -> bool:
    """Take the values of an archived field out of the contacts; True once none is left. Opens its own transactions."""
    return _each(_full(field.key), field, State.ARCHIVED, _take_out, batches)


def put_back(field: Field, batches: int | None = None) -> bool:
    """Put archived values back into the contacts; who has a newer value by then keeps it. True once none is left."""
    return _each(_kept(field.id), field, State.HIDDEN, _put_back, batches)


def _each(wanted: Select[Any], field: Field, state: State, step: Any, batches: int | None) -> bool:
    field_id, key, after, done = field.id, field.key, 0, 0
    while batches is None or done < batches:
        if stopping().is_set():
            return False
        with transaction():
            # Whoever brings the field back meanwhile ends this: the lock makes one of us wait for the other.
            held = select(Field.id).where(Field.id == field_id, Field.state == state).with_for_update(read=True)
            if db.session.scalar(held) is None:
                return False
            query = wanted.where(Contact.id > after).order_by(Contact.id).limit(BATCH).with_for_update(of=Contact)
            ids = list(db.session.scalars(query))
            if ids:
                step(field_id, key, ids)
        if len(ids) < BATCH:
            return True
        after, done = ids[-1], done + 1
    return False


def _full(key: str) -> Select[Any]:
    return select(Contact.id).where(value_sql.has(key))


def _kept(field_id: int) -> Select[Any]:
    joined = ArchivedValue.contact_id == Contact.id
    return select(Contact.id).join(ArchivedValue, joined).where(ArchivedValue.field_id == field_id)


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


def tend() -> None:
    """The chore: end what was begun, and take out what a late answer brought back in."""
    for field in fields(State.ARCHIVED):
        take_out(field)
    for field in fields(State.HIDDEN):
        if is_kept(field.id):
            put_back(field)


def is_kept(field_id: int) -> bool:
    """Whether archived values of the field are there."""
    query = select(ArchivedValue.field_id).where(ArchivedValue.field_id == field_id).limit(1)
    return db.session.scalar(query) is not None


def kept(field_id: int) -> int:
    """How many values of the field are archived."""
    query = select(func.count()).select_from(ArchivedValue).where(ArchivedValue.field_id == field_id)
    return db.session.scalar(query) or 0


def is_left(key: str) -> bool:
    """Whether a contact still holds a value under the key."""
    return db.session.scalar(_full(key).limit(1)) is not None


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
    held = select(Field.id).where(Field.id == field.id, Field.state == State.ARCHIVED).with_for_update()
    if db.session.scalar(held) is None or is_left(field.key):
        return False
    db.session.execute(delete(ArchivedValue).where(ArchivedValue.field_id == field.id))
    db.session.execute(delete(Field).where(Field.id == field.id))
    return True


def of_contact(contact_id: int) -> dict[str, Any]:
    """What is archived of one contact, by key: a person's own copy holds it too."""
    query = select(Field.key, ArchivedValue.value).join(Field, Field.id == ArchivedValue.field_id)
    found = db.session.execute(query.where(ArchivedValue.contact_id == contact_id))
    return {key: value for key, value in found}  # noqa: C416  # a row is no pair to mypy
