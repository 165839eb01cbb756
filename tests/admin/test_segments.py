"""Segments in the admin: built by buttons without a script, counted, saved in versions, exported with a proof."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from signup.admin.session import STEP_UP, OperatorSession
from signup.audience.reach import newest, reach
from signup.audience.rule import Condition, Group, Op, parse
from signup.audience.segment import Segment, SegmentVersion, find_segment, find_version
from signup.cli.main import main
from signup.consent.mailing_list import find_list
from signup.contacts.contact import Contact, hash_addresses
from signup.db import db, now, transaction
from signup.errors import NotFound
from signup.exchange.export_run import ExportRun
from tests.admin.cast import EDITH, OPAL, VIC, actions, add_contact, post, signed_in
from tests.cast import DAN, make_form, make_list, suppress

ADA_RULE = {"r.match": "all", "r-0.subject": "name", "r-0.op": "begins", "r-0.value": "ada"}


def fill(app: Flask) -> None:
    """Ada and Dan confirmed, Bob pending, Cleo gone; Dan on the stop list; Nina on another list, Noel on none."""
    with app.app_context():
        letter, noise = make_form(magnet=False).list, make_list("noise", name="Noise")
        with transaction():
            ada = add_contact(letter, "ada@example.org", "Ada Lovelace")
            ada.answers = {"interests": ["design"], "first_name": "Ada"}
            add_contact(letter, DAN, "Dan Brown")
            add_contact(letter, "bob@example.org", "Bob Marley", "pending")
            add_contact(letter, "cleo@example.org", "", "unsubscribed")
            add_contact(noise, "nina@example.org", "Nina Simone")
            noel = Contact(address="noel@example.org", address_key="noel@example.org", name="Noel", name_key="noel")
            db.session.add(noel)
        suppress(DAN)


def save(app: Flask, name: str = "Ada and friends", rule: dict[str, Any] | None = None) -> None:
    with app.app_context(), transaction():
        segment = Segment(slug="ada-and-friends", name=name)
        segment.publish(parse(rule or {"rules": [{"subject": "name", "op": "begins", "value": "ada"}]}))


def test_reach_says_who_may_be_mailed_and_why_the_others_may_not(app: Flask) -> None:
    fill(app)
    with app.app_context():
        everyone = reach(Group())
        assert (everyone.total, everyone.mailable, everyone.is_capped) == (6, 2, False)
        assert everyone.excluded == {"pending": 1, "unsubscribed": 1, "suppressed": 1, "no-list": 1}
        letter = find_list("the-letter").id
        assert reach(Group(), letter).mailable == 1
        assert reach(Group(), letter).excluded["no-list"] == 2
        named = Group(rules=(Condition(subject="name", op=Op.FILLED),))
        assert [one.name.split()[0] for one in newest(reach(named))] == ["Noel", "Nina", "Bob", "Dan", "Ada"]


def test_the_stop_list_finds_contacts_that_were_written_without_a_hash(app: Flask) -> None:
    fill(app)
    with app.app_context():
        with transaction():
            db.session.execute(update(Contact).values(address_hash=None))
        assert "suppressed" not in reach(Group()).excluded
        hash_addresses()
        assert reach(Group()).excluded["suppressed"] == 1


def test_a_segment_is_built_by_buttons_alone(app: Flask) -> None:
    fill(app)
    client = signed_in(app, EDITH)
    page = client.get("/admin/segments/new").text
    assert 'id="reach"' in page
    page = post(client, "/admin/segments/new", {"r.match": "all", "r.new": "name", "do": "add:r"}).text
    assert 'name="r-0.subject" value="name"' in page
    page = post(client, "/admin/segments/new", {**ADA_RULE, "do": "group:r"}).text
    assert 'name="r-1.match"' in page
    assert 'value="ada"' in page
    nested = {**ADA_RULE, "r-1.match": "none", "r-1.new": "answer:multi:interests", "do": "add:r-1"}
    page = post(client, "/admin/segments/new", nested).text
    assert 'name="r-1-0.values" value="design"' in page
    page = post(client, "/admin/segments/new", {**nested, "r-1-0.subject": "source", "do": "remove:r-0"}).text
    assert 'name="r-0-0.subject" value="source"' in page
    assert 'value="ada"' not in page
    with app.app_context():
        assert db.session.scalars(select(Segment)).all() == []


def test_saving_makes_immutable_versions_and_is_written_down(app: Flask) -> None:
    fill(app)
    client = signed_in(app, EDITH)
    answer = post(client, "/admin/segments/new", {**ADA_RULE, "name": "Ada & friends", "do": "save"})
    assert answer.location == "/admin/segments/ada-friends"
    page = client.get(answer.location).text
    assert "“ada”" in page
    assert "Ada Lovelace" in page
    assert "Bob Marley" not in page
    edit = "/admin/segments/ada-friends/edit"
    post(client, edit, {**ADA_RULE, "name": "Ada & friends", "do": "save"})
    post(client, edit, {**ADA_RULE, "r-0.value": "bob", "name": "Bob", "description": "why", "do": "save"})
    with app.app_context():
        assert find_segment("ada-friends").version.number == 2
        assert find_segment("Bob").description == "why"
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(text("UPDATE segment_version SET content = '{}'"))
    assert actions(app)[-3:] == ["segment-added", "segment-changed", "segment-changed"]
    taken = post(client, "/admin/segments/new", {**ADA_RULE, "name": "Bob", "do": "save"})
    assert taken.status_code == 422
    assert "Another segment has this name." in taken.text


def test_what_is_half_typed_is_told_where_it_stands_and_nothing_is_saved(app: Flask) -> None:
    fill(app)
    client = signed_in(app, EDITH)
    wrong = {
        "r.match": "any",
        "r-0.subject": "created",
        "r-0.op": "in_last",
        "r-0.days": "many",
        "r-1.match": "all",
        "r-1-0.subject": "answer:multi:interests",
        "r-1-0.op": "any_of",
        "r-2.subject": "event:downloaded",
        "r-2.op": "happened",
        "r-2.times": "0",
    }
    answer = post(client, "/admin/segments/new", {**wrong, "name": "Half", "do": "save"})
    assert answer.status_code == 422
    assert re.findall(r'id="(r[-\d]*)-error"', answer.text) == ["r-0", "r-1-0", "r-2"]
    assert 'value="many"' in answer.text
    for odd in ({"r-0.subject": "?"}, {"r-0.subject": "list:x"}, {"r-9-9-9.subject": "name"}, {"r-0.op": "is"}):
        assert post(client, "/admin/segments/new", {**odd, "name": "Odd", "do": "count"}).status_code == 200
    assert post(client, "/admin/segments/new", {"do": "add:r-7-7", "r-7-7.new": "name"}).status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Segment)).all() == []


def test_a_viewer_sees_masked_people_and_masked_words_and_changes_nothing(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, VIC)
    page = client.get("/admin/segments/ada-and-friends").text
    assert "a•••@example.org" in page
    assert "ada@" not in page
    assert "Lovelace" not in page
    assert "“ada”" not in page
    listed = client.get("/admin/contacts?segment=ada-and-friends").text
    assert "a•••@example.org" in listed
    assert "bob" not in listed.lower()
    for path in ("/admin/segments/new", "/admin/segments/ada-and-friends/edit"):
        assert client.get(path).status_code == 403
    assert post(client, "/admin/segments/ada-and-friends/archive").status_code == 403


def test_the_contacts_page_narrows_to_a_segment_and_counts_it(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, EDITH)
    page = client.get("/admin/contacts?segment=ada-and-friends").text
    assert "1 person found" in page
    assert "Bob Marley" not in page
    assert "Nobody found" in client.get("/admin/contacts?segment=ada-and-friends&list=noise").text
    assert client.get("/admin/contacts?segment=none").status_code == 404


def test_an_export_of_a_segment_needs_a_fresh_proof_and_names_its_version(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, OPAL)
    form = {"mailing_list": "the-letter", "segment": "ada-and-friends", "status": "confirmed", "format": "csv"}
    assert post(client, "/admin/exports/new", form).status_code == 303
    with app.app_context():
        run = db.session.scalars(select(ExportRun)).one()
        assert run.filter == {"status": "confirmed", "segment": "ada-and-friends", "version": 1}
        assert run.total == 1
        assert find_segment("ada-and-friends").acted_at is not None
        with transaction():
            db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    assert post(client, "/admin/exports/new", form).location.startswith("/admin/prove")
    assert "export-started" in actions(app)


def test_a_segment_is_idle_after_ninety_days_and_can_be_put_away(app: Flask) -> None:
    fill(app)
    save(app)
    client = signed_in(app, EDITH)
    assert "idle for 90 days" not in client.get("/admin/segments").text
    with app.app_context(), transaction():
        db.session.execute(update(Segment).values(acted_at=now(-timedelta(days=91))))
    assert "idle for 90 days" in client.get("/admin/segments").text
    assert client.get("/admin/segments/ada-and-friends/archive").status_code == 405
    post(client, "/admin/segments/ada-and-friends/archive")
    assert "Ada and friends" not in client.get("/admin/segments").text


def test_the_console_lists_counts_shows_and_exports(app: Flask) -> None:
    fill(app)
    save(app, rule={"match": "any", "rules": [{"subject": "standing", "op": "any_of", "values": ["confirmed"]}]})
    runner = app.test_cli_runner()

    def run(*words: str) -> str:
        done = runner.invoke(main, list(words), obj=lambda: app)
        assert done.exit_code == 0, done.output
        return done.output

    assert json.loads(run("segment", "list", "--json"))[0]["last acted on"] == "never"
    assert json.loads(run("segment", "count", "ada-and-friends", "--json")) == {
        "total": 3,
        "mailable": 2,
        "excluded": {"suppressed": 1},
    }
    assert json.loads(run("segment", "show", "Ada and friends"))["rule"]["match"] == "any"
    assert "suppressed" in run("segment", "count", "ada-and-friends", "--list", "the-letter")
    lines = run("export", "the-letter", "--segment", "ada-and-friends").splitlines()
    assert sorted(line.partition(",")[0] for line in lines if "@" in line) == ["ada@example.org", DAN]


def test_a_version_that_is_none_is_not_found(context: Flask) -> None:
    with transaction():
        Segment(slug="one", name="One").publish(Group())
    assert find_version("one", 1).rule == Group()
    assert db.session.scalars(select(SegmentVersion)).one().hash == find_version("one").hash
    for slug, number in (("one", 2), ("two", None)):
        with pytest.raises(NotFound):
            find_version(slug, number)
