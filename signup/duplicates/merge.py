"""Merged contacts: which one stays, which became part of it, and what unmerging needs.

The one that went keeps its row, its address and its proof, with the standing `merged`: links in old mails still lead
somewhere, a file cannot bring it back, and whoever signs up with its address is a contact of their own again.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts.contact import Contact, Standing
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now

MAX_CHAIN = 20


class ContactMerge(Base):
    """One merge. Unmerging restores `before` where `after` is unchanged."""

    __tablename__ = "contact_merge"
    __table_args__ = (
        Index("ix_contact_merge_survivor_id", "survivor_id"),
        Index("ix_contact_merge_gone_id", "gone_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    survivor_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    gone_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="values and subscriptions of both")
    after: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="what the merge left of them")
    moved: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="ids of the rows it took along, by table")
    actor: Mapped[str] = mapped_column(String(254), comment="the operator's address, or 'console'")
    operator_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(server_default=now())
    undone_at: Mapped[datetime | None]


class FormerSubscription(Base):
    """The public id of a subscription that was merged into another one. Its links must work for years."""

    __tablename__ = "former_subscription"
    __table_args__ = (Index("ix_former_subscription_subscription_id", "subscription_id"),)
    uid: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    merge_id: Mapped[int] = mapped_column(ForeignKey("contact_merge.id", ondelete="CASCADE"))


def survivor_of(contact: Contact) -> Contact:
    """The contact into which `contact` was merged, or `contact` itself."""
    for _step in range(MAX_CHAIN):
        if contact.standing != Standing.MERGED:
            break
        query = select(Contact).join(ContactMerge, ContactMerge.survivor_id == Contact.id)
        query = query.where(ContactMerge.gone_id == contact.id, ContactMerge.undone_at.is_(None))
        following = db.session.scalar(query.order_by(ContactMerge.id.desc()).limit(1))
        if following is None:
            break
        contact = following
    return contact


def parts_of(contact_id: int) -> list[int]:
    """The ids of this contact and of all contacts that were merged into it, its own first."""
    known = [contact_id]
    for one in known:  # grows while it is read: what became part of a part
        query = select(ContactMerge.gone_id).join(Contact, Contact.id == ContactMerge.gone_id)
        query = query.where(ContactMerge.survivor_id == one, ContactMerge.undone_at.is_(None))
        query = query.where(Contact.standing == Standing.MERGED)
        known += [id_ for id_ in db.session.scalars(query) if id_ not in known]
    return known
