"""Reads pairs and merges together with both of their contacts."""

from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from signup.contacts.contact import Contact, is_counted
from signup.duplicates.duplicate import Duplicate, PairState
from signup.duplicates.merge import ContactMerge
from signup.ground.db import db

MOST_MERGES = 50
FIRST, SECOND = aliased(Contact), aliased(Contact)


class ShownPair(NamedTuple):
    """A pair with both contacts."""

    pair: Duplicate
    first: Contact
    second: Contact


class Merged(NamedTuple):
    """A merge, with the contact that stayed and the one that was merged."""

    merge: ContactMerge
    survivor: Contact
    gone: Contact


def pairs() -> Select[Duplicate, Contact, Contact]:
    query = select(Duplicate, FIRST, SECOND).join(FIRST, FIRST.id == Duplicate.first_id)
    query = query.join(SECOND, SECOND.id == Duplicate.second_id)
    living = (is_counted(FIRST), is_counted(SECOND))
    return query.where((Duplicate.state == PairState.MERGED) | (living[0] & living[1]))


def open_pairs_of(contact_id: int) -> list[ShownPair]:
    """The open pairs of a contact."""
    mine = (Duplicate.first_id == contact_id) | (Duplicate.second_id == contact_id)
    query = pairs().where(mine, Duplicate.state == PairState.OPEN).order_by(Duplicate.score.desc())
    return [ShownPair(*row) for row in db.session.execute(query.limit(5))]


def merges_of(contact_id: int) -> list[Merged]:
    """The merges into a contact."""
    return merges(ContactMerge.survivor_id == contact_id, ContactMerge.undone_at.is_(None))


def merges(*conditions: Any) -> list[Merged]:
    query = select(ContactMerge, FIRST, SECOND).join(FIRST, FIRST.id == ContactMerge.survivor_id)
    query = query.join(SECOND, SECOND.id == ContactMerge.gone_id)
    rows = db.session.execute(query.where(*conditions).order_by(ContactMerge.id.desc()).limit(MOST_MERGES))
    return [Merged(*row) for row in rows]
