"""Activity events: what happened to a contact that is not consent. Written once, read as a timeline."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.dialect import now


class EventKind(StrEnum):
    """What happened."""

    SENT = "sent"
    PAGE_VIEWED = "page_viewed"
    DELIVERED = "delivered"
    """A lead magnet was handed out: its link or code was shown and mailed."""
    DOWNLOADED = "downloaded"
    REDEEMED = "redeemed"
    EXPORTED = "exported"


class Event(Base):
    """One thing that happened to one contact, on one list where that makes sense."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_contact_id_at", "contact_id", "at"),
        Index("ix_event_kind_at_contact_id", "kind", "at", "contact_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int]
    list_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(server_default=now())
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
