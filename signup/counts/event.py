"""Events of a contact that are not about consent. Written once, shown as a timeline."""

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
    """The contact got an incentive: its link or code was shown and emailed."""
    DOWNLOADED = "downloaded"
    REDEEMED = "redeemed"
    EXPORTED = "exported"


class Event(Base):
    """One event of one contact, with the list where there is one."""

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
