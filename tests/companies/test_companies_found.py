"""Companies by what people say of them: one for each number, found again, linked, and usable or not."""

import threading
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.audience import scoring_round
from signup.companies import household, position
from signup.companies.company import Company, Mention, find_or_add, size_of
from signup.companies.mention import mention_of
from signup.companies.position import Position, companies_of, function_of
from signup.contacts.contact import Contact
from signup.fields.finding import Finding
from signup.ground.db import db, transaction
from tests.admin.cast import add_contact
from tests.cast import make_list

pytestmark = pytest.mark.both_engines


def person(address: str, name: str = "", state: str = "confirmed", **answers: Any) -> int:
    """Somebody on the list with these answers, committed; returns their id."""
    with transaction():
        slug = db.session.scalar(db.select(db.func.count()).select_from(Contact))
        contact = add_contact(make_list(f"list-{slug}"), address, name, state)
        contact.answers = answers
    return contact.id


def companies() -> dict[str, Company]:
    db.session.rollback()
    return {one.name: one for one in db.session.scalars(db.select(Company).order_by(Company.id))}


def test_a_company_is_known_by_number_then_domain_then_name_and_place(context: Flask) -> None:
    with transaction():
        acme = find_or_add(Mention("Acme SA", "CH", "CHE107787577", "acme.ch", postal_code="1003"))
        assert find_or_add(Mention("ACME", "CH", "CHE107787577")).id == acme.id
        assert find_or_add(Mention("Acme Genève", domain="acme.ch")).id == acme.id
        assert find_or_add(Mention("acme s.a.", "CH", postal_code="1003")).id == acme.id
        assert find_or_add(Mention("Acme SA", "CH", postal_code="1200")).id != acme.id
        # A firm of the same group has its own number; a stranger at the same provider has another name.
        assert find_or_add(Mention("Acme Services", "CH", "CHE109322551", "acme.ch")).id != acme.id
        assert find_or_add(Mention("Boulangerie Zoé", domain="acme.ch")).id != acme.id
        assert find_or_add(Mention("Garage Acme Zoé", domain="acme.ch", postal_code="9000")).id == acme.id
        assert (
            find_or_add(Mention("Acme Nord", domain="nord.ch")).id
            != find_or_add(Mention("Acme Sud", domain="nord.ch")).id
        )
        learnt = find_or_add(
            Mention("Acme SA", number="CHE107787577", headcount=3, size=size_of(3), locality="Lausanne")
        )
        assert (learnt.headcount, learnt.size, learnt.locality, learnt.name) == (3, "2-9", "Lausanne", "Acme SA")
        again = find_or_add(Mention("Acme SA", number="CHE107787577", locality="Bern", headcount=900))
        assert (again.locality, again.headcount) == ("Lausanne", 3)
    assert [size_of(n) for n in (0, 1, 9, 10, 499, 500)] == ["", "1", "2-9", "10-49", "250-499", "500+"]


MENTIONS = st.builds(
    Mention,
    name=st.sampled_from(["Acme", "ACME SA", "Zoé", "🎉", ""]),
    country=st.just("CH"),
    number=st.sampled_from(["", "CHE1", "CHE2"]),
    domain=st.sampled_from(["", "acme.ch", "zoe.ch"]),
    postal_code=st.sampled_from(["", "1003"]),
).filter(lambda one: one.name or one.number or one.domain)


@given(mentions=st.lists(MENTIONS, min_size=1, max_size=6))
def test_whatever_the_order_one_number_is_one_company(context: Flask, mentions: list[Mention]) -> None:
    db.session.rollback()
    db.session.connection(execution_options={"writes": True})
    found = [find_or_add(mention).id for mention in mentions]
    numbers: dict[str, set[int]] = {}
    for mention, company_id in zip(mentions, found, strict=True):
        numbers.setdefault(mention.number, set()).add(company_id)
    numbers.pop("", None)
    assert all(len(ids) == 1 for ids in numbers.values())
    assert len(set().union(*numbers.values())) == len(numbers)
    assert [find_or_add(mention).id for mention in mentions if mention.number] == [
        one for one, mention in zip(found, mentions, strict=True) if mention.number
    ]
    db.session.rollback()


def test_the_same_number_typed_by_two_at_once_is_one_company(app: Flask) -> None:
    meet, found = threading.Barrier(4), []

    def mention(n: int) -> None:
        with app.app_context():
            meet.wait()
            with transaction():
                found.append(find_or_add(Mention(f"Acme {n}", "BE", "BE0428759497")).id)
            db.session.remove()

    threads = [threading.Thread(target=mention, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(companies()) == 1


def test_answers_bring_people_to_their_companies(context: Flask) -> None:
    ada = person("ada@acme.ch", "Ada", company="Acme", job="Directrice des achats", company_number="CHE-107.787.577")
    person("bob@gmail.com", "Bob", "pending", company="ACME sa", company_number="CHE107787577 TVA", headcount="3")
    cleo = person("cleo@gmail.com", "", "unsubscribed", company="Café Cléo", country="FR", phone="06 12 34 56 78")
    person("eve@gmail.com", "Eve", phone="x")
    scoring_round.run_round()
    found = companies()
    assert {name: (one.persons, one.usable, one.size) for name, one in found.items()} == {
        "Acme": (2, True, "2-9"),
        "Café Cléo": (1, False, ""),
    }
    assert [(place.function, one.name) for place, one in companies_of(ada)] == [("purchasing", "Acme")]
    with transaction():  # a name, and a telephone to reach her by
        db.session.get_one(Contact, cleo).name = "Cleo"
        db.session.get_one(Contact, ada).answers = {"company": "Other", "website": "https://www.other.example/a"}
    scoring_round.run_round()
    assert {name: (one.persons, one.usable, one.domain) for name, one in companies().items()} == {
        "Acme": (1, False, "acme.ch"),
        "Café Cléo": (1, True, ""),
        "Other": (1, True, "other.example"),
    }
    with transaction():
        db.session.get_one(Contact, ada).answers = {}
    scoring_round.run_round()
    assert "Other" not in companies()  # nobody is left there, and no operator had kept it
    findings = {row.contact_id: (row.key, row.value, row.verdict) for row in db.session.scalars(db.select(Finding))}
    assert findings[cleo] == ("phone", "+33612345678", "ok")
    assert ada not in findings


def test_what_an_operator_says_of_a_position_stays(context: Flask) -> None:
    ada = person("ada@gmail.com", "Ada", company="Acme", job="CEO")
    scoring_round.run_round()
    acme = companies()["Acme"]
    with transaction():
        other = find_or_add(Mention("Other", "CH", postal_code="1003"))
        other.is_kept = True
        position.place(ada, other.id, "Comptable")
        assert position.leave(ada, acme.id)
        assert not position.leave(ada, acme.id)
    scoring_round.run_round()
    assert [(place.function, one.name) for place, one in companies_of(ada)] == [("finance", "Other")]
    with transaction():
        position.place(ada, acme.id, "CEO")
    assert {one.name: place.function for place, one in companies_of(ada)} == {"Other": "finance", "Acme": "management"}
    with transaction():  # whoever goes takes their places along
        db.session.execute(db.text("DELETE FROM subscription"))
        db.session.delete(db.session.get_one(Contact, ada))
    assert db.session.scalar(db.select(db.func.count()).select_from(Position)) == 0


def test_people_at_one_address_become_a_household_when_somebody_says_so(context: Flask) -> None:
    at_home = {"street": "Rue du Lac 1", "postal_code": "1003", "city": "Lausanne"}
    ada, bob = (person(f"{name}@example.org", name.title(), **at_home) for name in ("ada", "bob"))
    eve = person("eve@example.org", "Eve", **{**at_home, "street": "Rue du Lac 2"})
    contact = db.session.get_one(Contact, ada)
    assert [one.id for one in household.others_at(contact)] == [bob]
    with transaction():
        assert household.gather(contact, [bob, eve])
    found = household.household_of(bob)
    assert found
    assert (found[0].street, [one.id for one in found[1]]) == ("Rue du Lac 1", [ada, bob])
    with transaction():
        assert household.leave(ada)
        assert household.leave(bob)
        assert not household.leave(eve)
    assert household.household_of(ada) is None
    assert db.session.scalar(db.select(db.func.count()).select_from(household.Household)) == 0


def test_a_mention_is_read_from_what_people_type() -> None:
    told = {
        "company": " Café  Zoé ",
        "vat_number": "FR 44 732829320",
        "headcount": "env. 1'200",
        "founded": "12.3.2001",
    }
    mention = mention_of({**told, "postal_code": "75001", "city": "Paris", "nace": "56.11"}, "gmail.com", "CH")
    assert mention
    assert (mention.name, mention.number, mention.country, mention.region) == ("Café Zoé", "FR732829320", "FR", "FR-75")
    assert (mention.headcount, mention.size, mention.founded, mention.nace) == (1200, "500+", 2001, "2.1:56.11")
    assert mention.domain == ""
    assert mention_of({"company": "X", "headcount": "10 à 49"}, "x.example", "")
    assert mention_of({"job": "CEO", "headcount": 3}, "acme.ch", "CH") is None
    words = {"CEO": "management", "Einkaufsleiter": "purchasing", "assistante de direction": "office", "poète": "other"}
    assert {title: function_of(title) for title in words} == words
