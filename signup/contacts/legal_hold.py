"""A legal hold: until a day, nothing deletes this contact, because a law or a dispute asks for the data."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts.contact import Contact
from signup.ground.db import Base, db
from signup.ground.dialect import now

MAX_REASON = 300


class LegalHold(Base):
    """One hold on one contact. The person is told its reason when they ask to be erased."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index("ix_legal_hold_contact_id", "contact_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(MAX_REASON))
    until: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254), comment="the operator's address, or 'console'")
    set_at: Mapped[datetime] = mapped_column(server_default=now())
    lifted_at: Mapped[datetime | None]


def is_held(contact_id: Any = Contact.id) -> ColumnElement[bool]:
    """Of a contact: whether a hold is in force."""
    mine = select(LegalHold.id).where(LegalHold.contact_id == contact_id, _in_force())
    return mine.correlate_except(LegalHold).exists()


def hold_on(contact_ids: Collection[int]) -> LegalHold | None:
    """The hold that ends last of those on these contacts; None when none is in force."""
    mine = select(LegalHold).where(LegalHold.contact_id.in_(contact_ids), _in_force())
    return db.session.scalar(mine.order_by(LegalHold.until.desc()).limit(1))


def set_hold(contact_id: int, reason: str, until: datetime, actor: str) -> bool:
    """Hold a contact. Needs an open transaction; False when the contact was erased meanwhile."""
    locked = select(Contact.id).where(Contact.id == contact_id).with_for_update()
    if db.session.scalar(locked) is None:  # an erasure at the same moment has the row, or waits for it
        return False
    db.session.add(LegalHold(contact_id=contact_id, reason=reason, until=until, actor=actor))
    return True


def lift_holds(contact_id: int) -> bool:
    """End what holds a contact. Needs an open transaction; returns whether something did."""
    ended = update(LegalHold).where(LegalHold.contact_id == contact_id, _in_force()).values(lifted_at=now())
    return db.session.execute(ended.returning(LegalHold.id)).first() is not None


def _in_force() -> ColumnElement[bool]:
    return LegalHold.lifted_at.is_(None) & (LegalHold.until > now())
