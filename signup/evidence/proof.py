"""The proof of one person's consent, as values: who, what, when, where and how (GDPR art. 7(1)).

Whoever works with some lists sees these lists' events alone, and no answer of a hidden group of fields.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.duplicates.merge import parts_of
from signup.evidence import read_events
from signup.evidence.ledger_proof import LedgerProof, sealed
from signup.evidence.proven_event import ProvenEvent
from signup.ground.clock import utcnow
from signup.ground.db import db


@dataclass(frozen=True)
class Person:
    """Whom a proof is of, as far as its reader knows them."""

    id: int
    uid: UUID
    address: str
    name: str
    language: str
    known_keys: frozenset[str]
    """The fields whose answers the reader knows of them."""

    @classmethod
    def of(cls, contact: Contact) -> "Person":
        """A person as who sees every list knows them."""
        keys = frozenset(contact.answers)
        return cls(contact.id, contact.uid, contact.address, contact.name, contact.language, keys)


@dataclass(frozen=True)
class ProvenList:
    """One list that a person was asked about, and everything recorded of it, the oldest first."""

    subscription: Subscription
    events: list[ProvenEvent]

    @property
    def name(self) -> str:
        return self.subscription.list.name

    @property
    def controller(self) -> str:
        return self.subscription.list.controller


@dataclass(frozen=True)
class Proof:
    """Everything that proves what one person agreed to."""

    person: Person
    made_at: datetime
    lists: list[ProvenList]
    ledger: LedgerProof

    @property
    def events(self) -> list[ProvenEvent]:
        return [event for one in self.lists for event in one.events]

    def event(self, uid: UUID) -> ProvenEvent | None:
        """The event with this id."""
        return next((event for event in self.events if event.id == uid), None)


def proof_of(person: Person, subscriptions: Iterable[Subscription]) -> Proof:
    """The proof of a person on these lists, which must be the reader's to see."""
    entries = {entry.list_id: entry for entry in subscriptions}
    query = select(ConsentEvent).where(ConsentEvent.contact_id.in_(parts_of(person.id)))
    query = query.where(ConsentEvent.list_id.in_(list(entries))).order_by(ConsentEvent.at, ConsentEvent.id)
    rows = list(db.session.scalars(query))
    lists_of = {row.id: row.list_id for row in rows}
    events = read_events.read(rows, person.id, person.known_keys)
    lists = [
        ProvenList(entry, [event for event in events if lists_of[event.id] == list_id])
        for list_id, entry in entries.items()
    ]
    return Proof(person, utcnow(), lists, sealed(rows))
