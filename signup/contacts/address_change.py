"""A new address that somebody asked for, until they confirm it from there."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import uuid7
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now

KEEP = timedelta(hours=24)


class AddressChange(Base):
    """One request. It goes when it is confirmed, when its day is over, and with its contact."""

    __tablename__ = "address_change"
    __table_args__ = (Index("ix_address_change_contact_id", "contact_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(254), comment="as it would be mailed; nobody confirmed it")
    created_at: Mapped[datetime] = mapped_column(server_default=now())


def forget_changes() -> None:
    """The chore: what nobody confirmed within its day goes."""
    with transaction():
        db.session.execute(delete(AddressChange).where(is_over()))


def is_over() -> ColumnElement[bool]:
    """Of a request: whether its day is over."""
    return AddressChange.created_at < now(-KEEP)
