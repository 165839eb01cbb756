"""A person to be erased: every contact that is them, and by what else their rows are found."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import idna
from sqlalchemy import Text, cast, func, or_, select

from signup.addresses.address import TEST, key_of, mailbox_key, stored
from signup.consent.consent_event import ConsentEvent
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, hash_of
from signup.duplicates.merge import ContactMerge, parts_of, survivor_of
from signup.enquiries.enquiry import Enquiry, key_of_uid
from signup.files.import_run import UNDONE, ImportMend, ImportRow
from signup.ground.db import db
from signup.ground.tokens import keys
from signup.signups.signup import Signup

Line = tuple[int, int]
"""A row of an import: its run and its line."""


@dataclass(frozen=True)
class Person:
    """One person. `contact_ids` are theirs with all that was merged into it, and the test of the same mailbox."""

    contact_ids: tuple[int, ...]
    counterparts: tuple[int, ...]
    """Contacts that they were once merged with, and are no more."""
    signup_ids: tuple[int, ...]
    subscription_ids: tuple[int, ...]
    list_ids: tuple[int, ...]
    """Every list that holds proof of theirs, or has them now."""
    addresses: frozenset[str]
    """Their addresses as they may be spelled, in lower case."""
    enquiry_ids: tuple[int, ...]
    enquiry_mails: tuple[str, ...]
    import_lines: tuple[Line, ...]

    @property
    def hashes(self) -> list[str]:
        """How the stop list and imports know their mailboxes."""
        return sorted({hash_of(address) for address in self.addresses})

    @property
    def mailboxes(self) -> list[str]:
        """How limits and the allow list know them."""
        return sorted({keys().hash(stored(address).canonical) for address in self.addresses})

    @property
    def domains(self) -> list[str]:
        return sorted({address.rpartition("@")[2] for address in self.addresses})


def contacts_of(address: str) -> list[int]:
    """The ids of the contacts that are the person with this address, in order: merged ones count as one person."""
    key = key_of(mailbox_key(address))
    found: set[int] = set()
    for contact in db.session.scalars(select(Contact).where(Contact.address_key.in_((key, TEST + key)))):
        found |= set(parts_of(survivor_of(contact).id))
    return sorted(found)


def uids_of(contact_ids: Collection[int]) -> list[str]:
    """How the audit trail names these contacts."""
    query = select(Contact.uid).where(Contact.id.in_(contact_ids)).order_by(Contact.id)
    return [str(uid) for uid in db.session.scalars(query)]


def person_of(written: Collection[str], contact_ids: Collection[int]) -> Person:
    """The person with these addresses and contacts, by what is stored now. For a look, several people at once."""
    ids = tuple(contact_ids)
    addresses = _spellings(written, ids)
    signup_ids = _ids(select(Signup.id).where(Signup.contact_id.in_(ids)))
    enquiries = db.session.execute(
        select(Enquiry.id, Enquiry.uid).where(
            or_(Enquiry.signup_id.in_(signup_ids), func.lower(Enquiry.address).in_(addresses))
        )
    ).all()
    lists = set(db.session.scalars(select(ConsentEvent.list_id).where(ConsentEvent.contact_id.in_(ids)).distinct()))
    lists |= set(db.session.scalars(select(Subscription.list_id).where(Subscription.contact_id.in_(ids))))
    return Person(
        contact_ids=ids,
        counterparts=_counterparts(ids),
        signup_ids=signup_ids,
        subscription_ids=_ids(select(Subscription.id).where(Subscription.contact_id.in_(ids))),
        list_ids=tuple(sorted(lists)),
        addresses=addresses,
        enquiry_ids=tuple(row.id for row in enquiries),
        enquiry_mails=tuple(key_of_uid(row.uid) for row in enquiries),
        import_lines=_import_lines(ids, addresses),
    )


def naming(addresses: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds these addresses in a text, and none that only ends or begins like them."""
    any_of = "|".join(re.escape(address) for address in sorted(addresses))
    return re.compile(rf"(?<![\w.+%-])(?:{any_of})(?![\w-]|\.\w)", re.IGNORECASE)


def _spellings(written: Collection[str], ids: tuple[int, ...]) -> frozenset[str]:
    known = {*written, *db.session.scalars(select(Contact.address).where(Contact.id.in_(ids)))}
    known |= set(db.session.scalars(select(Contact.address_key).where(Contact.id.in_(ids))))
    typed = select(ConsentEvent.address).where(ConsentEvent.contact_id.in_(ids), ConsentEvent.address.is_not(None))
    keyed = {key_of(mailbox_key(text)) for text in (*known, *db.session.scalars(typed.distinct())) if text}
    return frozenset(keyed | {other for key in keyed if (other := _other_alphabet(key))})


def _other_alphabet(key: str) -> str:
    """The same address with its domain as DNS has it, or as people read it; empty where that is one."""
    local, _at, domain = key.rpartition("@")
    try:
        other = idna.decode(domain) if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return ""
    return f"{local}@{other}" if other != domain else ""


def _ids(query: Any) -> tuple[int, ...]:
    return tuple(db.session.scalars(query))


def _counterparts(ids: tuple[int, ...]) -> tuple[int, ...]:
    merges = select(ContactMerge.survivor_id, ContactMerge.gone_id).where(
        or_(ContactMerge.survivor_id.in_(ids), ContactMerge.gone_id.in_(ids))
    )
    return tuple(sorted({one for pair in db.session.execute(merges) for one in pair} - set(ids)))


def _import_lines(ids: tuple[int, ...], addresses: frozenset[str]) -> tuple[Line, ...]:
    """Rows of files that became these contacts, and those that became nobody, or were undone, and name an address."""
    mine = select(ImportRow.run_id, ImportRow.line).where(ImportRow.contact_id.in_(ids))
    found = {(row.run_id, row.line) for row in db.session.execute(mine)}
    names = naming(addresses)
    text = func.lower(cast(ImportRow.raw, Text))
    likely = or_(*(text.contains(address, autoescape=True) for address in addresses))
    is_nobody = or_(ImportRow.contact_id.is_(None), ImportRow.undo == UNDONE)
    refused = select(ImportRow.run_id, ImportRow.line, ImportRow.raw).where(is_nobody, likely)
    mended = db.session.execute(select(ImportMend.run_id, ImportMend.line, ImportMend.cells)).all()
    for run_id, line, cells in [*db.session.execute(refused).all(), *mended]:
        if names.search("\n".join(cells)):
            found.add((run_id, line))
    return tuple(sorted(found))
