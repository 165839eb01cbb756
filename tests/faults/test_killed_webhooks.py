"""Workers die by -9 while events are told to another program, which answers badly now and then: each event arrives, and
of one contact they arrive in order.
"""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.ground.clock import uuid7
from signup.ground.db import close_connections, db, transaction
from signup.ledger.ledger_entry import LedgerEntry
from signup.webhooks import webhook
from signup.webhooks.webhook import DeliveryState, WebhookDelivery
from tests.faults.conftest import build_world
from tests.faults.relay import Relay
from tests.faults.service import Service, let_pass, running, wait_until
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.faults

EACH = (ConsentType.REQUESTED, ConsentType.CONFIRMED, ConsentType.PREFERENCE_CHANGED, ConsentType.UNSUBSCRIBED)
LEASE_AND_MORE = 61


def write_events(people: int) -> None:
    """So many contacts, each with one event of each kind, in the order of `EACH`."""
    list_id = db.session.scalars(select(MailingList.id)).first()
    with transaction():
        addresses = [f"ada{n}@example.org" for n in range(people)]
        rows = [{"address": one, "address_key": one, "uid": uuid7(), "standing": "pending"} for one in addresses]
        db.session.execute(insert(Contact), rows)
        ids = list(db.session.scalars(select(Contact.id).where(Contact.address_key.in_(addresses))))
    for kind in EACH:
        events = [{"id": uuid7(), "type": kind, "contact_id": one, "list_id": list_id} for one in ids]
        with transaction():
            db.session.execute(insert(ConsentEvent), events)


def left() -> int:
    db.session.rollback()
    open_ = WebhookDelivery.state.in_([DeliveryState.WAITING, DeliveryState.SENDING])
    return db.session.scalar(select(func.count()).select_from(WebhookDelivery).where(open_)) or 0


def all_told(total: int) -> bool:
    db.session.rollback()
    done = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.state == DeliveryState.DELIVERED)
    return db.session.scalar(done) == total


def _has_more(receiver: Receiver, seen: int, total: int) -> Callable[[], bool]:
    return lambda: len(receiver.requests) > seen or all_told(total)


def _all_told_soon(total: int) -> bool:
    let_pass(LEASE_AND_MORE)
    return all_told(total)


def check(receiver: Receiver, secret: str, total: int) -> None:
    """Each came, each was signed, and of nobody did one overtake another."""
    bodies = receiver.verified(secret)
    first: dict[str, list[str]] = {}
    ids: Counter[str] = Counter()
    taken = [body for body, status in zip(bodies, receiver.answered, strict=True) if status == 200]
    for body in taken:
        ids[body["data"]["id"]] += 1
        if ids[body["data"]["id"]] == 1:
            first.setdefault(body["data"]["subject"], []).append(body["type"])
    assert len(ids) == total, f"{total - len(ids)} are lost"
    assert {tuple(types) for types in first.values()} == {
        ("signup.requested", "subscription.confirmed", "consent.changed", "subscription.unsubscribed")
    }


def test_workers_that_die_lose_no_event_and_keep_the_order(
    own_postgresql: str, tmp_path: Path, relay: Relay, is_long: bool
) -> None:
    people, kills = (1_250, 50) if is_long else (75, 4)
    total = len(EACH) * people
    world = next(build_world(own_postgresql, tmp_path, smtp_url=relay.url, webhook_networks="127.0.0.0/8"))
    with world.app.app_context(), receiving() as receiver:
        chance = random.Random(1)
        bad: tuple[int | str, ...] = (500, "hang up")
        receiver.mishap = lambda: chance.choice(bad) if chance.random() < 0.02 else None
        with transaction():
            _made, secret = webhook.add(receiver.url, [], [])
        write_events(people)
        workers = [Service(world.settings, "worker", "--processes", "1") for _ in range(2)]
        with running(*workers):
            for n in range(kills):
                wait_until(lambda: any(one.is_at_work for one in workers), 60, "a worker is up", 0.1)
                more = _has_more(receiver, len(receiver.requests), total)
                wait_until(more, 60, "it sends", 0.05)
                workers[n % 2].kill()
                let_pass(LEASE_AND_MORE)
                workers[n % 2].start()
            wait_until(lambda: _all_told_soon(total), 120, "everything is told", 0.5)
        assert db.session.scalar(select(func.count()).select_from(LedgerEntry)) == total
        assert left() == 0
        check(receiver, secret, total)
        close_connections()
