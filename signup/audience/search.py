"""Finding contacts: by the beginning of an address or a name, by list, status and rule, newest first, by keyset."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from signup.audience.prefix import begins_with
from signup.audience.rule import EVERYONE, Group
from signup.audience.rule_sql import compiled
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Standing
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
    lists: frozenset[int] | None = None
    """All that the reader may know of; None: every list. Without `list_id`, `state` is that on any of them."""
    also: Group = EVERYONE
    """Met besides the rule: a filter of the page. Apart from it, as groups may stand in each other only so deep."""
    whole_address: bool = False
    """Compare the whole address only: for readers who may not see addresses, a prefix would spell them out."""
    oldest_first: bool = False


class Found(NamedTuple):
    """One page of contacts with their subscriptions, and cursors to the pages beside it (None at an end).

    `newer` is the page before this one; when the oldest go first, it holds older ones.
    """

    rows: list[Contact]
    subscriptions: dict[int, list[Subscription]]
    newer: str | None
    older: str | None


def find(search: Search, cursor: str = "", limit: int = PAGE) -> Found:
    """The page at `cursor`, as an earlier answer gave it; the first page without or with one that is not ours."""
    is_next, position = _read(cursor)
    descends = is_next != search.oldest_first
    key = Contact.id if search.list_id is None else Subscription.id
    query = select(Contact, key).where(*conditions(search))
    if search.list_id is not None:
        query = query.join(Subscription, Subscription.contact_id == Contact.id)
    if position is not None:
        query = query.where(key < position if descends else key > position)
    query = query.order_by(key.desc() if descends else key.asc()).limit(limit + 1)
    plan_for_once()
    rows = [(contact, int(place)) for contact, place in db.session.execute(query)]
    has_more = len(rows) > limit
    rows = rows[:limit] if is_next else rows[:limit][::-1]
    newer = rows and (position is not None if is_next else has_more)
    older = rows and (has_more if is_next else True)
    return Found(
        rows=[contact for contact, _place in rows],
        subscriptions=subscriptions_of([contact.id for contact, _place in rows], search.lists),
        newer=_write("n", rows[0][1]) if newer else None,
        older=_write("o", rows[-1][1]) if older else None,
    )


def count(search: Search) -> int:
    """How many there are, up to one more than `CAP`."""
    met = select(Contact.id).where(*conditions(search))
    if search.list_id is not None:
        met = met.join(Subscription, Subscription.contact_id == Contact.id)
    plan_for_once()
    return db.session.scalar(select(func.count()).select_from(met.limit(CAP + 1).subquery())) or 0


def subscriptions_of(contact_ids: Sequence[int], lists: frozenset[int] | None = None) -> dict[int, list[Subscription]]:
    """The subscriptions of these contacts, by contact, the oldest first; only those to `lists`."""
    found: dict[int, list[Subscription]] = {}
    if contact_ids:
        query = select(Subscription).where(Subscription.contact_id.in_(contact_ids))
        if lists is not None:
            query = query.where(Subscription.list_id.in_(lists))
        for subscription in db.session.scalars(query.order_by(Subscription.id)):
            found.setdefault(subscription.contact_id, []).append(subscription)
    return found


def conditions(search: Search) -> list[ColumnElement[bool]]:
    """The search in SQL over `Contact`; with a list, joined to its `Subscription`."""
    asked = [compiled(search.rule), compiled(search.also), Contact.standing != Standing.MERGED]
    if search.list_id is not None:
        asked.append(Subscription.list_id == search.list_id)
    elif search.lists is not None:
        asked.append(_is_on(search.lists, search.state))
    if search.state and search.list_id is not None:
        asked.append(Subscription.state == search.state)
    elif search.state and search.lists is None:
        asked.append(Contact.standing == search.state)
    if text := " ".join(search.text.lower().split()):
        if search.whole_address:
            asked.append(Contact.address_key == text)
        else:
            asked.append(or_(begins_with(Contact.address_key, text), begins_with(Contact.name_key, text)))
    return asked


def _is_on(lists: frozenset[int], state: str) -> ColumnElement[bool]:
    entry = aliased(Subscription)
    mine = select(entry.id).where(entry.contact_id == Contact.id, entry.list_id.in_(lists))
    return (mine.where(entry.state == state) if state else mine).correlate(Contact).exists()


def _write(direction: str, place: int) -> str:
    return urlsafe_b64encode(f"{direction}{place}".encode()).rstrip(b"=").decode()


def _read(cursor: str) -> tuple[bool, int | None]:
    try:
        text = urlsafe_b64decode(cursor[:MAX_CURSOR].encode() + b"==").decode()
        place: Any = int(text[1:])
    except ValueError:
        return True, None
    return text[:1] != "n", place if 0 <= place < 1 << 62 else None
