"""People are found by any word that is known of them, on either engine, and by nothing that the reader may not see."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from signup.audience import index_contacts, match_contacts
from signup.audience.contact_order import ContactOrder
from signup.audience.search import Search, count, find
from signup.audience.search_change import SearchChange
from signup.audience.search_entry import SearchEntry
from signup.audience.search_text import all_in, condition, text_of, words_in
from signup.bulk import bulk_edit
from signup.consent.given_values import give
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.ground.db import db, is_postgresql, transaction
from signup.ground.errors import TooSlow
from signup.privacy import erase
from signup.privacy.erase import ErasureOrder
from tests.admin.cast import add_contact
from tests.cast import make_list

BY_HAND = ChangeOrigin(ChangeKind.OPERATOR, actor="opal@example.org")
PEOPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "elodie.dupont@mail.example": ("Élodie Dupont", {"company": "Boulangerie de l’Étoile SA", "phone": "+41791234567"}),
    "jean@dupont-freres.example": ("Jean DUPONT", {"phone": "021 555 12 34", "interests": ["design", "privacy"]}),
    "soren@mail.example": ("Søren Weiß", {"city": "Nyon", "employees": 12}),
    "li@quotes.example": ('Li "100%_\\" O’Brien 🎉', {}),
    "bob@mail.example": ("", {}),
}


@pytest.fixture(params=["waiting", "indexed"])
def letter(context: Flask, request: pytest.FixtureRequest) -> int:
    """A list with these people, whom the index knows, or does not know yet."""
    mailing_list = make_list()
    with transaction():
        for address, (name, answers) in PEOPLE.items():
            one = add_contact(mailing_list, address, name)
            one.change_answers(answers, BY_HAND)
    if request.param == "indexed":
        index_contacts.index_contacts()
        assert db.session.scalar(select(SearchChange.id).limit(1)) is None
    return mailing_list.id


def names(search: Search | str) -> list[str]:
    search = Search(search) if isinstance(search, str) else search
    return [contact.address.partition("@")[0] for contact in find(search).rows]


FOUND = {
    "dupont": ["jean", "elodie.dupont"],
    "DUPONT élo": ["elodie.dupont"],
    "elodie": ["elodie.dupont"],
    "odi": ["elodie.dupont"],
    "boulangerie": ["elodie.dupont"],
    "l'etoile": ["elodie.dupont"],
    "dupont-freres": ["jean"],
    "mail.example": ["bob", "soren", "elodie.dupont"],
    "n.dupont": [],
    "e.dupont@m": ["elodie.dupont"],
    "079 123": ["elodie.dupont"],
    "079": ["elodie.dupont"],
    "+41 79 123 45 67": ["elodie.dupont"],
    "0041 (0)79 123 45 67": ["elodie.dupont"],
    "079.123.45.67": ["elodie.dupont"],
    "1234567": ["elodie.dupont"],
    "0215551234": ["jean"],
    "+41 21 555 12 34": ["jean"],
    "soren weiss": ["soren"],
    "Søren": ["soren"],
    "nyon": ["soren"],
    "design": ["jean"],
    "li": ["li"],
    "d": ["jean", "elodie.dupont"],
    "o'brien": ["li"],
    "🎉": ["li"],
    "%": [],
    "_": [],
    "100%_\\": ["li"],
    '"100': ["li"],
    "\\": [],
    "nobody": [],
    "  ": ["bob", "li", "soren", "jean", "elodie.dupont"],
}


def test_people_are_found_by_any_word(letter: int) -> None:
    assert {query: names(query) for query in FOUND} == FOUND
    assert names("ab" * 500_000) == []
    assert names(" ".join(["dupont"] * 5000)) == ["jean", "elodie.dupont"]
    assert names(Search("dupont", order=ContactOrder.OLDEST)) == ["elodie.dupont", "jean"]
    assert names(Search("dupont", list_id=letter, state="confirmed")) == ["jean", "elodie.dupont"]
    assert names(Search("dupont", state="pending")) == []
    assert count(Search("dupont")).n == 2


def test_a_correction_is_found_and_what_was_before_is_not(letter: int) -> None:
    with transaction():
        jean = db.session.scalars(select(Contact).where(Contact.name == "Jean DUPONT")).one()
        jean.change_answers({"name": "Jean Martin"}, BY_HAND)
    assert names("martin") == ["jean"]
    index_contacts.index_contacts()
    assert names("martin") == ["jean"]
    assert names("jean dupont") == ["jean"]  # by the domain
    with transaction():
        db.session.execute(
            update(Contact).where(Contact.id == jean.id).values(address_key="j@x.example", address="J@x")
        )
    index_contacts.index_contacts()
    assert names("dupont-freres") == []


def test_a_reader_of_some_lists_finds_by_what_these_were_given(letter: int) -> None:
    other = make_list("other", name="Other")
    with transaction():
        jean = db.session.scalars(select(Contact).where(Contact.name == "Jean DUPONT")).one()
        for list_id, given_ in ((letter, {"company": "Garage Lac"}), (other.id, {"company": "Secret Works"})):
            entry = db.session.scalar(
                select(Subscription).where(Subscription.contact_id == jean.id, Subscription.list_id == list_id)
            ) or Subscription(contact_id=jean.id, list_id=list_id, state="confirmed")
            db.session.add(entry)
            db.session.flush()
            give(entry, given_)
    mine = Search(lists=frozenset({letter}))
    index_contacts.index_contacts()
    assert names(replace(mine, text="garage")) == ["jean"]
    assert names("secret") == ["jean"]
    for word in ("secret", "555", "privacy", "martin"):  # another list's, and what no list was given
        assert names(replace(mine, text=word)) == [], word
    assert names(replace(mine, text="dupont-fr")) == ["jean"]  # the address is every list's
    assert names(Search("garage", lists=frozenset())) == []
    assert names(Search("garage", hidden=frozenset({"company"}))) == []
    assert names(Search("garage", lists=frozenset({letter}), hidden=frozenset({"company"}))) == []
    assert names(Search("boulangerie", hidden=frozenset({"company"}))) == []
    assert names(Search("boulangerie", hidden=frozenset({"phone"}))) == ["elodie.dupont"]


def test_a_bulk_edit_means_whom_its_operator_finds(letter: int) -> None:
    for hidden, expected in ((frozenset({"company"}), 0), (frozenset[str](), 1)):
        chosen = bulk_edit.selection_of(Search("boulangerie", hidden=hidden))
        assert len(list(db.session.scalars(bulk_edit.selected(chosen)))) == expected


@contextmanager
def too_slow(limit: timedelta) -> Iterator[None]:
    """What PostgreSQL says when the newest are far from the end."""
    yield
    raise TooSlow(str(limit))


@pytest.mark.parametrize("is_slow", [False, True])
def test_many_who_hold_a_word_come_page_by_page(
    context: Flask, monkeypatch: pytest.MonkeyPatch, *, is_slow: bool
) -> None:
    monkeypatch.setattr(match_contacts, "MOST", 5)
    if is_slow:
        monkeypatch.setattr(match_contacts, "within", too_slow)
    mailing_list = make_list()
    with transaction():
        for n in range(12):
            add_contact(mailing_list, f"p{n:02}@many.example", state="pending" if n % 4 == 0 else "confirmed")
    index_contacts.index_contacts()
    with transaction():
        add_contact(mailing_list, "p12@many.example")
    for order, expected in ((ContactOrder.NEWEST, list(range(12, -1, -1))), (ContactOrder.OLDEST, list(range(13)))):
        search, pages, cursor = Search("many", order=order), [], ""
        while True:
            found = find(search, cursor, limit=3)
            pages.append([int(contact.address[1:3]) for contact in found.rows])
            if found.older is None:
                break
            cursor = found.older
        assert [n for page in pages for n in page] == expected
        back = find(search, find(search, cursor, limit=3).newer or "", limit=3)
        assert [int(contact.address[1:3]) for contact in back.rows] == pages[-2]
    assert names(Search("many", state="pending")) == ["p08", "p04", "p00"]
    limited = find(Search("many", lists=frozenset({mailing_list.id})))
    assert len(limited.rows) == 6  # the newest
    assert count(Search("many")).n == 13


def test_an_erased_person_leaves_no_word_behind(letter: int) -> None:
    jean = db.session.scalars(select(Contact.id).where(Contact.name == "Jean DUPONT")).one()
    with transaction():
        erase.erase("jean@dupont-freres.example", ErasureOrder("operator"))
    index_contacts.index_contacts()
    assert names("dupont-freres") == []
    assert db.session.get(SearchEntry, jean) is None
    assert list(db.session.scalars(select(SearchChange.contact_id))) == []


def test_whom_something_else_deletes_leaves_the_index_too(letter: int) -> None:
    with transaction():
        gone = db.session.scalars(select(Contact).where(Contact.name == "")).one()
        db.session.execute(delete(Subscription).where(Subscription.contact_id == gone.id))
        db.session.execute(delete(Contact).where(Contact.id == gone.id))
    index_contacts.index_contacts()
    assert names("bob@mail") == []


def test_the_index_of_trigrams_changes_nothing_that_is_found(letter: int) -> None:
    if not is_postgresql():
        return
    index_contacts.make_trigrams()
    with transaction():
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        assert names("boulangerie dupont") == ["elodie.dupont"]


WORDS = st.text(st.sampled_from("abé 0179+-%_\\'\"🎉ß.@"), max_size=12)


@given(value=WORDS, query=WORDS)
def test_the_database_finds_what_we_find(context: Flask, value: str, query: str) -> None:
    words = words_in(query)
    known = text_of([value])
    found = db.session.scalar(
        select(condition(words, select(text(":known").bindparams(known=known)).scalar_subquery()))
    )
    assert bool(found) == all_in(words, known)
