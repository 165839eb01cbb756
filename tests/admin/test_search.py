"""One box finds people and things of every kind, as far as the operator may see them, and needs no JavaScript."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.access.hidden_group import hide
from signup.access.operator import Role
from signup.audience.rule import parse
from signup.audience.scoring_round import run_round
from signup.audience.segment import Segment
from signup.contacts.contact import Contact
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.fields.field import FieldGroup, define
from signup.ground.db import db, transaction
from tests.admin.cast import EDITH, OPAL, VIC, add_contact, signed_in
from tests.admin.world import HIDDEN, make_world
from tests.cast import make_form, make_list

pytestmark = pytest.mark.one_engine
CONFIRMED = {"subject": "standing", "op": "any_of", "values": ["confirmed"]}
HIT = re.compile(r'<li><a href="([^"]+)"><svg.*?<b>(.*?)</b>(?:<small>(.*?)</small>)?</span></a></li>')


def hits(client: FlaskClient, text: str) -> list[tuple[str, str, str]]:
    """What is found: where it leads, its name, and what else tells it."""
    page = client.get("/admin/search", query_string={"q": text})
    assert page.status_code == 200
    return HIT.findall(page.text)


def labels(client: FlaskClient, text: str) -> list[str]:
    return [label for _href, label, _detail in hits(client, text)]


def fill() -> None:
    letter = make_list(slug="vaud", name="Vaud Digital")
    make_form(letter)
    with transaction():
        define(key="company", kind="text", labels={"en": "Company"}, reason="a test", group="household")
        for name, company in (("Élodie Dupont", "Boulangerie du Lac SA"), ("Nina Simone", "")):
            one = add_contact(letter, f"{name.split()[1].lower()}@mail.example", name)
            answers = {"company": company} if company else {}
            one.change_answers(answers, ChangeOrigin(ChangeKind.OPERATOR, actor=OPAL))
        Segment(slug="bakers", name="Boulangers de Vaud").publish(parse({"rules": [CONFIRMED]}))
    run_round()


def test_people_and_things_are_found_by_any_word(app: Flask) -> None:
    fill()
    opal = signed_in(app)
    [person, company, segment] = hits(opal, "boulang")
    assert person[1:] == ("Élodie Dupont", "dupont@mail.example · Boulangerie du Lac SA")
    assert company[1] == "Boulangerie du Lac SA"
    assert segment[1] == "Boulangers de Vaud"
    assert labels(opal, "vaud") == ["Vaud Digital", "Vaud Digital form", "Boulangers de Vaud"]
    assert labels(opal, "white pap") == ["White paper"]
    assert labels(opal, "dupli") == ["Duplicates"]
    assert labels(opal, "audit tr") == ["Audit trail"]
    for href, _label, _detail in (person, company, segment, *hits(opal, "vaud"), *hits(opal, "keys")):
        assert opal.get(href).status_code in {200, 303}, href
    for nothing in ("zzz", "%", "'\"><script>", "🎉", "\\"):
        page = opal.get("/admin/search", query_string={"q": nothing})
        assert page.status_code == 200
        assert "Nothing found" in page.text, nothing
    assert "<script>" not in page.text.replace("<script src", "")
    assert opal.get("/admin/search").status_code == 200
    assert opal.get("/admin/search", query_string={"q": "a" * 255}).status_code == 422
    assert "/admin/search" in opal.get("/admin/settings/account").text


def test_who_sees_masked_addresses_finds_by_a_whole_address_alone(app: Flask) -> None:
    fill()
    vic = signed_in(app, VIC)
    for text in ("dupont", "elodie", "d", "dupont@mail", "mail.example", "lac"):
        found = hits(vic, text)
        assert [hit for hit in found if "/contacts/" in hit[0]] == [], text
    [(_href, label, detail)] = hits(vic, "dupont@mail.example")
    assert (label, detail) == ("É•••", "d•••@mail.example")
    assert labels(vic, "operators") == labels(vic, "new list") == []
    assert "full email address" in vic.get("/admin/search?q=dupont").text


def test_who_works_with_some_lists_finds_nothing_of_the_others(app: Flask) -> None:
    ours, _theirs = make_world(app, signed_in(app, OPAL))
    edith = signed_in(app, EDITH, lists=[ours.list_id])
    assert hits(edith, HIDDEN) == []
    assert set(labels(edith, "letter")) >= {"Letter", "letter segment", "letter codes"}
    assert labels(edith, "da@example.o") == ["ada@example.org"]
    assert labels(edith, "companies") == []


def test_a_hidden_field_finds_nobody(app: Flask) -> None:
    fill()
    edith = signed_in(app, EDITH)
    assert labels(edith, "boulangerie") == ["Élodie Dupont", "Boulangerie du Lac SA"]
    with transaction():
        hide(Role.EDITOR, [FieldGroup.HOUSEHOLD])
    assert labels(edith, "boulangerie") == []
    assert labels(edith, "dupont") == ["Élodie Dupont"]
    assert "Boulangerie" not in edith.get("/admin/search?q=dupont+elodie").text
    uid = db.session.scalars(select(Contact.uid).where(Contact.name == "Élodie Dupont")).one()
    assert str(uid) not in edith.get("/admin/contacts?q=lac").text
