"""An opening or a click of a letter. It names its person only if that person had agreed to it at that moment."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base

DECOY = 0
"""The number of the link that no person sees: what follows it follows every link."""


class Reaction(StrEnum):
    """What was done."""

    OPEN = "open"
    CLICK = "click"


class Verdict(StrEnum):
    """Who asked."""

    PERSON = "person"
    PROXY = "proxy"
    """A mailbox provider's, which fetches a picture when somebody opens the mail."""
    MACHINE = "machine"


class EngagementEvent(Base):
    """One reaction, as it came, and the verdict on who it was. Never counted twice: its key is unique."""

    __tablename__ = "engagement_event"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(s.value) for s in Reaction)})", name="kind"),
        CheckConstraint(f"verdict IN ({', '.join(repr(s.value) for s in Verdict)})", name="verdict"),
        Index("ix_engagement_event_contact_id_at", "contact_id", "at"),
        Index("ix_engagement_event_campaign_id_kind", "campaign_id", "kind", "verdict", "link_number", "message_id"),
        Index("ix_engagement_event_at", "at"),
        Index("ix_engagement_event_message_id_at", "message_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    campaign_id: Mapped[int]
    list_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(8))
    link_number: Mapped[int] = mapped_column(default=0, comment="of a click")
    verdict: Mapped[str] = mapped_column(String(8))
    message_id: Mapped[int | None] = mapped_column(comment="empty: its person had not agreed")
    contact_id: Mapped[int | None]
    agent: Mapped[str] = mapped_column(String(200), default="", comment="of who had agreed")
    at: Mapped[datetime]
