"""Finds contacts by any word that is known of them, by list, status and rule; by keyset, in any order."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, not_, select
from sqlalchemy.orm import aliased

from signup.addresses.address import TEST, key_of
from signup.audience.contact_order import ContactOrder, is_beyond, ordered, position_of, sort_columns
from signup.audience.match_contacts import Matches, match
from signup.audience.rule import EVERYONE, ConditionGroup
from signup.audience.rule_sql import rule_condition
from signup.consent.given_values import opened
from signup.consent.subscription import Subscription
from signup.contacts.contact import UNREAL, Contact, Nature, is_counted
from signup.ground.db import db
from signup.ground.errors import TooSlow
from signup.ground.query_planning import plan_for_few, plan_for_once, within

PAGE = 50
CAP = 10_000
"""Where counting ends: above it, a page says "at least"."""
PATIENCE = timedelta(milliseconds=30)
WINDOW = 10_000
"""Of a rule that is not answered in that time, so many contacts are looked at: a page says so, and how to see all."""
MAX_CURSOR = 40


@dataclass(frozen=True)
class Search:
    """What to look for. With a list, `state` is that subscription's; without, the contact's standing."""

    text: str = ""
    list_id: int | None = None
    state: str = ""
    rule: ConditionGroup = EVERYONE
    lists: frozenset[int] | None = None
    """All that the reader may know of; None: every list. Without `list_id`, `state` is that on any of them."""
    also: ConditionGroup = EVERYONE
    """Met besides the rule: a filter of the page. Apart from it, as groups may stand in each other only so deep."""
    whole_address: bool = False
    """Compare the whole address only: for readers who may not see addresses, words would spell them out."""
    hidden: frozenset[str] = frozenset()
    """Keys of the fields that the reader does not see: nobody is found by what is in them."""
    order: ContactOrder = ContactOrder.NEWEST
    tests: bool = False
    """Tests, which no other search finds."""
    matches: Matches | None = field(default=None, compare=False)
    """Who is found by `text`, once that was looked up."""

    @property
    def asks_words(self) -> bool:
        return bool(self.text.strip()) and not self.whole_address


class FoundContacts(NamedTuple):
    """One page of contacts with their subscriptions, and cursors to the pages beside it (None at an end).

    `newer` is the page before this one; when the oldest go first, it holds older ones.
    """

    rows: list[Any]
    """Contacts; a page may put in their place what its reader may know of them."""
    subscriptions: dict[int, list[Subscription]]
    newer: str | None
    older: str | None
    looked_at: int = 0
    """Only so many contacts were, and the page beside this one goes on from there; 0: as many as it took."""


class Counted(NamedTuple):
    """How many there are; `is_capped`: at least so many. `at`: when, if not now."""

    n: int
    is_capped: bool
    at: datetime | None = None


def find(search: Search, cursor: str = "", limit: int = PAGE, *, is_patient: bool = False) -> FoundContacts:
    """The page at `cursor`, as an earlier answer gave it; the first page without or with one that is not ours.

    Unless `is_patient`, a rule that takes long is asked of the next `WINDOW` contacts only.
    """
    plan_for_once()
    search = looked_up(search)
    is_next, place = _read(cursor)
    sort, order = _sort(search)
    position = None if place is None else position_of(sort, place)
    descends = is_next == order.descends
    query = select(Contact, sort[-1]).where(*conditions(search))
    if search.list_id is not None:
        query = query.join(Subscription, Subscription.contact_id == Contact.id)
    if position is not None:
        query = query.where(is_beyond(sort, position, descends=descends))
    query = query.order_by(*ordered(sort, descends=descends)).limit(limit + 1)
    rows, edge = _among_newest(search, query, position, descends=descends), None
    if not rows or (descends and len(rows) <= limit):
        window = None if is_patient else _window(search, sort, position, descends=descends)
        rows, edge = _look(query, window, sort, descends=descends)
    has_more = len(rows) > limit
    edge = None if has_more else edge
    rows = rows[:limit] if is_next else rows[:limit][::-1]
    first, last = (rows[0][1], rows[-1][1]) if rows else (None, None)
    newer = (first if position is not None else None) if is_next else (first if has_more else edge)
    older = (last if has_more else edge) if is_next else last
    return FoundContacts(
        rows=[contact for contact, _key in rows],
        subscriptions=subscriptions_of([contact.id for contact, _key in rows], search.lists),
        newer=None if newer is None else _write("n", newer),
        older=None if older is None else _write("o", older),
        looked_at=0 if edge is None else WINDOW,
    )


def looked_up(search: Search) -> Search:
    """The search with whom its words find, which is looked up once for all that is asked of it."""
    if search.matches is not None or not search.asks_words:
        return search
    return replace(search, matches=match(search.text, search.lists, search.hidden))


def _sort(search: Search) -> tuple[tuple[Any, ...], ContactOrder]:
    """What the rows are sorted by. Of words that very many hold, only the newest are known: these come as stored."""
    if search.matches is None or search.matches.is_complete:
        return sort_columns(search.order, search.list_id, knows_all=search.lists is None), search.order
    return (Contact.id,), search.order if search.order.column == "signed-up" else ContactOrder.NEWEST


def _window(search: Search, sort: tuple[Any, ...], position: tuple[Any, ...] | None, *, descends: bool) -> Select[Any]:
    """The last of the next `WINDOW` rows, whether they are wanted or not."""
    rows = select(*sort).order_by(*ordered(sort, descends=descends))
    if search.list_id is not None and sort[-1].table is Subscription.__table__:
        rows = rows.where(Subscription.list_id == search.list_id)
    if position is not None:
        rows = rows.where(is_beyond(sort, position, descends=descends))
    return rows.offset(WINDOW - 1).limit(2)


def _among_newest(search: Search, query: Any, position: tuple[Any, ...] | None, *, descends: bool) -> list[Any]:
    """Of words that many hold, the rows of a page among the newest of these, without a walk through everybody."""
    matches = search.matches
    if matches is None or matches.is_complete or matches.is_limited:
        return []
    is_there = descends if position is None else position[0] > matches.ids[0]
    return list(db.session.execute(query.where(Contact.id.in_(matches.ids)))) if is_there else []


def _look(
    query: Any, window: Select[Any] | None, sort: tuple[Any, ...], *, descends: bool
) -> tuple[list[Any], int | None]:
    """The rows; where that takes too long those of the next `WINDOW`, and the key of the last of these if more come.

    Without a window, the rows however long it takes.
    """
    if window is None:
        return list(db.session.execute(query)), None
    try:
        with within(PATIENCE):
            return list(db.session.execute(query)), None
    except TooSlow:
        plan_for_few()
        ends = db.session.execute(window).all()
    if not ends:
        return list(db.session.execute(query)), None
    last = tuple(ends[0])
    rows = list(db.session.execute(query.where(not_(is_beyond(sort, last, descends=descends)))))
    return rows, last[-1] if len(ends) > 1 else None


def count(search: Search) -> Counted:
    """How many there are, up to `CAP`; where that takes too long, how many among the newest `WINDOW`."""
    plan_for_once()
    search = looked_up(search)
    key = Contact.id if search.list_id is None or search.asks_words else Subscription.id
    met = select(key).where(*conditions(search))
    if search.list_id is not None:
        met = met.select_from(Contact).join(Subscription, Subscription.contact_id == Contact.id)
    try:
        with within(PATIENCE):
            n, is_partial = _count(met), False
    except TooSlow:
        plan_for_few()
        first, last = ends_of(key)
        n, is_partial = _count(met.where(key > last - WINDOW)), last - WINDOW >= first
    return Counted(min(n, CAP), n > CAP or is_partial)


def _count(met: Select[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(met.limit(CAP + 1).subquery())) or 0


def ends_of(key: Any) -> tuple[int, int]:
    """The first and the last of all keys. Asked for both at once, SQLite reads every row."""
    first, last = (select(end(key)).scalar_subquery() for end in (func.min, func.max))
    ends = db.session.execute(select(first, last)).one()
    return ends[0] or 0, ends[1] or 0


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
    asked = [rule_condition(search.rule, search.lists), rule_condition(search.also, search.lists)]
    asked += [UNREAL, Contact.nature == Nature.TEST] if search.tests else [is_counted()]
    if search.list_id is not None:
        asked.append(Subscription.list_id == search.list_id)
        asked += [] if search.lists is None else [opened()]
    elif search.lists is not None:
        asked.append(_is_on(search.lists, search.state))
    if search.state and search.list_id is not None:
        asked.append(Subscription.state == search.state)
    elif search.state and search.lists is None:
        asked.append(Contact.standing == search.state)
    if search.whole_address and (address := search.text.strip()):
        asked.append(Contact.address_key == (TEST if search.tests else "") + key_of(address))
    elif matches := looked_up(search).matches:
        asked.append(matches.condition())
    return asked


def _is_on(lists: frozenset[int], state: str) -> ColumnElement[bool]:
    entry = aliased(Subscription)
    mine = select(entry.id).where(entry.contact_id == Contact.id, entry.list_id.in_(lists), opened(entry))
    return (mine.where(entry.state == state) if state else mine).correlate(Contact).exists()


def _write(direction: str, place: int) -> str:
    return urlsafe_b64encode(f"{direction}{place}".encode()).rstrip(b"=").decode()


def is_cursor(cursor: str) -> bool:
    """Whether a page of ours gave it out, as far as one can see."""
    return len(cursor) <= MAX_CURSOR and _read(cursor)[1] is not None


def _read(cursor: str) -> tuple[bool, int | None]:
    try:
        text = urlsafe_b64decode(cursor[:MAX_CURSOR].encode() + b"==").decode()
        place: Any = int(text[1:])
    except ValueError:
        return True, None
    return text[:1] != "n", place if 0 <= place < 1 << 62 else None
