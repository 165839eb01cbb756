"""A subscription: one contact on one list, the states it passes through, and the verbs that move it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.consent import snapshot, tracking
from signup.consent.consent_event import ConsentEvent, ConsentType, event_of
from signup.consent.mailing_list import MailingList
from signup.consent.tracking import TrackingPurpose
from signup.consent.visit import Visit
from signup.contacts.contact import Contact, Standing
from signup.counts import tally
from signup.counts.tally import Measure
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now


class SubscriptionState(StrEnum):
    """pending → confirmed → unsubscribed; the others end it without the person's click."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Subscription(Base):
    """Belongs to exactly one contact and one list."""

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("contact_id", "list_id"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in SubscriptionState)})", name="state"),
        Index("ix_subscription_list_id_state_id", "list_id", "state", "id"),
        Index("ix_subscription_list_id_created_at", "list_id", "created_at"),
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
    left_because: Mapped[str | None] = mapped_column(String(12), comment="said on the page after unsubscribing")
    single_opt_in: Mapped[bool] = mapped_column(default=False, comment="confirmed without a confirmation mail")
    given: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", deferred=True, comment="what this list was given, by field"
    )
    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True)
    list: Mapped[MailingList] = relationship(lazy="joined", innerjoin=True)

    def event(self, kind: ConsentType, visit: Visit | None = None, **more: Any) -> ConsentEvent:
        """An entry in the proof about this subscription, in the contact's language."""
        return event_of(self, kind, self.contact.language, visit, controller=self.list.controller, **more)


class LeavingReason(StrEnum):
    """Why somebody left a list, of a short list: said afterwards, by who wants to."""

    TOO_MANY = "too-many"
    NOT_FOR_ME = "not-for-me"
    NEVER_ASKED = "never-asked"
    OTHER = "other"


def _locked(subscription_id: int) -> Subscription | None:
    """The subscription as it is now, for who changes it. Needs an open transaction."""
    found: Subscription | None = db.session.scalar(
        select(Subscription)
        .where(Subscription.id == subscription_id)
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    )
    return found


def leave(subscription_id: int, method: str, visit: Visit | None = None) -> bool:
    """End a subscription with its proof and counts. Needs an open transaction; returns whether it was still running."""
    subscription = _locked(subscription_id)
    if subscription is None or subscription.state not in {SubscriptionState.CONFIRMED, SubscriptionState.PENDING}:
        return False
    before, subscription.state = subscription.state, SubscriptionState.UNSUBSCRIBED
    subscription.state_at = subscription.ended_at = now()
    subscription.left_because = None
    if before == SubscriptionState.CONFIRMED and subscription.confirmed_at is None:
        subscription.confirmed_at = subscription.created_at  # that it was confirmed once keeps it open to its list
    proof = {"method": method, "address": subscription.contact.address}
    db.session.add(subscription.event(ConsentType.UNSUBSCRIBED, visit, **proof))
    tracking.withdraw(subscription, TrackingPurpose, visit, {**proof, "controller": subscription.list.controller})
    counts = [
        {"list_id": subscription.list_id, "measure": Measure.UNSUBSCRIBED},
        *tally.moved(Measure.IN_STATE, before, SubscriptionState.UNSUBSCRIBED, list_id=subscription.list_id),
        *settle_standing(subscription.contact),
    ]
    tally.count([] if subscription.contact.is_test else counts)
    return True


def bounce(subscription_id: int, method: str, status: str = "") -> bool:
    """End a subscription whose address takes no mail any more. Needs an open transaction; returns whether it ran."""
    running = {SubscriptionState.CONFIRMED, SubscriptionState.PENDING}
    return _end_by_mail(subscription_id, running, SubscriptionState.BOUNCED, method, status)


def complain(subscription_id: int, method: str) -> bool:
    """End a subscription whose person reported a mail as spam: for good. Needs an open transaction."""
    others = set(SubscriptionState) - {SubscriptionState.COMPLAINED}
    return _end_by_mail(subscription_id, others, SubscriptionState.COMPLAINED, method)


def _end_by_mail(
    subscription_id: int, of: set[SubscriptionState], to: SubscriptionState, method: str, status: str = ""
) -> bool:
    subscription = _locked(subscription_id)
    if subscription is None or subscription.state not in of:
        return False
    before, subscription.state = subscription.state, to
    subscription.state_at = now()
    subscription.ended_at = subscription.ended_at or now()
    proof: dict[str, Any] = {"method": method, "address": subscription.contact.address}
    kind = ConsentType.COMPLAINED if to == SubscriptionState.COMPLAINED else ConsentType.MAIL_BOUNCED
    db.session.add(subscription.event(kind, **proof, relay_reply=status or None))
    if to == SubscriptionState.COMPLAINED:
        tracking.withdraw(subscription, TrackingPurpose, None, {**proof, "controller": subscription.list.controller})
    counts = [
        *tally.moved(Measure.IN_STATE, before, to, list_id=subscription.list_id),
        *settle_standing(subscription.contact),
    ]
    tally.count([] if subscription.contact.is_test else counts)
    return True


def take_back_leaving(subscription_id: int, wording: str, visit: Visit) -> bool:
    """Let somebody who just left by mistake receive the list again, as before, with its proof and counts.

    It is a new consent, by a button beside `wording`; recording opens or clicks stays withdrawn. Whoever was on the
    list never, or left it in another way than by themselves, needs a new sign-up. Needs an open transaction; returns
    whether it was done.
    """
    subscription = _locked(subscription_id)
    if subscription is None or subscription.state != SubscriptionState.UNSUBSCRIBED or not subscription.confirmed_at:
        return False
    list_id, reason = subscription.list_id, subscription.left_because
    subscription.state, subscription.state_at = SubscriptionState.CONFIRMED, now()
    subscription.ended_at = subscription.left_because = None
    proof = {"method": "undo", "address": subscription.contact.address}
    words = {"wording_hash": snapshot.keep(snapshot.SnapshotKind.WORDING, wording)}
    db.session.add(subscription.event(ConsentType.CONFIRMED, visit, **proof, **words))
    counts = [
        {"list_id": list_id, "measure": Measure.UNSUBSCRIBED, "n": -1},
        *tally.moved(Measure.IN_STATE, SubscriptionState.UNSUBSCRIBED, SubscriptionState.CONFIRMED, list_id=list_id),
        *settle_standing(subscription.contact),
    ]
    if reason:
        counts.append({"list_id": list_id, "measure": Measure.LEFT_BECAUSE + reason, "n": -1})
    tally.count([] if subscription.contact.is_test else counts)
    return True


def say_why(subscription_id: int, reason: LeavingReason) -> None:
    """Keep why somebody left, who has; the last word counts. Needs an open transaction."""
    subscription = _locked(subscription_id)
    if subscription is None or subscription.state != SubscriptionState.UNSUBSCRIBED:
        return
    before, subscription.left_because = subscription.left_because, reason
    counts = tally.moved(Measure.LEFT_BECAUSE, before, reason, list_id=subscription.list_id)
    tally.count([] if subscription.contact.is_test else counts)


@dataclass(frozen=True)
class TimedState:
    """A state with the times that belong to it, as an undo or a merge carries it from one row to another."""

    state: str
    state_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    single_opt_in: bool | None = None
    """None: as it is."""

    @classmethod
    def read(cls, kept: Mapping[str, Any], confirmed_at: str = "confirmed_at") -> "TimedState":
        """From a document that was kept for an undo; `confirmed_at` is its name there."""
        state_at, ended_at = read_time(kept["state_at"]), read_time(kept["ended_at"])
        return cls(kept["state"], state_at, read_time(kept[confirmed_at]), ended_at, kept.get("single_opt_in"))


def stand_as(entry: Subscription, to: TimedState) -> list[dict[str, object]]:
    """Give a locked subscription a state that it has from elsewhere. Returns the counts of that move.

    The proof is the caller's: of an undo or a merge there is one event, whatever it moves.
    """
    counts = tally.moved(Measure.IN_STATE, entry.state, to.state, list_id=entry.list_id)
    entry.state, entry.state_at = to.state, to.state_at or entry.state_at
    entry.confirmed_at, entry.ended_at = to.confirmed_at, to.ended_at
    if to.single_opt_in is not None:
        entry.single_opt_in = to.single_opt_in
    return counts


def read_time(text: str | None) -> datetime | None:
    """A time of a document that was kept for an undo."""
    if not text:
        return None
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def settle_standing(contact: Contact) -> list[dict[str, object]]:
    """Set a contact's standing to the best of its subscriptions. Returns the counts of that change."""
    db.session.flush()
    states = set(db.session.scalars(select(Subscription.state).where(Subscription.contact_id == contact.id)))
    before = contact.standing
    contact.standing = Standing.best_of(states, before)
    return tally.moved(Measure.STANDING, before, contact.standing)
