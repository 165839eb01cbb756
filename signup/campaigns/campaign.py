"""A campaign: one letter to the confirmed people of a list, or of a segment of it, and how far it is.

Its mails are messages of the outbox with its id. What moves a campaign from state to state is in `lifecycle`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, false, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.audience.segment import Segment
from signup.campaigns.merge_field import with_fallbacks
from signup.consent.mailing_list import MailingList
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.errors import NotFound

MAX_URL = 2000
"""Characters of an address that a letter links to."""

LAYOUTS = ("letter", "news", "magazine")


class CampaignState(StrEnum):
    """draft → scheduled → building → sending → sent; sending ⇄ paused; cancelled is an end."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    BUILDING = "building"
    """Its messages are being written to the outbox; the first ones may go out meanwhile."""
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    CANCELLED = "cancelled"


RUNS = (CampaignState.BUILDING, CampaignState.SENDING)
"""States in which its mails may be handed over."""


class Campaign(Base):
    """One letter. Its words are the draft until it starts; what is sent is the snapshot it then points at."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in CampaignState)})", name="state"),
        Index("ix_campaign_state", "state"),
        Index("ix_campaign_list_id_id", "list_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segment.id"), comment="empty: the whole list")
    rule: Mapped[dict[str, Any] | None] = mapped_column(comment="the segment's rule as it was when the campaign began")
    name: Mapped[str] = mapped_column(String(120))
    hypothesis: Mapped[str] = mapped_column(String(500), default="", comment="what is expected, and what would show it")
    subject: Mapped[str] = mapped_column(String(200))
    preheader: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="", comment="Markdown")
    layout: Mapped[str] = mapped_column(String(20), default="letter", comment="letter, news or magazine")
    state: Mapped[str] = mapped_column(String(10), default=CampaignState.DRAFT)
    unlisted: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="left out of the list's public archive"
    )
    starts_at: Mapped[datetime | None]
    per_hour: Mapped[int | None] = mapped_column(
        comment="mails an hour at most; empty: as fast as the relay takes them"
    )
    template_hash: Mapped[str | None] = mapped_column(ForeignKey("snapshot.hash"))
    total: Mapped[int] = mapped_column(default=0, comment="messages written to the outbox")
    asked_about_opens: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="of these, to people who agreed that openings are recorded"
    )
    asked_about_clicks: Mapped[int] = mapped_column(default=0, server_default="0", comment="as well, of clicks")
    at_id: Mapped[int] = mapped_column(default=0, comment="the last subscription built: where a next worker goes on")
    last_id: Mapped[int] = mapped_column(default=0, comment="the newest subscription when it began: later ones wait")
    attempt: Mapped[int] = mapped_column(default=0, comment="fences late writes of an earlier builder")
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    released_at: Mapped[datetime | None] = mapped_column(comment="of a slow one: when it last let some go")
    paused_because: Mapped[str] = mapped_column(String(200), default="", comment="of the stop rule; empty: by a person")
    operator_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    edited_at: Mapped[datetime] = mapped_column(server_default=now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    list: Mapped[MailingList] = relationship(lazy="joined", innerjoin=True)
    segment: Mapped[Segment | None] = relationship(lazy="joined")

    @property
    def shown_subject(self) -> str:
        """As an inbox shows it to somebody of whom nothing is known."""
        return with_fallbacks(self.subject)

    @property
    def shown_preheader(self) -> str:
        """The preview text, likewise."""
        return with_fallbacks(self.preheader)

    @property
    def is_editable(self) -> bool:
        """Whether its words may still change: none of it was sent."""
        return self.state in {CampaignState.DRAFT, CampaignState.SCHEDULED}


class CampaignLink(Base):
    """One address that a campaign's letter links to. A click names the link by its number, never by its address."""

    __tablename__ = "campaign_link"
    __table_args__ = (Index("ix_campaign_link_campaign_id_number", "campaign_id", "number", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(comment="its place in the letter, from 1")
    url: Mapped[str] = mapped_column(String(MAX_URL))
    label: Mapped[str] = mapped_column(String(200), default="", comment="its words in the letter")


def find_campaign(name: str) -> Campaign:
    """The campaign with this number or public id, or the newest with this name. Raises `NotFound`."""
    query = select(Campaign).order_by(Campaign.id.desc()).limit(1)
    found = db.session.scalar(query.where(Campaign.name == name))
    if found is None and name.isascii() and name.isdigit():
        found = db.session.get(Campaign, int(name))
    if found is None:
        try:
            found = db.session.scalar(query.where(Campaign.uid == UUID(name)))
        except ValueError:
            found = None
    if found is None:
        raise NotFound(f"campaign {name!r}")
    return found
