"""Who is found by the words of a search, as far as the reader may know of them.

Few are told at once, by their ids. Where more hold the words, the newest of them are; whoever looks for the others goes
through everybody.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select

from signup.audience import search_text
from signup.audience.index_contacts import texts_of
from signup.audience.search_change import SearchChange
from signup.audience.search_entry import SearchEntry
from signup.audience.search_text import SearchWord, all_in
from signup.consent.given_values import opens_to
from signup.contacts.contact import Contact
from signup.ground.db import db, is_postgresql
from signup.ground.errors import TooSlow
from signup.ground.query_planning import within

MOST = 2_000
"""So many are told by their ids."""
PATIENCE = timedelta(milliseconds=50)
FRESH = 1_000
"""So many of those who wait for the index, the newest, are read as they are."""


@dataclass(frozen=True)
class Matches:
    """The contacts that hold all words."""

    words: tuple[SearchWord, ...]
    ids: tuple[int, ...]
    """The newest of them, with the newest last."""
    is_complete: bool
    fresh: tuple[int, ...] = ()
    """Those among them whom the index does not know yet."""
    is_limited: bool = False
    """The reader does not see all that is known: whoever is not among `ids` is not found."""

    def condition(self) -> ColumnElement[bool]:
        """Whether a contact is one of them."""
        if self.is_complete or self.is_limited:
            return Contact.id.in_(self.ids)
        # As a value, not as a set of rows: each contact that is looked at is looked up, and no more than a page is.
        entry = select(SearchEntry.text).where(SearchEntry.contact_id == Contact.id)
        told = search_text.condition(self.words, entry.correlate(Contact).scalar_subquery())
        return or_(Contact.id.in_(self.fresh), told)


def match(query: str, lists: frozenset[int] | None = None, hidden: Collection[str] = ()) -> Matches:
    """Who is found by the words of `query`, as a reader of these lists (None: every list) without `hidden` fields sees
    them.
    """
    words = tuple(search_text.words_in(query))
    waiting = _waiting()
    if lists is None and not hidden:
        ids, is_complete = _indexed(words, None)
        fresh = [one for one, known in texts_of(waiting).items() if all_in(words, known)]
        return Matches(words, tuple(sorted({*ids, *fresh})), is_complete, tuple(fresh))
    ids, is_complete = _indexed(words, lists)
    # What the index holds is told by all lists: whether they may be found by it, what this reader sees decides.
    seen = texts_of([*ids, *_opened(waiting, lists)], lists, hidden)
    found = sorted(one for one, known in seen.items() if all_in(words, known))
    return Matches(words, tuple(found), is_complete, is_limited=True)


def waiting_for_index() -> int:
    """How many changes the index does not know yet, and a search does not see: what is not among the newest."""
    count = select(SearchChange.id).limit(FRESH * 100).subquery()
    n = db.session.scalar(select(func.count()).select_from(count)) or 0
    return n if n > FRESH else 0


def _waiting() -> list[int]:
    newest = select(SearchChange.contact_id).order_by(SearchChange.id.desc()).limit(FRESH)
    return list(set(db.session.scalars(newest)))


def _indexed(words: Sequence[SearchWord], lists: frozenset[int] | None) -> tuple[list[int], bool]:
    """The contacts whose entries hold the words; of more than `MOST` the newest, and that these are not all."""
    query = select(SearchEntry.contact_id).where(search_text.condition(words, SearchEntry.text))
    if lists is not None:
        query = query.join(Contact, Contact.id == SearchEntry.contact_id).where(opens_to(lists))
    found = list(db.session.scalars(query.limit(MOST + 1)))
    return (found, True) if len(found) <= MOST else (_newest(query), False)


def _newest(query: Select[int]) -> list[int]:
    """The newest of many. They are near the end, or PostgreSQL's index tells all of them sooner than a walk to them."""
    ordered = query.order_by(SearchEntry.contact_id.desc()).limit(MOST)
    if not is_postgresql():
        return list(db.session.scalars(ordered))
    try:
        with within(PATIENCE):
            return list(db.session.scalars(ordered))
    except TooSlow:
        held = query.cte("held").prefix_with("MATERIALIZED")
        return list(db.session.scalars(select(held.c.contact_id).order_by(held.c.contact_id.desc()).limit(MOST)))


def _opened(contact_ids: Sequence[int], lists: frozenset[int] | None) -> Sequence[int]:
    if lists is None:
        return contact_ids
    return list(db.session.scalars(select(Contact.id).where(Contact.id.in_(contact_ids), opens_to(lists))))
