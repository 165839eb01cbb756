"""The feed of events: entries of the ledger in their order, each told once, however many write at the same time.

The sequencer gives an event its place after the event's commit, and places grow by one: a reader who goes on behind the
last place misses nothing. An event is there within about a second.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from signup.access.audit import AuditEntry
from signup.consent.consent_event import ConsentEvent
from signup.consent.given_values import opens_to
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.forms.form import Form, FormVersion
from signup.ground import tokens
from signup.ground.db import db
from signup.ledger.ledger_entry import LedgerEntry
from signup.webhooks.event_name import CONTACT_ACTIONS, EventName, name_of


class FeedEvent(NamedTuple):
    """One event, without anything personal."""

    position: int
    """Its place in the ledger, from 0."""
    id: UUID
    name: EventName
    at: datetime
    list: str | None
    form: str | None
    """The public id of the form that it came by."""
    contact: UUID | None
    """None once the contact is erased, and where the reader's lists do not know it."""
    subject: str
    """An opaque id that all events of a contact share, after its erasure too."""
    method: str
    contact_id: int | None = None
    """For us alone."""


class FeedPage(NamedTuple):
    """The events of a stretch of the ledger."""

    events: list[FeedEvent]
    end: int
    """The place behind the last entry that was looked at: go on there."""
    is_last: bool


def read_feed(begin: int, limit: int, lists: frozenset[int] | None = None, end: int | None = None) -> FeedPage:
    """The events among the next `limit` entries from place `begin` on, up to place `end`; of `lists`, or of all."""
    places = select(LedgerEntry.position, LedgerEntry.event_id, LedgerEntry.audit_id)
    places = places.where(LedgerEntry.position >= begin).order_by(LedgerEntry.position).limit(limit)
    if end is not None:
        places = places.where(LedgerEntry.position < end)
    entries = db.session.execute(places).all()
    if not entries:
        return FeedPage([], begin, is_last=True)
    at = {event_id: position for position, event_id, _audit in entries if event_id}
    found = _of_consent(at, lists)
    if lists is None:  # what was changed about somebody, and by whom, is of all lists
        found += _of_audit({audit_id: position for position, _event, audit_id in entries if audit_id})
    return FeedPage(sorted(found), entries[-1].position + 1, is_last=len(entries) < limit)


def feed_end() -> int:
    """The place behind the newest entry: where a reader begins who wants to hear of new events only."""
    last = db.session.scalar(select(func.max(LedgerEntry.position)))
    return 0 if last is None else int(last) + 1


def _of_consent(at: dict[UUID, int], lists: frozenset[int] | None) -> list[FeedEvent]:
    query = (
        select(ConsentEvent, MailingList.slug, Form.public_id)
        .outerjoin(MailingList, MailingList.id == ConsentEvent.list_id)
        .outerjoin(FormVersion, FormVersion.id == ConsentEvent.form_version_id)
        .outerjoin(Form, Form.id == FormVersion.form_id)
        .where(ConsentEvent.id.in_(list(at)))
    )
    if lists is not None:
        query = query.where(ConsentEvent.list_id.in_(lists))
    rows = db.session.execute(query).all()
    known = _contacts({row.ConsentEvent.contact_id for row in rows}, lists)
    found = []
    for event, slug, form in rows:
        if name := name_of(event.type, event.purpose):
            contact = known.get(event.contact_id)
            subject = subject_of(event.contact_id)
            told = (at[event.id], event.id, name, event.at, slug, form, contact, subject, event.method)
            found.append(FeedEvent(*told, event.contact_id))
    return found


def _of_audit(at: dict[int, int]) -> list[FeedEvent]:
    query = select(AuditEntry).where(AuditEntry.id.in_(list(at)), AuditEntry.action.in_(CONTACT_ACTIONS))
    entries = {entry: UUID(entry.object) for entry in db.session.scalars(query) if _is_uid(entry.object)}
    known = {
        row.uid: row.id
        for row in db.session.execute(select(Contact.uid, Contact.id).where(Contact.uid.in_(list(entries.values()))))
    }
    found = []
    for entry, uid in entries.items():
        if (contact_id := known.get(uid)) is not None:
            about = (None, None, uid, subject_of(contact_id), entry.action)
            own = UUID(int=entry.id)  # the trail's own number: unique, and the same at every reading
            found.append(FeedEvent(at[entry.id], own, EventName.CONTACT_UPDATED, entry.at, *about, contact_id))
    return found


def _contacts(ids: Collection[int], lists: frozenset[int] | None) -> dict[int, UUID]:
    query = select(Contact.id, Contact.uid).where(Contact.id.in_(list(ids)))
    if lists is not None:
        query = query.where(opens_to(lists))
    return {row.id: row.uid for row in db.session.execute(query)}


def subject_of(contact_id: int) -> str:
    """The opaque id that all events of a contact share. From it nobody finds out who that was."""
    return tokens.keys().hash(f"feed:{contact_id}")


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
