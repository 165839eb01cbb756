"""A program starts sign-ups: as our own form would, with the same limits, the same email and the same proof."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.access.api_key import KeyScope
from signup.consent.consent_event import ConsentEvent
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.ground.db import db
from tests.api.program import Program, seal_all
from tests.cast import ADA, BOB, Mailbox, confirm_all, drain, make_form, make_list, sign_up

BODY: dict[str, object] = {"form_version": 1, "consent": True, "email": ADA}


@pytest.mark.both_engines
def test_a_sign_up_by_a_program_is_confirmed_by_the_person_alone(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    form = make_form().public_id
    program = Program(client)
    page = {"url": "https://shop.example.org/checkout?utm_source=till&token=secret", "placement": "checkout"}
    visitor = {"ip": "203.0.113.7", "agent": "Mozilla/5.0 (phone)"}
    told = program.post("/signups", BODY | {"form": form, "page": page, "visitor": visitor}, status=202)
    assert told == {"status": "pending", "form": form, "is_test": False}
    entry = db.session.scalars(select(Subscription)).one()
    assert entry.state == "pending"
    asked = db.session.scalars(select(ConsentEvent)).one()
    assert (asked.method, asked.ip, asked.agent) == ("api", "203.0.113.7", "Mozilla/5.0 (phone)")
    assert asked.page == "https://shop.example.org/checkout"
    confirm_all(app, client, mailbox, ADA)
    db.session.expire_all()
    assert db.session.scalars(select(Subscription)).one().state == "confirmed"


@pytest.mark.both_engines
def test_the_answer_never_tells_whether_an_address_is_known(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form = make_form().public_id
    program = Program(client)
    sign_up(client, form, ADA)
    confirm_all(app, client, mailbox, ADA)
    answers = [
        program.ask("POST", "/signups", json=BODY | {"form": form, "email": email}) for email in (ADA, BOB, BOB, BOB)
    ]
    assert {(one.status_code, one.text) for one in answers} == {(202, answers[0].text)}
    drain(app)
    assert len(mailbox.mails(BOB)) == 1  # five minutes have to pass before the next


def test_who_names_words_that_have_changed_is_told(app: Flask, client: FlaskClient) -> None:
    form = make_form().public_id
    answer = Program(client).ask("POST", "/signups", json=BODY | {"form": form, "form_version": 2})
    assert (answer.status_code, answer.get_json()["title"]) == (409, "The form has changed")
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 0


def test_what_is_wrong_is_named_by_its_place(app: Flask, client: FlaskClient) -> None:
    form, program = make_form().public_id, Program(client)
    cases: dict[str, dict[str, object]] = {
        "body.email": {"email": "ada@"},
        "body.fields.shoe": {"fields": {"shoe": "42"}},
        "body.visitor.ip": {"visitor": {"ip": "none"}},
        "body.language": {"language": "fr"},
        "body.consent": {"consent": False},
        "body.shape": {"shape": 1},
        "body.form_version": {"form_version": "1"},
        "body.partners": {"partners": ["7"]},
    }
    for place, change in cases.items():
        assert place in program.errors("POST", "/signups", json=BODY | {"form": form} | change), place
    twice = f'{{"form": "{form}", "form": "{form}"}}'
    answer = program.ask("POST", "/signups", data=twice, content_type="application/json")
    assert answer.status_code == 422


def test_a_key_of_another_list_or_without_the_scope_starts_nothing(app: Flask, client: FlaskClient) -> None:
    form = make_form().public_id
    make_list("other", name="Other")
    assert Program(client, "other").ask("POST", "/signups", json=BODY | {"form": form}).status_code == 404
    program = Program(client, scopes=(KeyScope.LISTS_READ,))
    assert program.ask("POST", "/signups", json=BODY | {"form": form}).status_code == 403


def test_a_test_key_makes_tests_which_count_nowhere(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form = make_form().public_id
    assert Program(client, is_test=True).post("/signups", BODY | {"form": form}, status=202)["is_test"] is True
    drain(app)
    assert len(mailbox.mails(ADA)) == 1
    assert db.session.scalars(select(Contact)).one().is_test
    assert Program(client).get("/contacts")["data"] == []


def test_many_visitors_of_one_network_are_held_back_as_at_the_form(app: Flask, client: FlaskClient) -> None:
    form, program = make_form().public_id, Program(client)
    body = BODY | {"form": form, "visitor": {"ip": "203.0.113.7"}}
    statuses = [
        program.ask("POST", "/signups", json=body | {"email": f"ada{n}@example.org"}).status_code for n in range(12)
    ]
    assert statuses == [202] * 10 + [429] * 2


@pytest.mark.both_engines
def test_a_sign_up_sent_again_with_its_key_is_done_once(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    form, program = make_form().public_id, Program(client)
    first, second = (
        program.ask("POST", "/signups", json=BODY | {"form": form}, headers={"Idempotency-Key": "a-1"})
        for _ in range(2)
    )
    assert (first.status_code, first.get_data()) == (second.status_code, second.get_data())
    assert (first.headers.get("Idempotency-Replayed"), second.headers["Idempotency-Replayed"]) == (None, "true")
    other = BODY | {"form": form, "email": BOB}
    assert program.errors("POST", "/signups", json=other, headers={"Idempotency-Key": "a-1"})
    for wrong in ("two words", "é", "x" * 256):
        assert program.errors("POST", "/signups", json=BODY | {"form": form}, headers={"Idempotency-Key": wrong})
    drain(app)
    assert len(mailbox.mails()) == 1
    seal_all(app)
    assert [one["type"] for one in program.get("/events")["data"]] == ["signup.requested"]
