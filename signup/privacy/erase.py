"""Erases a person for good (GDPR art. 17), in one transaction: all of it or nothing.

What stays names nobody: the proof's headers with an `erased` event for each list, counts, and keyed hashes of the
address. It locks in the order in which confirming and leaving do. Two at once are one after the other.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, null, select, text, update
from sqlalchemy.exc import OperationalError

from signup.audience.scoring_round import settle_companies
from signup.companies.company import Company
from signup.companies.position import Position
from signup.consent import erasure
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import Subscription
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact
from signup.contacts.legal_hold import hold_on
from signup.counts import tally
from signup.counts.tally import Measure
from signup.duplicates.merge import parts_of
from signup.ground.db import Base, db, is_postgresql, upsert
from signup.ground.errors import LegallyHeld
from signup.imports import import_merge
from signup.kiosks import kiosk_entry
from signup.mailer.message import Message
from signup.privacy import erase_files
from signup.privacy.erase_rules import ERASE, ERASED, SEARCHES, EraseRule
from signup.privacy.person import Person, contacts_of, naming, person_of
from signup.signups.signup import Signup

LOOKS = 100
PAUSE_SECONDS = 0.05
GIVES_WAY_AFTER_MS = 200
LOCK_NOT_AVAILABLE = "55P03"
QUIET = {"synchronize_session": False}


@dataclass(frozen=True)
class ErasureOrder:
    """How somebody is erased."""

    method: str
    """As a consent event has it: operator, console, link, retention."""
    has_objected: bool = False
    """They never want mail again: their address goes on the stop list."""
    still: Callable[[Collection[int]], bool] | None = None
    """Asked of their contacts once these are locked: whether they are to be erased still."""


@dataclass(frozen=True)
class Erased:
    """What was erased, or would be: rows by table, files by folder."""

    contacts: int
    found: dict[str, int]
    held: str = ""
    """Why it would be refused."""
    until: datetime | None = None


def look(address: str) -> Erased:
    """What an erasure of the person with this address would do. Writes nothing."""
    return _look(person_of([address], contacts_of(address)))


def look_at(contact_ids: Collection[int]) -> Erased:
    """As `look`, for some contacts together and all that was merged into them."""
    return _look(person_of([], sorted({part for one in contact_ids for part in parts_of(one)})))


def _look(person: Person) -> Erased:
    hold = hold_on(person.contact_ids)
    found = {rule.name: _count(rule, person) for rule in ERASE} | _searches(person) | erase_files.look(person)
    known = {name: n for name, n in found.items() if n}
    return Erased(len(person.contact_ids), known, hold.reason if hold else "", hold.until if hold else None)


def erase(address: str, order: ErasureOrder) -> Erased:
    """Erase the person with this address. Needs an open transaction; `traces.wipe` follows it.

    Raises `LegallyHeld`, and changes nothing.
    """
    person = _locked(address)
    if order.still and not order.still(person.contact_ids):
        return Erased(0, {})
    if hold := hold_on(person.contact_ids):
        raise LegallyHeld(hold.reason, hold.until)
    found = Counter(_searches(person))
    _blank_searches(person)
    counts = _counts_less(person)
    _remember(person, order)
    kiosk_entry.note_bounces(list(person.signup_ids))
    companies = list(db.session.scalars(select(Position.company_id).where(Position.contact_id.in_(person.contact_ids))))
    for rule in ERASE:
        found[rule.name] += _apply(rule, person)
    _add_proof(person, order)
    tally.count(counts)
    settle_companies(Company.id.in_(companies))
    found.update(erase_files.remove(person))
    db.session.expire_all()
    return Erased(len(person.contact_ids), {name: n for name, n in found.items() if n})


def _locked(address: str) -> Person:
    """The person, with their rows locked, once nobody else changes who they are."""
    if is_postgresql():  # no chunk of an import may write down a row of theirs that we do not see
        db.session.execute(text(f"SELECT pg_advisory_xact_lock({import_merge.TURN})"))
    for _look in range(LOOKS):
        ids = contacts_of(address)
        if not _lock(ids):
            time.sleep(PAUSE_SECONDS)
            continue
        db.session.expire_all()
        if contacts_of(address) == ids:
            return person_of([address], ids)
    raise RuntimeError("this person is merged and unmerged again and again")


def _lock(ids: Collection[int]) -> bool:
    """Lock these people's rows; False, with none of them, if somebody else kept one for long.

    A sign-up locks the contact first, a confirmation the sign-up: no order suits both. PostgreSQL would end either
    after a second, and a visitor would be told to try again. So the erasure gives way before that.
    """
    queries = (
        select(Signup.id).where(Signup.contact_id.in_(ids)).order_by(Signup.id),
        select(Subscription.id).where(Subscription.contact_id.in_(ids)).order_by(Subscription.id),
        select(Contact.id).where(Contact.id.in_(ids)).order_by(Contact.id),
        select(Message.id).where(Message.contact_id.in_(ids)).order_by(Message.priority, Message.id),
    )
    if not is_postgresql():  # one writer at a time
        return True
    try:
        with db.session.begin_nested():  # its end gives back what it locked
            db.session.execute(text(f"SET LOCAL lock_timeout = '{GIVES_WAY_AFTER_MS}ms'"))
            for query in queries:
                db.session.execute(query.with_for_update())
            db.session.execute(text("SET LOCAL lock_timeout = DEFAULT"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


def _count(rule: EraseRule, person: Person) -> int:
    return db.session.scalar(select(func.count()).select_from(rule.table).where(rule.mine(person))) or 0


def _apply(rule: EraseRule, person: Person) -> int:
    mine = rule.mine(person)
    statement: Any = update(rule.table).values(dict(rule.blank)) if rule.blank else delete(rule.table)
    done: Any = db.session.execute(statement.where(mine), execution_options=QUIET)
    return int(done.rowcount)


def _counts_less(person: Person) -> list[dict[str, object]]:
    """What the maintained counts have less. A test was never counted."""
    people = db.session.scalars(select(Contact).where(Contact.id.in_(person.contact_ids)))
    counted = {one.id: one.standing for one in people if not one.is_test}
    states = select(Subscription.list_id, Subscription.state).where(Subscription.contact_id.in_(counted))
    rows: list[dict[str, object]] = [
        {"list_id": list_id, "measure": Measure.IN_STATE + state, "n": -1}
        for list_id, state in db.session.execute(states)
    ]
    return rows + [{"measure": Measure.STANDING + standing, "n": -1} for standing in counted.values()]


def _remember(person: Person, order: ErasureOrder) -> None:
    for address_hash in person.hashes:
        erasure.remember(address_hash)
        if order.has_objected:
            row = upsert(Suppression).values(address_hash=address_hash, reason=ERASED)
            db.session.execute(row.on_conflict_do_update(index_elements=["address_hash"], set_={"reason": ERASED}))


def _add_proof(person: Person, order: ErasureOrder) -> None:
    """One event for each contact and list: with it, a blanked entry of the proof is told from one that was damaged."""
    query = select(MailingList.id, MailingList.controller).where(MailingList.id.in_(person.list_ids))
    controllers: dict[int, str] = dict(db.session.execute(query).all())
    blank = {"type": ConsentType.ERASED.value, "method": order.method, "salt": null()}
    for contact_id in person.contact_ids:
        for list_id in person.list_ids or (0,):
            about = {"contact_id": contact_id, "list_id": list_id, "controller": controllers.get(list_id, "")}
            db.session.execute(insert(ConsentEvent).values(blank | about))


def _searches(person: Person) -> dict[str, int]:
    return {name: n for name in SEARCHES if (n := len(_naming_them(name, person)))}


def _blank_searches(person: Person) -> None:
    for name in SEARCHES:
        table, column = _search(name)
        if ids := _naming_them(name, person):
            nobody: dict[str, Any] = {"ids": []} if name == "bulk_edit" else {}
            db.session.execute(update(table).where(table.c.id.in_(ids)).values({column: nobody}))


def _naming_them(name: str, person: Person) -> list[int]:
    table, column = _search(name)
    names = naming(person.addresses)
    rows = db.session.execute(select(table.c.id, table.c[column]))
    return [row_id for row_id, search in rows if any(names.search(str(text)) for text in search.values())]


def _search(name: str) -> tuple[Table, str]:
    """A table on a floor above, and its column with what was searched for."""
    return Base.metadata.tables[name], {"bulk_edit": "selection", "contact_view": "query"}[name]
