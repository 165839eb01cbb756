"""A tag: a word that operators put on contacts. One word has one spelling, whoever types it and however.

What is put on and taken off stands in the contact's history (`value_change`): so a bulk edit can be undone, and a
person reads it in their own copy. Every function that writes needs an open transaction.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts.value_change import TAG, ChangeOrigin, ValueChange
from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now
from signup.ground.errors import NotFound

MAX_NAME = 40
MAX_TAGS = 500


class Tag(Base):
    """One word. Segments ask for it by its id, so that it may be renamed."""

    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    name_key: Mapped[str] = mapped_column(String(MAX_NAME * 3), unique=True, comment="name without regard to case")
    created_at: Mapped[datetime] = mapped_column(server_default=now())


class ContactTag(Base):
    """A tag on a contact. Goes with either."""

    __tablename__ = "contact_tag"
    __table_args__ = (
        UniqueConstraint("contact_id", "tag_id"),
        Index("ix_contact_tag_tag_id_contact_id", "tag_id", "contact_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(server_default=now())


def read_name(typed: str) -> str:
    """What was typed as a tag's name; empty where it is none."""
    name = " ".join(typed.split())
    return name if len(name) <= MAX_NAME and name.isprintable() else ""


def tags() -> list[Tag]:
    """All tags, by name."""
    return list(db.session.scalars(select(Tag).order_by(Tag.name_key)))


def find_tag(tag_id: int) -> Tag:
    """The tag with this id. Raises `NotFound`."""
    found = db.session.get(Tag, tag_id)
    if found is None:
        raise NotFound(f"tag {tag_id}")
    return found


def named(name: str) -> Tag | None:
    """The tag of this name, in whatever case."""
    return db.session.scalar(select(Tag).where(Tag.name_key == name.casefold()))


def find_or_add(name: str) -> Tag:
    """The tag of this name, made if it is new. `name` is as `read_name` gives it."""
    new = upsert(Tag).values(name=name, name_key=name.casefold())
    db.session.execute(new.on_conflict_do_nothing())
    return db.session.scalars(select(Tag).where(Tag.name_key == name.casefold())).one()


def tags_of(contact_ids: Collection[int]) -> dict[int, list[Tag]]:
    """The tags of these contacts, by contact and name."""
    query = select(ContactTag.contact_id, Tag).join(Tag, Tag.id == ContactTag.tag_id)
    found: dict[int, list[Tag]] = {}
    for contact_id, tag in db.session.execute(
        query.where(ContactTag.contact_id.in_(contact_ids)).order_by(Tag.name_key)
    ):
        found.setdefault(contact_id, []).append(tag)
    return found


def put_on(tag: Tag, contact_ids: Sequence[int], origin: ChangeOrigin) -> int:
    """Put a tag on contacts, which must be locked; returns on how many it was not."""
    if not contact_ids:
        return 0
    rows = [{"contact_id": contact_id, "tag_id": tag.id} for contact_id in contact_ids]
    new = upsert(ContactTag).values(rows).on_conflict_do_nothing().returning(ContactTag.contact_id)
    changed = list(db.session.scalars(new))
    _remember(changed, origin, old=None, new=tag.name)
    return len(changed)


def take_off(tag: Tag, contact_ids: Sequence[int], origin: ChangeOrigin) -> int:
    """Take a tag off contacts, which must be locked; returns how many had it."""
    mine = delete(ContactTag).where(ContactTag.tag_id == tag.id, ContactTag.contact_id.in_(contact_ids))
    changed = list(db.session.scalars(mine.returning(ContactTag.contact_id)))
    _remember(changed, origin, old=tag.name, new=None)
    return len(changed)


def _remember(contact_ids: list[int], origin: ChangeOrigin, **change: Any) -> None:
    came = {"field": TAG, "kind": origin.kind.value, "source_id": origin.source_id, "actor": origin.actor}
    if contact_ids:
        db.session.execute(insert(ValueChange), [{"contact_id": id_, **came, **change} for id_ in contact_ids])


def move_all(tag: Tag, into: Tag) -> None:
    """Give everybody who has `tag` the other one instead, and forget `tag`."""
    had = select(ContactTag.contact_id).where(ContactTag.tag_id == into.id)
    moved = update(ContactTag).where(ContactTag.tag_id == tag.id, ContactTag.contact_id.not_in(had))
    db.session.execute(moved.values(tag_id=into.id), execution_options={"synchronize_session": False})
    drop(tag)


def drop(tag: Tag) -> None:
    """Forget a tag, whoever has it."""
    db.session.execute(delete(ContactTag).where(ContactTag.tag_id == tag.id))
    db.session.execute(delete(Tag).where(Tag.id == tag.id))
