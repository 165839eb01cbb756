"""Keeps the search index: a worker takes up what changed, some contacts at a time, and nobody waits for it."""

import time
from collections.abc import Collection, Sequence

import structlog
from sqlalchemy import delete, select, text
from sqlalchemy.exc import SQLAlchemyError

from signup.addresses.address import mailbox_key
from signup.audience.search_change import SearchChange
from signup.audience.search_entry import TRIGRAMS, SearchEntry
from signup.audience.search_text import strings_in, text_of
from signup.consent.given_values import cards
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.ground.db import db, is_postgresql, transaction, upsert
from signup.ground.jobs import stopping

SLICE, SLICE_SQLITE = 2_000, 500
BUDGET_SECONDS = 20.0
TURN = 5_050_001
"""PostgreSQL's advisory lock: of two who index one contact at once, the one who read first must not write last."""

log = structlog.get_logger()


def index_contacts() -> None:
    """The chore: index all that changed, and make the index of trigrams where that is possible."""
    ends = time.monotonic() + BUDGET_SECONDS
    while not stopping().is_set() and time.monotonic() < ends:
        if not index_some():
            make_trigrams()
            return


def index_some() -> int:
    """Index the contacts that have waited longest; returns how many changes that settled."""
    with transaction():
        if is_postgresql():
            db.session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
        waiting = select(SearchChange.id, SearchChange.contact_id).order_by(SearchChange.id)
        changes = db.session.execute(waiting.limit(SLICE if is_postgresql() else SLICE_SQLITE)).all()
        if changes:
            _write(texts_of(list({change.contact_id for change in changes}), is_kept=True))
            done = delete(SearchChange).where(SearchChange.id.in_([change.id for change in changes]))
            db.session.execute(done, execution_options={"synchronize_session": False})
    return len(changes)


def _write(texts: dict[int, str]) -> None:
    if not texts:
        return
    row = upsert(SearchEntry)
    row = row.on_conflict_do_update(
        index_elements=["contact_id"],
        set_={"text": row.excluded.text},
        where=SearchEntry.text != row.excluded.text,
    )
    db.session.execute(row, [{"contact_id": contact_id, "text": known} for contact_id, known in texts.items()])


def texts_of(
    contact_ids: Sequence[int],
    lists: frozenset[int] | None = None,
    hidden: Collection[str] = (),
    *,
    is_kept: bool = False,
) -> dict[int, str]:
    """By contact, the text in which a reader searches: of these lists what they were given, of every list (None) all
    that is known, without fields that are `hidden`.

    Contacts that are gone have none. What `is_kept` holds them, so that an erasure comes before or after.
    """
    query = select(Contact.id, Contact.address, Contact.address_key, Contact.name, Contact.answers)
    query = query.where(Contact.id.in_(contact_ids))
    if is_kept:
        query = query.with_for_update(read=True, key_share=True)
    people = db.session.execute(query).all()
    given = _all_cards(contact_ids) if lists is None else {key: [one] for key, one in cards(contact_ids, lists).items()}
    found = {}
    for person in people:
        known = [person.answers, *given.get(person.id, [])] if lists is None else given.get(person.id, [])
        own = [person.address, person.name] if lists is None else []
        told = [{key: value for key, value in one.items() if key not in hidden} for one in known]
        values = (value for one in told for value in strings_in(one))
        found[person.id] = text_of([mailbox_key(person.address_key), *own, *values])
    return found


def _all_cards(contact_ids: Collection[int]) -> dict[int, list[dict[str, object]]]:
    found: dict[int, list[dict[str, object]]] = {}
    query = select(Subscription.contact_id, Subscription.given).where(Subscription.contact_id.in_(contact_ids))
    for contact_id, given in db.session.execute(query):
        found.setdefault(contact_id, []).append(given)
    return found


def make_trigrams() -> None:
    """Make the index of trigrams on PostgreSQL, once, where the server has the extension and we may use it."""
    if not is_postgresql() or _has_trigrams():
        return
    try:
        with transaction():
            db.session.execute(text(f"SELECT pg_advisory_xact_lock({TURN})"))
            db.session.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            made = f"CREATE INDEX IF NOT EXISTS {TRIGRAMS} ON search_entry USING gin (text gin_trgm_ops)"
            db.session.execute(text(made))
        with transaction():
            db.session.execute(text("ANALYZE search_entry"))
    except SQLAlchemyError:
        log.debug("search_without_trigrams")


def _has_trigrams() -> bool:
    found = db.session.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": TRIGRAMS})
    db.session.rollback()
    return bool(found)
