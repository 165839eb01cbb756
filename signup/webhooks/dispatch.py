"""Writes down deliveries: what came behind each endpoint's place in the ledger, in one transaction with the new place.

The event is in the ledger because its own transaction committed; whatever dies here, the place says where to go on.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from signup.ground.clock import uuid7, uuid7s
from signup.ground.db import db, transaction, upsert
from signup.ground.errors import NotPossible
from signup.ground.jobs import stopping
from signup.ledger.ledger_entry import LedgerEntry
from signup.webhooks.event_feed import FeedEvent, read_feed
from signup.webhooks.event_name import EventName
from signup.webhooks.payload import test_body, thin
from signup.webhooks.webhook import DeliveryState, Webhook, WebhookDelivery

AT_ONCE = 500
ENOUGH_WAITING = 2_000
"""So many may wait for one endpoint: the rest stays in the ledger, which keeps it anyway."""
MAX_REPLAYED = 10_000
OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)


def dispatch() -> None:
    """The chore: write down what is new for each endpoint that is not paused."""
    end = func.max(LedgerEntry.position)
    behind = select(Webhook.id).where(Webhook.paused.is_(None), Webhook.position <= select(end).scalar_subquery())
    for webhook_id in list(db.session.scalars(behind.order_by(Webhook.id))):
        while not stopping().is_set() and _step(webhook_id):
            pass


def _step(webhook_id: int) -> bool:
    """Write down the next stretch for one endpoint. Returns whether there is more."""
    with transaction():
        mine = select(Webhook).where(Webhook.id == webhook_id, Webhook.paused.is_(None))
        webhook = db.session.scalar(mine.with_for_update(skip_locked=True).execution_options(populate_existing=True))
        if webhook is None or _waiting(webhook_id) >= ENOUGH_WAITING:
            return False
        page = read_feed(webhook.position, AT_ONCE, webhook.lists)
        _write(webhook_id, (one for one in page.events if webhook.wants(one.name, one.form)))
        moved = update(Webhook).where(Webhook.id == webhook_id).values(position=page.end)
        db.session.execute(moved, execution_options={"synchronize_session": False})
    return not page.is_last


def _waiting(webhook_id: int) -> int:
    some = select(WebhookDelivery.id).where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state.in_(OPEN))
    return db.session.scalar(select(func.count()).select_from(some.limit(ENOUGH_WAITING).subquery())) or 0


def _write(webhook_id: int, events: Iterable[FeedEvent], replay: int = 0) -> int:
    told = list(events)
    rows = [
        {
            "uid": uid,
            "webhook_id": webhook_id,
            "event_id": one.id,
            "replay": replay,
            "name": one.name.value,
            "subject": one.subject,
            "contact_id": one.contact_id,
            "body": thin(one),
        }
        for uid, one in zip(uuid7s(len(told)), told, strict=True)
    ]
    written = 0
    for start in range(0, len(rows), AT_ONCE):
        new = upsert(WebhookDelivery).values(rows[start : start + AT_ONCE]).on_conflict_do_nothing()
        written += len(db.session.scalars(new.returning(WebhookDelivery.id)).all())
    return written


def replay(webhook: Webhook, since: datetime, until: datetime, event_id: UUID | None = None) -> int:
    """Send what happened in a span of time once more, or one event of it. Returns how many. Needs an open transaction.

    Raises `NotPossible` for more than `MAX_REPLAYED` at once.
    """
    number = 1 + (
        db.session.scalar(select(func.max(WebhookDelivery.replay)).where(WebhookDelivery.webhook_id == webhook.id)) or 0
    )
    wanted: list[FeedEvent] = []
    begin, is_last = 0, False
    while not is_last and begin < webhook.position:
        page = read_feed(begin, 1_000, webhook.lists, end=webhook.position)
        begin, is_last = page.end, page.is_last
        told = [one for one in page.events if since <= one.at < until and webhook.wants(one.name, one.form)]
        wanted += [one for one in told if event_id in {None, one.id}]
        if len(wanted) > MAX_REPLAYED:
            raise NotPossible(f"More than {MAX_REPLAYED:,} events: choose a shorter time.")
    return _write(webhook.id, wanted, number)


def send_test(webhook: Webhook) -> WebhookDelivery:
    """Write down a delivery that tells of nobody. Needs an open transaction."""
    uid = uuid7()
    delivery = WebhookDelivery(uid=uid, event_id=uid, webhook_id=webhook.id, name=EventName.TEST, body=test_body())
    delivery.subject = f"test-{uid.hex[-16:]}"
    db.session.add(delivery)
    db.session.flush()
    return delivery
