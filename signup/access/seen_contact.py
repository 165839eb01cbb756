"""Reduces a contact to what the operator may see. Every page shows contacts through it.

Who works with every list sees the contact. Who works with some sees what these were given (`consent.given_values`): the
address, the values of their cards, the times of their subscriptions, and nothing that another list brought.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from signup.access import scope
from signup.addresses.address import mailbox_key
from signup.audience.search import subscriptions_of
from signup.consent.given_values import cards
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Nature, Standing
from signup.contacts.value_change import LANGUAGE, NAME
from signup.forms.form import Form
from signup.ground.db import db
from signup.ground.errors import NotFound
from signup.signups.signup import Signup


@dataclass(frozen=True)
class SeenContact:
    """What a reader of some lists knows of a contact; reads like a `Contact`."""

    id: int
    uid: UUID
    address: str
    nature: str
    standing: str
    created_at: datetime | None
    confirmed_at: datetime | None
    source: str = ""
    name: str = ""
    language: str = ""
    answers: dict[str, Any] = field(default_factory=dict)

    @property
    def is_test(self) -> bool:
        return self.nature == Nature.TEST

    @property
    def values(self) -> dict[str, Any]:
        return {**self.answers, NAME: self.name, LANGUAGE: self.language}


Seen = Contact | SeenContact


def seen(contacts: Sequence[Contact]) -> list[Seen]:
    """These contacts as the reader may know them, in their order. They must be the reader's to see."""
    lists = scope.seen()
    if lists is None:
        return list(contacts)
    ids = [contact.id for contact in contacts]
    known, entries, sources = cards(ids, lists), subscriptions_of(ids, lists), _sources(ids)
    return [_seen(one, known.get(one.id, {}), entries.get(one.id, []), sources.get(one.id, "")) for one in contacts]


def seen_one(contact: Contact) -> Seen:
    return seen([contact])[0]


def best_of(subscriptions: Sequence[Subscription]) -> str:
    """Where a contact stands over these subscriptions: at the best of them."""
    return Standing.best_of({entry.state for entry in subscriptions}, Standing.PENDING.value)


def _seen(contact: Contact, card: dict[str, Any], entries: list[Subscription], source: str) -> SeenContact:
    confirmed = [entry.confirmed_at for entry in entries if entry.confirmed_at]
    return SeenContact(
        contact.id,
        contact.uid,
        # As it is compared: how it was typed first may be another list's.
        mailbox_key(contact.address_key),
        contact.nature,
        best_of(entries),
        min((entry.created_at for entry in entries), default=None),
        min(confirmed, default=None),
        source,
        card.get(NAME) or "",
        card.get(LANGUAGE) or "",
        {key: value for key, value in card.items() if key not in {NAME, LANGUAGE}},
    )


def _sources(contact_ids: Sequence[int]) -> dict[int, str]:
    """By contact, the form of its first sign-up to one of the reader's lists."""
    query = select(Signup.contact_id, Form.name).join(Form, Form.id == Signup.form_id)
    query = query.where(Signup.contact_id.in_(contact_ids), scope.only(Signup.list_id)).order_by(Signup.id)
    found: dict[int, str] = {}
    for contact_id, name in db.session.execute(query):
        found.setdefault(contact_id, name)
    return found


def find_contact(uid: UUID) -> Contact:
    """The contact with this public id, merged or not. Raises `NotFound`."""
    found = db.session.scalar(select(Contact).where(Contact.uid == uid))
    if found is None:
        raise NotFound(f"contact {uid}")
    return found
