"""The pages of companies, of quality and grades, and what stands beside a contact."""

import re
from typing import Any

from flask import Flask

from signup.audience import scoring_round
from signup.audience.rule import Condition, ConditionGroup
from signup.audience.segment import Segment
from signup.companies.company import Company
from signup.contacts.contact import Contact
from signup.fields.operator import Op
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, VIC, actions, add_contact, post, signed_in
from tests.cast import make_form, make_list

ACME = {
    "name": "Acme SA",
    "country": "CH",
    "number": "CHE-107.787.577",
    "domain": "https://www.acme.ch/",
    "nace": "56.11",
    "postal_code": "1003",
    "locality": "Genève",
    "headcount": "3",
    "founded": "2001",
    "legal_form": "MVII",
}


def crowd(app: Flask, **answers: dict[str, Any]) -> dict[str, str]:
    """People on the list with these answers, and a round over them; their ids by name."""
    letter = make_list()
    make_form(letter, magnet=False)
    with transaction():
        made = {name: add_contact(letter, f"{name}@example.org", name.title()) for name in answers}
        for name, contact in made.items():
            contact.answers = answers[name]
    scoring_round.run_round()
    return {name: str(contact.uid) for name, contact in made.items()}


def uid_of(name: str) -> str:
    db.session.rollback()
    return str(db.session.scalar(db.select(Company.uid).where(Company.name == name)))


def test_a_company_is_added_once_shown_and_changed(app: Flask) -> None:
    client = signed_in(app, EDITH)
    assert "No companies yet" in client.get("/admin/companies").text
    made = post(client, "/admin/companies/new", ACME)
    assert made.status_code == 303
    page = client.get(made.location).text
    told = (
        "Did you mean 1003 Lausanne?",
        "CHE107787577",
        "acme.ch",
        "Restaurant activities",
        "2 to 9",
        "Vaud",
        "SA / AG",
    )
    assert [text for text in told if text not in page] == []
    again = post(client, "/admin/companies/new", {"name": "ACME", "number": "CHE107787577 TVA", "country": "CH"})
    assert again.location == made.location
    wrong = post(
        client, "/admin/companies/new", {"name": "X", "number": "0428.759.498", "country": "BE", "nace": "restaurant"}
    )
    assert wrong.status_code == 422
    assert "check digits" in wrong.text
    assert "2.1:56.1 Restaurants" in wrong.text
    other = post(client, "/admin/companies/new", {"name": "Other", "number": "0428.759.497", "country": "BE"}).location
    taken = post(client, f"{other}/edit", {"name": "Other", "number": "CHE107787577", "country": "CH"})
    assert (taken.status_code, "Another company has this number." in taken.text) == (422, True)
    assert post(client, f"{other}/edit", {"name": "Œuvre Zoé", "country": "BE", "headcount": "600"}).status_code == 303
    listed = client.get("/admin/companies?q=oeu").text
    assert "Œuvre Zoé" in listed
    assert "Acme SA" not in listed
    assert actions(app)[-1] == "company-changed"


def test_people_are_put_at_a_company_taken_off_and_put_back(app: Flask) -> None:
    people = crowd(app, ada={"company": "Acme", "job": "CEO"}, bob={})
    client = signed_in(app, EDITH)
    path = f"/admin/companies/{uid_of('Acme')}"
    assert post(client, f"{path}/people", {"address": "BOB@example.org", "title": "Comptable"}).status_code == 303
    page = client.get(path).text
    assert all(text in page for text in ("Ada", "Management", "Bob", "Finance and accounting", "2 people"))
    assert "Acme" in client.get(f"/admin/contacts/{people['bob']}").text
    assert post(client, f"{path}/people/off", {"contact": people["ada"]}).status_code == 303
    assert "1 person" in client.get(path).text
    assert "Link again" in client.get(path).text
    post(client, f"{path}/people", {"contact": people["ada"], "title": "CEO"})
    assert "2 people" in client.get(path).text
    stranger = post(client, f"{path}/people", {"address": "eve@example.org"}, follow_redirects=True)
    assert "No contact has this address" in stranger.text
    overview = client.get("/admin/").text
    assert re.search(r"Companies with a usable contact: 100\s?%", overview)
    vic = signed_in(app, VIC)
    seen = vic.get(path).text
    assert "A•••" in seen
    assert "Ada" not in seen
    assert "ada@" not in vic.get(path).text
    assert post(vic, f"{path}/people", {"address": "bob@example.org"}).status_code == 403


def test_companies_are_paged_by_name_in_both_directions(app: Flask) -> None:
    with transaction():
        names = [f"{'ABC'[n % 3]} {n:03}" for n in range(120)]
        db.session.add_all(
            Company(name=name, name_key=name.lower(), is_kept=True, usable=n == 7) for n, name in enumerate(names)
        )
    client, path, shown = signed_in(app, EDITH), "/admin/companies", []
    pages = []
    while path:
        page = client.get(path).text
        pages.append(re.findall(r"<b>([ABC] \d{3})</b>", page))
        shown += pages[-1]
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
        before = re.search(r'rel="prev" href="([^"]+)"', page)
    assert shown == sorted(names)
    assert before
    assert re.findall(r"<b>([ABC] \d{3})</b>", client.get(before[1].replace("&amp;", "&")).text) == pages[-2]
    assert re.findall(r"<b>([ABC] \d{3})</b>", client.get("/admin/companies?people=usable").text) == ["B 007"]


def test_quality_grades_and_filters_are_pages(app: Flask) -> None:
    at_home = {"street": "Rue du Lac 1", "postal_code": "1003", "city": "Genève", "country": "CH"}
    people = crowd(app, ada={**at_home, "phone": "079 123 45 67"}, bob=at_home)
    client = signed_in(app, EDITH)
    page = client.get("/admin/quality").text
    assert all(text in page for text in ("Average quality", "Subscriber", "Everyone", "by hand only"))
    lines = client.get("/admin/quality.csv").text.splitlines()
    assert {"figure,name,people,points", "categories,subscriber,2,", "grades,,2,"} <= set(lines)
    contact = client.get(f"/admin/contacts/{people['ada']}").text
    assert all(
        text in contact
        for text in ("Did you mean 1003 Lausanne?", "What would improve it", "Vaud", "They live together")
    )
    assert (
        post(client, f"/admin/contacts/{people['ada']}/grade", {"grade": "A", "reason": "met at the fair"}).status_code
        == 303
    )
    assert "met at the fair" in client.get(f"/admin/contacts/{people['ada']}").text
    assert post(client, f"/admin/contacts/{people['ada']}/grade", {"grade": "Z"}).status_code == 404
    listed = client.get("/admin/contacts?grade=A").text
    assert "ada@example.org" in listed
    assert "bob@example.org" not in listed
    assert "Nobody found" in client.get("/admin/contacts?category=customer").text
    assert "bob@example.org" in client.get("/admin/contacts?category=subscriber&quality=40").text
    with transaction():
        Segment(slug="all", name="All").publish(ConditionGroup(rules=(Condition(subject="name", op=Op.FILLED),)))
    assert "its own name" in post(client, "/admin/quality/grades", {"grade": ["A", "A"], "segment": ["", ""]}).text
    saved = post(client, "/admin/quality/grades", {"grade": ["Gold", ""], "segment": ["all", ""]})
    assert saved.status_code == 303
    scoring_round.run_round()
    assert "bob@example.org" in client.get("/admin/contacts?grade=Gold").text
    bob = db.session.scalar(db.select(Contact.id).where(Contact.address_key == "bob@example.org"))
    home = f"/admin/contacts/{people['ada']}/household"
    assert post(client, home, {"do": "gather", "other": str(bob)}).status_code == 303
    assert "Remove from the household" in client.get(f"/admin/contacts/{people['bob']}").text
    assert {"contact-graded", "grades-changed", "household-changed"} <= set(actions(app))
    vic = signed_in(app, VIC).get(f"/admin/contacts/{people['ada']}").text
    assert not any(text in vic for text in ("079 123", "Rue du Lac", "1003", "bob@"))
