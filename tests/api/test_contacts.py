"""A program finds, reads, brings in and changes contacts, as far as its key reaches."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.contacts.value_change import ValueChange
from signup.ground.db import db, transaction
from tests.admin.cast import actions, add_contact
from tests.api.program import Program
from tests.cast import ADA, BOB, CLEO, make_form, make_list


def add(mailing_list: MailingList, address: str, name: str = "", state: str = "confirmed") -> Contact:
    """A contact on a list, committed."""
    with transaction():
        return add_contact(mailing_list, address, name, state)


@pytest.mark.both_engines
def test_pages_follow_each_other_and_no_contact_is_missed_or_told_twice(app: Flask, client: FlaskClient) -> None:
    one = make_list()
    addresses = [f"ada{n}@example.org" for n in range(25)]
    for address in addresses:
        add(one, address, "Ada")
    program = Program(client)
    found: list[str] = []
    query = {"limit": "7"}
    while True:
        page = program.get("/contacts", **query)
        found += [contact["email"] for contact in page["data"]]
        add(one, f"later{len(found)}@example.org", "Late") if len(found) == 7 else None
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == [*addresses, "later7@example.org"]


@pytest.mark.both_engines
def test_a_contact_is_found_by_its_address_by_words_and_by_list(app: Flask, client: FlaskClient) -> None:
    ada, other = add(make_list(), ADA, "Ada Lovelace"), make_list("other", name="Other")
    add(other, BOB, "Bob", "pending")
    program = Program(client)

    def emails(**query: str) -> list[str]:
        return [one["email"] for one in program.get("/contacts", **query)["data"]]

    assert emails(email="ADA@example.org") == [ADA]
    assert emails(email="ada@example") == []
    assert emails(list="other") == [BOB]
    assert emails(state="confirmed") == [ADA]
    assert emails(list="other", state="confirmed") == []
    told = program.get(f"/contacts/{ada.uid}")
    assert (told["name"], told["state"], told["subscriptions"][0]["list"]) == (
        "Ada Lovelace",
        "confirmed",
        "the-letter",
    )
    assert program.errors("GET", "/contacts", query_string={"lists": "other"}) == {
        "query.lists": "Extra inputs are not permitted"
    }
    for wrong in ("limit=0", "limit=201", "limit=x", "cursor=zz%3D", "q=a%00b", "email=a&q=b"):
        assert program.errors("GET", f"/contacts?{wrong}"), wrong
    assert program.errors("GET", "/contacts?list=a&list=b") == {"query.list": "Send this only once."}


@pytest.mark.both_engines
def test_a_change_keeps_its_history_and_is_refused_when_somebody_was_faster(app: Flask, client: FlaskClient) -> None:
    make_form(one := make_list())
    ada, program = add(one, ADA, "Ada"), Program(client)
    path = f"/contacts/{ada.uid}"
    etag = program.ask("GET", path).headers["ETag"]
    assert program.ask("GET", path, headers={"If-None-Match": etag}).status_code == 304
    changed = program.ask("PATCH", path, json={"fields": {"first_name": "Augusta"}}, headers={"If-Match": etag})
    assert (changed.status_code, changed.get_json()["fields"]["first_name"]) == (200, "Augusta")
    late = program.ask("PATCH", path, json={"fields": {"first_name": "Late"}}, headers={"If-Match": etag})
    assert (late.status_code, late.get_json()["title"]) == (412, "Changed meanwhile")
    now = program.ask("PATCH", path, json={"name": "A. L."}, headers={"If-Match": changed.headers["ETag"]})
    assert now.get_json()["name"] == "A. L."
    history = db.session.scalars(select(ValueChange).where(ValueChange.contact_id == ada.id)).all()
    assert {(one.kind, one.actor) for one in history} == {("api", "API key Program")}
    assert actions(app)[-2:] == ["contact-edited", "contact-edited"]


def test_a_value_that_does_not_fit_its_field_is_named_and_changes_nothing(app: Flask, client: FlaskClient) -> None:
    make_form(one := make_list())
    ada, program = add(one, ADA, "Ada"), Program(client)
    wrong = {"first_name": "x" * 600, "shoe": "42", "interests": [1]}
    assert program.errors("PATCH", f"/contacts/{ada.uid}", json={"name": "New", "fields": wrong}).keys() == {
        f"body.fields.{key}" for key in wrong
    }
    assert "body.language" in program.errors("PATCH", f"/contacts/{ada.uid}", json={"language": "xx"})
    assert program.errors("PATCH", f"/contacts/{ada.uid}", json={"email": BOB}).keys() == {"body.email"}
    assert program.errors("PATCH", f"/contacts/{ada.uid}", json={"name": "a\0b"}) == {
        "body.name": "Remove the control characters."
    }
    assert program.get(f"/contacts/{ada.uid}")["name"] == "Ada"


def test_tags_and_notes_are_written_once(app: Flask, client: FlaskClient) -> None:
    ada, program = add(make_list(), ADA, "Ada"), Program(client)
    path = f"/contacts/{ada.uid}"
    for _twice in range(2):
        told = program.ask("PATCH", path, json={"tags_add": ["VIP", "vip"]}).get_json()
    assert told["tags"] == ["VIP"]
    assert program.ask("PATCH", path, json={"tags_remove": ["Vip", "unknown"]}).get_json()["tags"] == []
    first, again = (
        program.ask("POST", f"{path}/notes", json={"text": "Hi 🙂"}, headers={"Idempotency-Key": "n"}) for _ in "ab"
    )
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert [one["text"] for one in program.get(f"{path}/notes")["data"]] == ["Hi 🙂"]


@pytest.mark.both_engines
def test_a_masked_key_reads_no_name_no_answer_and_no_whole_address(app: Flask, client: FlaskClient) -> None:
    make_form(one := make_list())
    ada = add(one, ADA, "Ada Lovelace")
    program = Program(client, is_masked=True)
    for path in ("/contacts", f"/contacts/{ada.uid}", f"/contacts?email={ADA}"):
        assert not {"Lovelace", ADA} & set(program.ask("GET", path).text.replace('"', " ").split()), path
    assert program.errors("GET", "/contacts?q=lovelace")
    assert program.errors("PATCH", f"/contacts/{ada.uid}", json={"name": "x"})
    for path in ("notes", "consents"):
        assert program.ask("GET", f"/contacts/{ada.uid}/{path}").status_code == 404


@pytest.mark.both_engines
def test_contacts_come_in_with_the_evidence_there_is_and_who_left_stays_away(app: Flask, client: FlaskClient) -> None:
    make_form(one := make_list())
    add(one, CLEO, "Cleo", "unsubscribed")
    program = Program(client)
    rows = [
        {"email": ADA, "first_name": "Ada", "opt_in_at": "2026-03-01T10:00:00Z", "opt_in_ip": "203.0.113.7"},
        {"email": BOB, "fields": {"interests": ["design", "privacy"]}},
        {"email": CLEO, "status": "confirmed", "opt_in_at": "2026-03-01T10:00:00+02:00"},
        {"email": "no address"},
        {"email": ADA.upper()},
    ]
    told = program.post("/contacts", {"list": "the-letter", "origin": "service", "contacts": rows})
    assert [one["outcome"] for one in told["results"]] == ["created", "created", "left", "invalid", "duplicate"]
    states = {one["email"]: one["state"] for one in program.get("/contacts")["data"]}
    assert states == {CLEO: "unsubscribed", ADA: "confirmed", BOB: "pending"}
    bob = program.get("/contacts", email=BOB)["data"][0]
    assert (bob["fields"]["interests"], bob["uid"]) == (["design", "privacy"], told["results"][1]["contact"])
    again = program.post("/contacts", {"list": "the-letter", "origin": "service", "contacts": rows[:2]})
    assert {one["outcome"] for one in again["results"]} == {"unchanged"}
    assert "body.contacts" in program.errors(
        "POST", "/contacts", json={"list": "the-letter", "contacts": [{"email": ADA, "fields": {"shoe": "42"}}]}
    )
    row = {"email": BOB, "fields": {"first_name": 'x"\neve@example.org,"y'}}
    assert "body.contacts.0.fields.first_name" in program.errors(
        "POST", "/contacts", json={"list": "the-letter", "contacts": [row]}
    ), "nothing that is typed becomes a row of its own"
    many = {"list": "the-letter", "contacts": [{"email": ADA}] * 1_001}
    assert "body.contacts" in program.errors("POST", "/contacts", json=many)


@pytest.mark.both_engines
def test_ten_programs_change_one_contact_at_once_and_no_change_is_lost(app: Flask, client: FlaskClient) -> None:
    make_form(one := make_list())
    ada, program = add(one, ADA, "Ada"), Program(client)

    def tag(n: int) -> int:
        return program.ask("PATCH", f"/contacts/{ada.uid}", json={"tags_add": [f"tag {n}"]}).status_code

    with ThreadPoolExecutor(5) as crowd:
        assert set(crowd.map(tag, range(10))) == {200}
    assert len(program.get(f"/contacts/{ada.uid}")["tags"]) == 10
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 1
