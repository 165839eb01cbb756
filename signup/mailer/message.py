"""A message: one mail that must go out, as a row. The outbox (`signup.mailer.outbox`) moves it from state to state."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import uuid7
from signup.ground.db import Base
from signup.ground.dialect import now


class MessageState(StrEnum):
    """ready → claimed → handed → sent; or another try, or one of three ends."""

    READY = "ready"
    CLAIMED = "claimed"
    HANDED = "handed"
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    UNCLEAR = "unclear"
    """A campaign mail whose sender died between handing it over and hearing the answer (RFC 1047)."""
    CANCELLED = "cancelled"
    HELD = "held"
    """Waits for its campaign, which is paused or goes slowly: no sender looks at it."""


class Message(Base):
    """One mail. Template and values are fixed when the row is written, so that every try sends the same bytes."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in MessageState)})", name="state"),
        Index(
            "ix_message_due",
            "priority",
            "id",
            postgresql_where=text("state IN ('ready', 'retry')"),
            sqlite_where=text("state IN ('ready', 'retry')"),
        ),
        Index(
            "ix_message_leased",
            "lease_until",
            postgresql_where=text("state IN ('claimed', 'handed')"),
            sqlite_where=text("state IN ('claimed', 'handed')"),
        ),
        Index(
            "ix_message_suspect",
            "priority",
            "id",
            postgresql_where=text("suspect"),
            sqlite_where=text("suspect = 1"),
        ),
        Index("ix_message_contact_id", "contact_id"),
        Index("ix_message_state_id", "state", "id"),
        Index(
            "ix_message_campaign_id_state",
            "campaign_id",
            "state",
            postgresql_where=text("campaign_id IS NOT NULL"),
            sqlite_where=text("campaign_id IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7, comment="local part of its Message-ID")
    kind: Mapped[str] = mapped_column(String(12))
    priority: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=MessageState.READY)
    recipient: Mapped[str] = mapped_column(String(254))
    recipient_hash: Mapped[str] = mapped_column(String(32), comment="keyed hash: looked up in the stop list")
    template_hash: Mapped[str] = mapped_column(ForeignKey("snapshot.hash"))
    data: Mapped[dict[str, Any] | None] = mapped_column(comment="the template's values; cleared 24 h after sending")
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    contact_id: Mapped[int | None]
    list_id: Mapped[int | None]
    signup_id: Mapped[int | None]
    subscription_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now(), comment="the mail's Date")
    not_before: Mapped[datetime] = mapped_column(server_default=now())
    attempt: Mapped[int] = mapped_column(default=0, comment="fences late answers of an earlier claim")
    crashes: Mapped[int] = mapped_column(default=0, comment="senders in a row that died while this alone was at work")
    suspect: Mapped[bool] = mapped_column(default=False, server_default=false(), comment="goes alone: a sender died")
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None] = mapped_column(comment="no lease is renewed for ever")
    handed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    reply: Mapped[str | None] = mapped_column(String(500), comment="the relay's last words, or why it ended")
    mail_hash: Mapped[str | None] = mapped_column(String(64), comment="SHA-256 of the bytes handed over")
