"""Finding contacts: by the beginning of an address or a name, by list, status and rule, newest first, by keyset."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from signup.audience.prefix import begins_with
from signup.audience.rule import EVERYONE, Group
from signup.audience.rule_sql import compiled
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.db import db, plan_for_once

PAGE = 50
CAP = 10_000
"""Where counting ends: above it, a page says "at least"."""
MAX_CURSOR = 40


@dataclass(frozen=True)
class Search:
    """What to look for. With a list, `state` is that subscription's; without, the contact's standing."""

    text: str = ""
    list_id: int | None = None
    state: str = ""
    rule: Group = EVERYONE
    also: Group = EVERYONE
    """Met besides the rule: a filter of the page. Apart from it, as groups may stand in each other only so deep."""
    whole_address: bool = False
    """Compare the whole address only: for readers who may not see addresses, a prefix would spell them out."""


class Found(NamedTuple):
    """One page of contacts with their subscriptions, and cursors to the pages beside it (None at an end)."""

    rows: list[Contact]
    subscriptions: dict[int, list[Subscription]]
    newer: str | None
    older: str | None


def find(search: Search, cursor: str = "", limit: int = PAGE) -> Found:
    """The page at `cursor`, as an earlier answer gave it; the first page without or with one that is not ours."""
    is_older, position = _read(cursor)
    key = Contact.id if search.list_id is None else Subscription.id
    query = select(Contact, key).where(*_conditions(search))
    if search.list_id is not None:
        query = query.join(Subscription, Subscription.contact_id == Contact.id)
    if position is not None:
        query = query.where(key < position if is_older else key > position)
    query = query.order_by(key.desc() if is_older else key.asc()).limit(limit + 1)
    plan_for_once()
    rows = [(contact, int(place)) for contact, place in db.session.execute(query)]
    has_more = len(rows) > limit
    rows = rows[:limit] if is_older else rows[:limit][::-1]
    newer = rows and (position is not None if is_older else has_more)
    older = rows and (has_more if is_older else True)
    return Found(
        rows=[contact for contact, _place in rows],
        subscriptions=subscriptions_of([contact.id for contact, _place in rows]),
        newer=_write("n", rows[0][1]) if newer else None,
        older=_write("o", rows[-1][1]) if older else None,
    )


def count(search: Search) -> int:
    """How many there are, up to one more than `CAP`."""
    met = select(Contact.id).where(*_conditions(search))
    if search.list_id is not None:
        met = met.join(Subscription, Subscription.contact_id == Contact.id)
    plan_for_once()
    return db.session.scalar(select(func.count()).select_from(met.limit(CAP + 1).subquery())) or 0


def subscriptions_of(contact_ids: Sequence[int]) -> dict[int, list[Subscription]]:
    """The subscriptions of these contacts, by contact, the oldest first."""
    found: dict[int, list[Subscription]] = {}
    if contact_ids:
        query = select(Subscription).where(Subscription.contact_id.in_(contact_ids)).order_by(Subscription.id)
        for subscription in db.session.scalars(query):
            found.setdefault(subscription.contact_id, []).append(subscription)
    return found


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    conditions = [compiled(search.rule), compiled(search.also)]
    if search.list_id is not None:
        conditions.append(Subscription.list_id == search.list_id)
    if search.state:
        conditions.append((Contact.standing if search.list_id is None else Subscription.state) == search.state)
    if text := " ".join(search.text.lower().split()):
        if search.whole_address:
            conditions.append(Contact.address_key == text)
        else:
            conditions.append(or_(begins_with(Contact.address_key, text), begins_with(Contact.name_key, text)))
    return conditions


def _write(direction: str, place: int) -> str:
    return urlsafe_b64encode(f"{direction}{place}".encode()).rstrip(b"=").decode()


def _read(cursor: str) -> tuple[bool, int | None]:
    try:
        text = urlsafe_b64decode(cursor[:MAX_CURSOR].encode() + b"==").decode()
        place: Any = int(text[1:])
    except ValueError:
        return True, None
    return text[:1] != "n", place if 0 <= place < 1 << 62 else None
