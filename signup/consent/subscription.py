"""A subscription: one contact on one list, and the states it may pass through."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.clock import uuid7
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.db import Base
from signup.dialect import now


class State(StrEnum):
    """pending → confirmed → unsubscribed; the others end it without the person's click."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Subscription(Base):
    """Belongs to exactly one contact and one list. Only `signup.forms` and `signup.mailer` move it."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("contact_id", "list_id"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in State)})", name="state"),
        Index("ix_subscription_list_id_state_id", "list_id", "state", "id"),
        {"sqlite_autoincrement": True},  # proof names its id: none is given out twice
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    state: Mapped[str] = mapped_column(String(12))
    state_at: Mapped[datetime] = mapped_column(server_default=now())
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    single_opt_in: Mapped[bool] = mapped_column(default=False, comment="confirmed without a confirmation mail")
    given: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", deferred=True, comment="what this list was given, by field"
    )
    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True)
    list: Mapped[MailingList] = relationship(lazy="joined", innerjoin=True)
