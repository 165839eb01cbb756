"""Finds contacts that may be the same person among a million: the database selects likely pairs, Python compares them.

People meet in a block: the same mailbox, phone, day of birth, end of the postcode, beginning of the company. A small
block compares everybody with everybody; in a large one only neighbours by name are compared, so its cost stays linear.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import combinations, groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, case, cast, delete, func, literal, select, union_all
from sqlalchemy.orm import aliased

from signup.addresses.address import canonical_mailbox, is_same_mailbox
from signup.contacts.contact import Contact, is_counted
from signup.duplicates.duplicate import Duplicate, PairState
from signup.duplicates.likeness import (
    THRESHOLD,
    ComparedPerson,
    Likeness,
    company_key,
    compare,
    digits,
    name_parts,
    postcode_key,
)
from signup.ground.db import db, is_postgresql, transaction, upsert
from signup.ground.dialect import fold, now
from signup.ground.jobs import stopping
from signup.ground.query_planning import plan_for_once

SMALL_BLOCK = 30
NEIGHBOURS = 6
MAX_PAIRS = 100_000
"""The most pairs that a search stores, the most likely first. Nobody looks through more."""
BATCH = 500
CHUNK = 5_000
KEYS = {
    "phone": ("phone", "mobile", "telephone", "tel"),
    "postcode": ("postcode", "postal_code", "zip", "plz", "npa"),
    "company": ("company", "organisation", "organization", "employer"),
    "birth_date": ("birth_date", "birthday", "date_of_birth", "birthdate"),
}
"""The keys under which an answer is a phone number, a postal code and so on."""


class Pair(NamedTuple):
    """Two contacts by id, the lower first."""

    first: int
    second: int
    likeness: Likeness


class Searched(NamedTuple):
    """The result of a search."""

    pairs: int
    new: int
    gone: int


def look() -> list[Pair]:
    """All likely pairs, the most likely first. Only reads."""
    plan_for_once()
    rows = db.session.execute(_blocks().execution_options(yield_per=CHUNK))
    found: dict[tuple[int, int], Likeness] = {}
    for _block, members in groupby(rows, key=attrgetter("block")):
        for one, other in _meetings([_person(row) for row in members]):
            ids = (min(one.id, other.id), max(one.id, other.id))
            if ids not in found and (likeness := compare(one, other)).score >= THRESHOLD:
                found[ids] = likeness
        if stopping().is_set():
            break
    db.session.rollback()
    pairs = [Pair(*ids, likeness) for ids, likeness in found.items()]
    return sorted(pairs, key=lambda pair: (-pair.likeness.score, pair.first, pair.second))[:MAX_PAIRS]


def search() -> Searched:
    """Find pairs and store them. Pairs that an operator decided stay; open pairs are updated."""
    begun = db.session.scalar(select(now()))
    pairs = look()
    if stopping().is_set():
        return Searched(0, 0, 0)
    known = _open()
    for start in range(0, len(pairs), BATCH):
        _keep(pairs[start : start + BATCH])
    gone = _delete_unlikely(begun)
    return Searched(len(pairs), _open() - known + gone, gone)


def _keep(pairs: list[Pair]) -> None:
    # A contact may have gone since it was read: only pairs of living ones are kept.
    ids = {id_ for pair in pairs for id_ in (pair.first, pair.second)}
    with transaction():
        living = set(db.session.scalars(select(Contact.id).where(Contact.id.in_(ids))))
        values = [
            {
                "first_id": pair.first,
                "second_id": pair.second,
                "score": pair.likeness.score,
                "reasons": list(pair.likeness.reasons),
            }
            for pair in pairs
            if {pair.first, pair.second} <= living
        ]
        if not values:
            return
        added = upsert(Duplicate).values(values)
        again = {"score": added.excluded.score, "reasons": added.excluded.reasons, "found_at": now()}
        keys = [Duplicate.first_id, Duplicate.second_id]
        db.session.execute(
            added.on_conflict_do_update(index_elements=keys, set_=again, where=Duplicate.state == PairState.OPEN)
        )


def _delete_unlikely(begun: datetime | None) -> int:
    """Delete open pairs that are no longer likely, because a value changed."""
    with transaction():
        unseen = delete(Duplicate).where(Duplicate.state == PairState.OPEN, Duplicate.found_at < begun)
        return len(db.session.execute(unseen.returning(Duplicate.id)).all())


def _open() -> int:
    return db.session.scalar(select(func.count(Duplicate.id)).where(Duplicate.state == PairState.OPEN)) or 0


def certain() -> list[tuple[Contact, Contact]]:
    """The open pairs that are certainly one person: one Gmail mailbox, and no value that differs."""
    first, second = aliased(Contact), aliased(Contact)
    query = (
        select(Duplicate, first, second)
        .join(first, first.id == Duplicate.first_id)
        .join(second, second.id == Duplicate.second_id)
        .where(Duplicate.state == PairState.OPEN, Duplicate.score >= THRESHOLD)
        .where(is_counted(first), is_counted(second))
        .order_by(Duplicate.id)
    )
    return [
        (one, other)
        for pair, one, other in db.session.execute(query)
        if "mailbox" in pair.reasons and is_certain(one, other)
    ]


def is_certain(one: Contact, other: Contact) -> bool:
    """Whether two contacts are one mailbox by their provider's rule, and no known value of theirs differs."""
    shared = one.answers.keys() & other.answers.keys()
    return (
        is_same_mailbox(one.address_key, other.address_key)
        and name_parts(one.name) == name_parts(other.name)
        and one.standing == other.standing
        and all(one.answers[key] == other.answers[key] for key in shared)
    )


def _meetings(members: list[ComparedPerson]) -> Iterator[tuple[ComparedPerson, ComparedPerson]]:
    if len(members) <= SMALL_BLOCK:
        yield from combinations(members, 2)
        return
    for order in (_by_name, _by_name_backwards):
        members.sort(key=order)
        for place, one in enumerate(members):
            for other in members[place + 1 : place + 1 + NEIGHBOURS]:
                yield one, other


def _by_name(one: ComparedPerson) -> Any:
    return name_parts(one.name)


def _by_name_backwards(one: ComparedPerson) -> Any:
    return name_parts(one.name)[::-1]


def _person(row: Any) -> ComparedPerson:
    return ComparedPerson(
        row.id,
        row.name,
        row.address_key,
        canonical_mailbox(row.address_key),
        digits(str(row.phone or "")),
        postcode_key(str(row.postcode or "")),
        company_key(str(row.company or "")),
        str(row.birth_date or ""),
    )


def _blocks() -> Any:
    """The contacts that share a block with another, block by block."""
    known = select(Contact.id, Contact.name, Contact.address_key, *(_known(name).label(name) for name in KEYS))
    known = known.where(is_counted())
    people = known.cte("people")
    parts = [
        select(people, (literal(sign) + key).label("block")).where(func.length(key) >= least)
        for sign, key, least in _keys(people.c)
    ]
    every = union_all(*parts).subquery()
    crowd = select(every, func.count().over(partition_by=every.c.block).label("n")).subquery()
    return select(crowd).where(crowd.c.n > 1).order_by(crowd.c.block, crowd.c.id)


def _known(name: str) -> ColumnElement[str]:
    return func.coalesce(*(cast(Contact.answers[key].as_string(), String) for key in KEYS[name]), "")


def _keys(people: Any) -> Iterable[tuple[str, ColumnElement[str], int]]:
    """The blocks of a contact: the kind's letter, the key, and the least length at which the key says something."""
    phone, postcode = _without(people.phone, " -./()+"), _without(fold(people.postcode), " -")
    yield "m", _mailbox(people.address_key), 3
    yield "p", func.substr(phone, case((func.length(phone) > 9, func.length(phone) - 8), else_=1)), 7  # noqa: PLR2004
    yield "z", func.substr(postcode, case((func.length(postcode) > 4, func.length(postcode) - 3), else_=1)), 4  # noqa: PLR2004
    yield "c", func.substr(_without(fold(people.company), " .,-&"), 1, 5), 3
    yield "b", people.birth_date, 8


def _mailbox(key: ColumnElement[str]) -> ColumnElement[str]:
    """The local part up to a plus, without dots. It selects more pairs than `canonical_mailbox`, which then decides."""
    at = _place(key, "@")
    local, domain = func.substr(key, 1, at - 1), func.substr(key, at + 1)
    plus = _place(local, "+")
    cut = case((plus > 1, func.substr(local, 1, plus - 1)), else_=local)
    return func.replace(cut, ".", "") + "@" + case((domain == "googlemail.com", "gmail.com"), else_=domain)


def _place(text: ColumnElement[str], sign: str) -> ColumnElement[int]:
    return (func.strpos if is_postgresql() else func.instr)(text, sign)


def _without(text: ColumnElement[str], signs: str) -> ColumnElement[str]:
    for sign in signs:
        text = func.replace(text, sign, "", type_=String())
    return text
