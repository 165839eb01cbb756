"""Every hostile text of the shared corpora through every field of form and JSON: stored as text or refused, never run.

A sample on each run; all of them with `--long`.
"""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.contacts.contact import Contact
from signup.fields.kinds.all_kinds import QUESTION_TYPES
from signup.forms.question import Option, Question
from signup.ground.db import db
from signup.signups.signup import Signup
from tests import payloads
from tests.cast import BLOG, Mailbox, drain, forget_limits, make_form, text_of

pytestmark = pytest.mark.skipif(not payloads.CORPORA.exists(), reason="the shared corpora are not beside this checkout")
OPTIONS = (Option(value="a", label="A"), Option(value="b", label="B"))
FIELDS = tuple(
    Question(key=name, type=name, label=name, options=OPTIONS if kind.has_options else ())
    for name, kind in QUESTION_TYPES.items()
)
STATES = {"p", "input", "select", "fieldset"}
"""What says whether it was understood."""
OWN = ("email", "consent", "page", "referrer", "src", "token", "proof")


@pytest.fixture
def texts(is_long: bool) -> list[str]:
    return payloads.everything() if is_long else payloads.sample(120)


@pytest.fixture
def form_id(app: Flask) -> str:
    return make_form(fields=FIELDS).public_id


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _json(client: FlaskClient, form_id: str, body: dict[str, Any]) -> Any:
    return client.post(f"/f/{form_id}", json=body, headers={"Accept": "application/json", "Origin": BLOG})


def _relax(app: Flask, number: int) -> None:
    if number % 100 == 0:
        forget_limits()


def test_a_text_is_stored_as_it_is_by_either_door_and_reaches_no_header_and_no_mail(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, texts: list[str]
) -> None:
    taken: dict[str, str] = {}
    thanks = set()
    for number, text in enumerate(texts):
        _relax(app, number)
        around = {"page": text, "referrer": text, "src": text[:80], "consent": "yes"}
        for door in ("json", "form"):
            address = f"{door}{number}@example.org"
            if door == "json":
                answer = _json(client, form_id, {"email": address, "fields": {"text": text}, **around})
            else:
                answer = client.post(f"/f/{form_id}", data={"email": address, "text": text, **around})
            assert answer.status_code in {202, 303, 422}, (door, text)
            if answer.status_code != 422:
                taken[address] = _tidy(text)
                thanks.add((door, *answer.headers.keys(), answer.headers.get("Location", "").partition("?")[0]))
    assert len(thanks) == 2
    assert len(taken) > len(texts)
    rows = db.session.execute(select(Contact.address_key, Signup.answers).join(Signup))
    stored = {row.address_key: row.answers.get("text", "") for row in rows}
    assert stored == taken
    drain(app)
    mails = mailbox.mails()
    assert len({(tuple(mail.keys()), mail["Subject"], mail["From"]) for mail in mails}) == 1
    assert len({len(text_of(mail).split()) for mail in mails}) == 1  # nothing in it that a visitor typed


@pytest.mark.one_engine
def test_a_text_is_no_choice_date_number_or_yes_and_the_page_shows_it_as_text(
    app: Flask, client: FlaskClient, form_id: str, texts: list[str]
) -> None:
    kinds = [field.key for field in FIELDS if field.key != "text"]
    plain = client.post(f"/f/{form_id}", data={"email": "?", "text": "?", **dict.fromkeys(kinds, "?")})
    for text in texts:
        # What happens to be a date or a number is not asked about here.
        if _tidy(text).lower() in {"", "a", "b", "yes", "no", "on", "true", "false"} or text[:1].isdigit():
            continue
        answer = _json(client, form_id, {"email": text, "consent": text, "fields": dict.fromkeys(kinds, text)})
        assert answer.status_code == 422, text
        errors = set(answer.get_json(force=True)["errors"])
        assert errors >= ({"consent"} if "@" in text else {"email", "consent"}), text
        shown = client.post(f"/f/{form_id}", data={"email": text, "text": text, **dict.fromkeys(kinds, text)})
        assert shown.status_code == 422, text
        found = [one for one in payloads.shape(shown.text) if one[0] not in STATES]
        assert found == [one for one in payloads.shape(plain.text) if one[0] not in STATES], text
        names = {name for _tag, names in payloads.shape(shown.text) for name in names}
        assert not {name for name in names if name.startswith("on")}, text
    assert db.session.scalar(select(Contact.id).limit(1)) is None


@pytest.mark.parametrize("key", OWN)
def test_a_text_in_our_own_fields_is_answered_in_order(
    app: Flask, client: FlaskClient, form_id: str, texts: list[str], key: str
) -> None:
    for number, text in enumerate(texts[:: len(OWN)]):
        _relax(app, number)
        body = {"email": f"{key}{number}@example.org", "consent": "yes", key: text}
        for answer in (_json(client, form_id, body), client.post(f"/f/{form_id}", data=body)):
            assert answer.status_code in {202, 303, 400, 422}, (key, text)
            assert "\n" not in "".join(f"{name}{value}" for name, value in answer.headers), (key, text)


@pytest.mark.one_engine
def test_a_text_as_a_key_is_refused_by_name(app: Flask, client: FlaskClient, form_id: str, texts: list[str]) -> None:
    for text in texts[::5]:
        body = {"email": "ada@example.org", "consent": True, "fields": {text: "x"}}
        if text not in {field.key for field in FIELDS}:
            assert _json(client, form_id, body).status_code == 422, text
            assert client.post(f"/f/{form_id}", data={"email": "ada@example.org", text: "x"}).status_code == 422, text


@pytest.mark.one_engine
def test_the_admin_shows_a_text_as_text(
    app: Flask, client: FlaskClient, form_id: str, texts: list[str], opal: FlaskClient
) -> None:
    shapes = set()
    for number, text in enumerate(["plain words", *texts[::8]]):
        _relax(app, number)
        address = f"seen{number}@example.org"
        body = {"email": address, "fields": {"text": text}, "consent": True, "page": f"{BLOG}/?{text}"}
        if _json(client, form_id, body).status_code != 202 or not _tidy(text):
            continue
        uid = db.session.scalar(select(Contact.uid).where(Contact.address_key == address))
        shapes.add(json.dumps([one[0] for one in payloads.shape(opal.get(f"/admin/contacts/{uid}").text)]))
        names = {n for _tag, names in payloads.shape(opal.get(f"/admin/contacts/{uid}").text) for n in names}
        assert not {name for name in names if name.startswith("on")}, text
    assert len(shapes) <= 4  # with and without a link to the page, with and without a placement
