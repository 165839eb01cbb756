"""A webhook: where another program hears of events, and every attempt to tell it.

An endpoint has a place in the ledger up to which it was told; what comes behind is written down as deliveries and sent.
"""

import secrets
from base64 import b64encode
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.access import api_key
from signup.access.api_key import ApiKey
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.ground.secret_box import Secret, decrypt, encrypt
from signup.webhooks.event_feed import feed_end
from signup.webhooks.event_name import EventName

SECRET_PREFIX, SECRET_BYTES = "whsec_", 32
OVERLAP = timedelta(days=1)
"""So long the secret before is used beside a new one."""


class PauseReason(StrEnum):
    """Why an endpoint is not sent anything just now. What happens meanwhile waits in the ledger."""

    OPERATOR = "operator"
    GONE = "gone"
    """It answered 410."""
    DEAD = "dead"
    """It took nothing for three days."""
    FORBIDDEN = "forbidden"
    """Its name leads to an address that is not allowed."""
    REVOKED = "revoked"
    """The API key that made it was revoked."""


class DeliveryState(StrEnum):
    """waiting → sending → delivered, or failed after three days."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Webhook(Base):
    """One endpoint of another program."""

    __tablename__ = "webhook"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    url: Mapped[str] = mapped_column(String(500))
    events: Mapped[list[str]] = mapped_column(comment="names; empty: every event")
    list_ids: Mapped[list[int]] = mapped_column(comment="of these lists only; empty: of all")
    form: Mapped[str] = mapped_column(String(16), default="", comment="of this form only, by its public id")
    is_full: Mapped[bool] = mapped_column(default=False, comment="with the contact as it is, and not its id alone")
    secret: Mapped[str] = mapped_column(String(200), comment="encrypted")
    old_secret: Mapped[str | None] = mapped_column(String(200), comment="encrypted; signs too until its time is over")
    old_until: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(comment="the place in the ledger up to which its deliveries are written")
    paused: Mapped[str | None] = mapped_column(String(10), comment="why it is not sent anything")
    failing_since: Mapped[datetime | None] = mapped_column(comment="of its first failure after the last success")
    failures: Mapped[int] = mapped_column(default=0, comment="in a row")
    not_before: Mapped[datetime | None] = mapped_column(comment="it is left in peace until then")
    operator_id: Mapped[int | None] = mapped_column(comment="who made it, and is told when it is paused")
    key_id: Mapped[int | None] = mapped_column(comment="the API key that made it")
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def lists(self) -> frozenset[int] | None:
        return frozenset(self.list_ids) if self.list_ids else None

    def wants(self, name: str, form: str | None) -> bool:
        """Whether it is told of an event of this name that came by this form."""
        return (not self.events or name in self.events) and (not self.form or form == self.form)


class WebhookDelivery(Base):
    """One event for one endpoint. Holds no personal data: what is full is filled in when it is sent."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id", "replay"),
        CheckConstraint(f"state IN ({', '.join(repr(one.value) for one in DeliveryState)})", name="state"),
        Index("ix_webhook_delivery_webhook_id_id", "webhook_id", "id"),
        Index(
            "ix_webhook_delivery_open",
            "webhook_id",
            "subject",
            "id",
            postgresql_where=text("state IN ('waiting', 'sending')"),
            sqlite_where=text("state IN ('waiting', 'sending')"),
        ),
        Index("ix_webhook_delivery_created_at", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7, comment="the header webhook-id")
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    event_id: Mapped[UUID] = mapped_column()
    replay: Mapped[int] = mapped_column(default=0, comment="0: told for the first time")
    name: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(32), comment="whose events stay in order")
    contact_id: Mapped[int | None] = mapped_column(comment="no foreign key: the log outlives the contact")
    body: Mapped[dict[str, Any]] = mapped_column(comment="the event, with ids alone")
    state: Mapped[str] = mapped_column(String(10), default=DeliveryState.WAITING)
    attempt: Mapped[int] = mapped_column(default=0, comment="claims, those of dead workers too: fences every update")
    failures: Mapped[int] = mapped_column(default=0, comment="answers that were no success: when to try again")
    not_before: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    status: Mapped[int | None] = mapped_column(comment="of the last answer")
    answer: Mapped[str] = mapped_column(String(500), default="", comment="its beginning, or why there was none")
    milliseconds: Mapped[int | None] = mapped_column(comment="that the last attempt took")
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    tried_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]


def new_secret() -> str:
    return SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def add(
    url: str,
    events: list[EventName],
    list_ids: list[int],
    *,
    form: str = "",
    is_full: bool = False,
    **made_by: int | None,
) -> tuple[Webhook, str]:
    """Make an endpoint that hears of what happens from now on, and its secret, which is shown only now.

    `made_by` is the `operator_id` or the `key_id`. Needs an open transaction.
    """
    secret, uid = new_secret(), uuid7()
    made = Webhook(
        uid=uid,
        url=url,
        events=[one.value for one in events],
        list_ids=list_ids,
        form=form,
        is_full=is_full,
        secret=encrypt(Secret.WEBHOOK, secret.encode(), str(uid)),
        position=feed_end(),
        **made_by,
    )
    db.session.add(made)
    db.session.flush()
    db.session.refresh(made)
    return made, secret


def rotate_secret(webhook: Webhook) -> str:
    """Give a locked endpoint a new secret, which is shown only now; the old one signs beside it for a day."""
    secret = new_secret()
    values = {"secret": encrypt(Secret.WEBHOOK, secret.encode(), str(webhook.uid)), "old_secret": webhook.secret}
    changed = update(Webhook).where(Webhook.id == webhook.id).values(**values, old_until=now(OVERLAP))
    db.session.execute(changed.execution_options(synchronize_session=False))
    db.session.refresh(webhook)
    return secret


def secrets_of(webhook: Webhook, at: datetime) -> list[str]:
    """The secrets that sign at this time, the newest first. Raises `UnreadableSecret`."""
    sealed = [webhook.secret]
    if webhook.old_secret and webhook.old_until and webhook.old_until > at:
        sealed.append(webhook.old_secret)
    return [decrypt(Secret.WEBHOOK, one, str(webhook.uid)).decode() for one in sealed]


def find_webhook(uid: UUID, *, locks: bool = False) -> Webhook:
    """The endpoint with this public id. Raises `NotFound`."""
    query = select(Webhook).where(Webhook.uid == uid)
    if locks:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = db.session.scalar(query)
    if found is None:
        raise NotFound("webhook")
    return found


def webhooks() -> list[Webhook]:
    """All endpoints, the oldest first."""
    return list(db.session.scalars(select(Webhook).order_by(Webhook.id)))


def pause(webhook_id: int, reason: PauseReason) -> bool:
    """Send an endpoint nothing more for now. False if it was paused before. Needs an open transaction."""
    paused = update(Webhook).where(Webhook.id == webhook_id, Webhook.paused.is_(None)).values(paused=reason.value)
    return db.session.execute(paused.returning(Webhook.id), execution_options=_ASIDE).first() is not None


def revoke_key(uid: UUID) -> bool:
    """End an API key for good, and pause what it made: who had the key must not go on listening.

    Returns False when it had ended before. Raises `NotFound`. Needs an open transaction.
    """
    ended = api_key.revoke(uid)
    of_key = select(ApiKey.id).where(ApiKey.uid == uid).scalar_subquery()
    mine = update(Webhook).where(Webhook.key_id == of_key, Webhook.paused.is_(None))
    db.session.execute(mine.values(paused=PauseReason.REVOKED.value), execution_options=_ASIDE)
    return ended


def resume(webhook_id: int) -> bool:
    """Go on where an endpoint was paused: what happened meanwhile is sent. Needs an open transaction."""
    fresh = {"paused": None, "failing_since": None, "failures": 0, "not_before": None}
    going = update(Webhook).where(Webhook.id == webhook_id, Webhook.paused.is_not(None)).values(fresh)
    db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == DeliveryState.WAITING)
        .values(not_before=None, created_at=now()),
        execution_options=_ASIDE,
    )
    return db.session.execute(going.returning(Webhook.id), execution_options=_ASIDE).first() is not None


_ASIDE = {"synchronize_session": False}
