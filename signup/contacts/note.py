"""A note: what an operator wrote down about a contact. The person may read it in their own copy of their data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now

MAX_TEXT = 4000


class ContactNote(Base):
    """One note. Only who wrote it changes it; it goes with its contact."""

    __tablename__ = "contact_note"
    __table_args__ = (Index("ix_contact_note_contact_id_id", "contact_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    operator_id: Mapped[int]
    author: Mapped[str] = mapped_column(String(254), comment="the operator's name or address, as it was then")
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    edited_at: Mapped[datetime | None]


def notes_of(contact_id: int) -> list[ContactNote]:
    """A contact's notes, the newest first."""
    mine = select(ContactNote).where(ContactNote.contact_id == contact_id)
    return list(db.session.scalars(mine.order_by(ContactNote.id.desc())))
