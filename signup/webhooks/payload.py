"""What a webhook is sent: the event with ids alone, or with the contact as it is at that moment."""

import json
from typing import Any

from sqlalchemy import select

from signup.access.seen_contact import best_of
from signup.addresses.address import mailbox_key
from signup.audience.search import subscriptions_of
from signup.consent.given_values import cards, opens_to
from signup.contacts.contact import Contact
from signup.contacts.value_change import LANGUAGE, NAME
from signup.ground.clock import utcnow
from signup.ground.db import db
from signup.webhooks.event_feed import FeedEvent
from signup.webhooks.event_name import EventName
from signup.webhooks.webhook import Webhook, WebhookDelivery


def thin(event: FeedEvent) -> dict[str, Any]:
    """An event without anything personal, as Standard Webhooks has it: type, timestamp, data."""
    about = {"list": event.list, "form": event.form, "subject": event.subject, "method": event.method}
    contact = str(event.contact) if event.contact else None
    return {
        "type": event.name.value,
        "timestamp": event.at.isoformat(timespec="milliseconds"),
        "data": {"id": str(event.id), "contact": contact, **about},
    }


def test_body() -> dict[str, Any]:
    """What a test sends."""
    now = utcnow().isoformat(timespec="milliseconds")
    return {"type": EventName.TEST.value, "timestamp": now, "data": {"message": "Hello from your sign-up service."}}


def body_of(webhook: Webhook, delivery: WebhookDelivery) -> str:
    """The body to send now. Of an erased contact, and of one that the endpoint's lists do not know, ids are all."""
    body = dict(delivery.body)
    if webhook.is_full and delivery.contact_id is not None:
        body["data"] = {**body["data"], "person": _person(delivery.contact_id, webhook.lists)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _person(contact_id: int, lists: frozenset[int] | None) -> dict[str, Any] | None:
    query = select(Contact).where(Contact.id == contact_id)
    contact = db.session.scalar(query if lists is None else query.where(opens_to(lists)))
    if contact is None:
        return None
    entries = subscriptions_of([contact_id], lists).get(contact_id, [])
    known = contact.values if lists is None else cards([contact_id], lists).get(contact_id, {})
    return {
        # As it is compared: how it was typed first may be another list's.
        "email": contact.address if lists is None else mailbox_key(contact.address_key),
        "name": known.get(NAME) or "",
        "language": known.get(LANGUAGE) or "",
        "state": contact.standing if lists is None else best_of(entries),
        "fields": {key: value for key, value in known.items() if key not in {NAME, LANGUAGE}},
        "lists": {entry.list.slug: entry.state for entry in entries},
    }
