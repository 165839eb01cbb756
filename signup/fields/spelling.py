"""Texts that mean the same, spelt in many ways: found, put together, and made entries of a catalogue.

Two spellings belong together when they differ in case, accents and signs, or, where they are long enough, by a typing
error. What else means the same (Genf and Genève) a person says.
"""

import time
from collections.abc import Collection, Iterable
from typing import NamedTuple

from rapidfuzz.distance import OSA
from sqlalchemy import func, select, update

from signup.contacts.contact import Contact, is_counted, next_bound
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.fields import value_sql
from signup.fields.field import Field, FieldState, fields
from signup.fields.value import letters_of
from signup.ground.db import db, transaction
from signup.ground.jobs import stopping
from signup.ground.query_planning import plan_for_once

MAX_TEXTS = 400
"""Different texts that one look takes in, the most frequent ones."""
ONE_SLIP, TWO_SLIPS = 5, 9
"""From so many letters on, one or two wrong ones may be a typing error."""
BATCH = 2_000
AT_ONCE = 2.0
"""Seconds for which the operator waits; the chore does what is left."""


class Spelling(NamedTuple):
    """One text and how many contacts hold it."""

    text: str
    n: int


class Cluster(NamedTuple):
    """Spellings of one thing, and what it might be called: its most frequent spelling."""

    label: str
    spellings: list[Spelling]

    @property
    def n(self) -> int:
        return sum(one.n for one in self.spellings)


def texts_of(field: Field) -> list[Spelling]:
    """What contacts hold under the key that is no entry of the field, the most frequent first."""
    text = value_sql.text_of(field.key)
    query = select(text, func.count()).where(value_sql.is_text(field.key), is_counted()).group_by(text)
    if field.options:
        query = query.where(text.not_in(field.shape.options))
    plan_for_once()
    found = db.session.execute(query.order_by(func.count().desc(), text).limit(MAX_TEXTS))
    return [Spelling(text, n) for text, n in found if text]


def clusters(spellings: Iterable[Spelling]) -> list[Cluster]:
    """Spellings put together, those of most people first."""
    heads: dict[str, list[Spelling]] = {}
    for one in sorted(spellings, key=lambda one: (-one.n, one.text)):
        letters = letters_of(one.text) or one.text
        heads.setdefault(_near(letters, heads) or letters, []).append(one)
    found = [Cluster(" ".join(same[0].text.split()), same) for same in heads.values()]
    return sorted(found, key=lambda one: (-one.n, one.label))


def _near(letters: str, heads: Collection[str]) -> str:
    """The head that `letters` are a slip of; the more frequent one where there are two."""
    if letters in heads:
        return letters
    slips = 0 if len(letters) < ONE_SLIP else 1 if len(letters) < TWO_SLIPS else 2
    if not slips or not letters.isalpha():  # a wrong digit is another number
        return ""
    return next((head for head in heads if _is_slip(letters, head, slips)), "")


def _is_slip(letters: str, head: str, slips: int) -> bool:
    return len(head) >= ONE_SLIP and head[0] == letters[0] and OSA.distance(letters, head, score_cutoff=slips) <= slips


def respell(field: Field, seconds: float | None = None) -> bool:
    """Put the entries of the catalogue where contacts hold one of its known spellings; True once none is left, False
    when the time is up. Opens its own transactions.
    """
    field_id, key, known, after = field.id, field.key, dict(field.spellings), 0
    ends = time.monotonic() + (seconds or 0.0)
    while not stopping().is_set():
        with transaction():
            if (
                db.session.scalar(select(Field.id).where(Field.id == field_id, Field.state == FieldState.ACTIVE))
                is None
            ):
                return False
            if (bound := next_bound(after, BATCH)) is None:
                return True
            _respell(field_id, key, known, (after, bound))
        after = bound
        if seconds is not None and time.monotonic() >= ends:
            return False
    return False


def _respell(field_id: int, key: str, known: dict[str, str], ids: tuple[int, int]) -> None:
    origin = ChangeOrigin(ChangeKind.SPELLING, field_id)
    _respell_cards(key, known, ids)
    here = (Contact.id > ids[0], Contact.id <= ids[1], value_sql.is_text(key), value_sql.text_of(key).in_(known))
    query = select(Contact).where(*here).order_by(Contact.id).with_for_update()
    people = list(db.session.scalars(query.execution_options(populate_existing=True)))
    for one in people:
        one.change_answers({key: known[one.answers[key]]}, origin)
    db.session.flush()
    for one in people:  # a million of them must not stay in the session
        db.session.expunge(one)


def _respell_cards(key: str, known: dict[str, str], ids: tuple[int, int]) -> None:
    card = value_sql.card.c
    here = (card.contact_id > ids[0], card.contact_id <= ids[1], value_sql.is_text(key, card.given))
    query = select(card.id, card.given).where(*here, value_sql.text_of(key, card.given).in_(known)).order_by(card.id)
    for id_, given in db.session.execute(query.with_for_update()).all():
        entry = {**given, key: known[given[key]]}
        db.session.execute(update(value_sql.card).where(card.id == id_).values(given=entry))


def continue_respelling() -> None:
    """The chore: continue where a request stopped, and include what a form or a file brought since."""
    for field in fields(FieldState.ACTIVE):
        if field.spellings:
            respell(field)
