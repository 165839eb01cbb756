"""The pool of an incentive with discount codes: adding codes, marking them as redeemed, and the stock."""

import csv
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import and_, func, insert, select, update

from signup.counts.event import Event, EventKind
from signup.ground.db import db, upsert
from signup.ground.dialect import now
from signup.incentives.discount_code import MAX_LENGTH, DiscountCode
from signup.incentives.incentive import Incentive, IncentiveKind

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing to mistake for another when typed from a screen
MIN_RANDOM = 6
MAX_CODES = 100_000
"""How many codes can be added at once."""
BATCH = 500
HEADINGS = {"code", "codes", "coupon", "coupon code", "discount code", "voucher"}


def read_codes(content: bytes) -> list[str]:
    """Read codes from a CSV file or from lines: the column named `code`, else the first one."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = [row for row in csv.reader(StringIO(text), delimiter=delimiter) if row]
    except csv.Error:  # a quotation mark that never ends
        rows = [line.split(delimiter) for line in text.split("\n")]
    headings = [cell.strip().lower() for cell in rows[0]] if rows else []
    place = next((n for n, heading in enumerate(headings) if heading in HEADINGS), None)
    column = 0 if place is None else place
    cells = [row[column].strip() for row in rows[place is not None :] if len(row) > column]
    codes = [cell.removeprefix("'").strip() for cell in cells]  # our own file quotes what looks like a formula
    return [code for code in codes if code]


class AddedCodes(NamedTuple):
    """How many codes were added, and why others were not."""

    added: int
    known: int
    refused: int


def add(magnet: Incentive, codes: Iterable[str], expires_at: datetime | None) -> AddedCodes:
    """Add codes to the pool, each once. Needs an open transaction."""
    listed = list(codes)
    fine = {code.upper(): code for code in listed if _is_code(code)}
    added = 0
    for part in _batches(fine.items()):
        rows = [
            {"lead_magnet_id": magnet.id, "code": code, "code_key": key, "expires_at": expires_at} for key, code in part
        ]
        new = upsert(DiscountCode).values(rows).on_conflict_do_nothing().returning(DiscountCode.id)
        added += len(db.session.execute(new).all())
    refused = sum(not _is_code(code) for code in listed)
    return AddedCodes(added, len(listed) - refused - added, refused)


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    waiting = iter(items)
    while part := list(islice(waiting, BATCH)):
        yield part


def _is_code(code: str) -> bool:
    return 0 < len(code) <= MAX_LENGTH and code.isprintable() and not any(char.isspace() for char in code)


def generate(magnet: Incentive, pattern: str, count: int, expires_at: datetime | None) -> int:
    """Add `count` new codes by `pattern`; each `#` becomes a random character. Needs an open transaction.

    Raises `ValueError` for a pattern that leaves codes to be guessed.
    """
    if not _is_code(pattern) or pattern.count("#") < MIN_RANDOM:
        raise ValueError("pattern")
    added = 0
    while missing := min(count, MAX_CODES) - added:
        added += add(magnet, (_draw(pattern) for _n in range(missing)), expires_at).added
    return added


def _draw(pattern: str) -> str:
    return "".join(secrets.choice(ALPHABET) if char == "#" else char for char in pattern)


# Redeemed


class RedeemedCodes(NamedTuple):
    """What happened to codes that a shop reported as used."""

    marked: int
    before: int
    unknown: int


def redeem(codes: Iterable[str], pools: Sequence[int] | None = None) -> RedeemedCodes:
    """Mark codes of `pools` (None: of any) as used. A second report changes nothing.

    Needs an open transaction.
    """
    reach = [] if pools is None else [DiscountCode.lead_magnet_id.in_(pools)]
    keys = list(dict.fromkeys(code.upper() for code in codes))
    marked = known = 0
    for part in _batches(keys):
        here = select(func.count(DiscountCode.code_key.distinct())).where(DiscountCode.code_key.in_(part), *reach)
        known += db.session.scalar(here) or 0
        used = (
            update(DiscountCode)
            .where(DiscountCode.code_key.in_(part), DiscountCode.redeemed_at.is_(None), *reach)
            .values(redeemed_at=now())
            .returning(DiscountCode.code, DiscountCode.contact_id)
            .execution_options(synchronize_session=False)
        )
        rows = db.session.execute(used).all()
        marked += len({row.code.upper() for row in rows})
        if events := [
            {"contact_id": row.contact_id, "kind": EventKind.REDEEMED, "detail": {"code": row.code}}
            for row in rows
            if row.contact_id
        ]:
            db.session.execute(insert(Event), events)
    return RedeemedCodes(marked, known - marked, len(keys) - known)


class UsedCode(NamedTuple):
    """A used code: its text, when it was used, and whether that was known before."""

    code: str
    redeemed_at: datetime
    expires_at: datetime | None
    is_given: bool
    again: bool


def redeem_one(code: str, pools: Sequence[int] | None) -> UsedCode | None:
    """Mark one code as used. None where none of `pools` (None: any) has it. Needs an open transaction."""
    done = redeem([code], pools)
    query = select(DiscountCode).where(DiscountCode.code_key == code.upper(), DiscountCode.redeemed_at.is_not(None))
    if pools is not None:
        query = query.where(DiscountCode.lead_magnet_id.in_(pools))
    found = db.session.scalars(query.order_by(DiscountCode.redeemed_at, DiscountCode.id)).first()
    if found is None or found.redeemed_at is None:
        return None
    return UsedCode(found.code, found.redeemed_at, found.expires_at, found.given_at is not None, again=not done.marked)


# The stock


class PoolStock(NamedTuple):
    """How many codes of a pool are left, given, redeemed, and expired before they were given."""

    left: int
    given: int
    redeemed: int
    expired: int


def stocks(magnet_ids: Iterable[int] | None = None) -> dict[int, PoolStock]:
    """The stock of each pool with codes, by the incentive's id."""
    free = and_(DiscountCode.given_at.is_(None), DiscountCode.redeemed_at.is_(None))
    is_over = and_(DiscountCode.expires_at.is_not(None), DiscountCode.expires_at <= now())
    query = select(
        DiscountCode.lead_magnet_id,
        func.count().filter(free, ~is_over),
        func.count().filter(DiscountCode.given_at.is_not(None)),
        func.count().filter(DiscountCode.redeemed_at.is_not(None)),
        func.count().filter(free, is_over),
    ).group_by(DiscountCode.lead_magnet_id)
    if magnet_ids is not None:
        query = query.where(DiscountCode.lead_magnet_id.in_(list(magnet_ids)))
    return {row[0]: PoolStock(*row[1:]) for row in db.session.execute(query)}


def low_pools() -> Iterator[tuple[Incentive, int]]:
    """The pools in use that have few codes left, and how many."""
    query = select(Incentive).where(Incentive.kind == IncentiveKind.CODES, Incentive.retired_at.is_(None))
    if magnets := list(db.session.scalars(query.order_by(Incentive.name))):
        found = stocks(magnet.id for magnet in magnets)
        for magnet in magnets:
            left = found[magnet.id].left if magnet.id in found else 0
            if left <= magnet.low_at:
                yield magnet, left
