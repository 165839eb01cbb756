"""Fields in the admin: defined, asked, corrected, weighed, made a catalogue, and let go in three steps."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from signup.admin.fields import field_retire
from signup.admin.segments.rule_words import catalogue
from signup.cli import fields as fields_command
from signup.consent.mailing_list import find_list
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.counts.step import Step, count_steps
from signup.exports.columns import columns_of
from signup.fields import field_figure, spelling, value_archive
from signup.fields.catalogue import CatalogueEntry
from signup.fields.field import Field, FieldState, as_options, define, find_field, move
from signup.fields.field_figure import figures
from signup.forms.form import Form, FormVersion, find_form
from signup.forms.question import Question
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import InvalidAnswers
from signup.imports import mapping
from tests.admin.cast import EDITH, VIC, actions, add_contact, csrf_of, post, signed_in
from tests.admin.test_forms import typed
from tests.cast import make_form, make_list

FIELDS = "/admin/contacts/fields"
TOWN = {
    "label": "Town",
    "kind": "choice",
    "options": "bern = Bern\nBiel",
    "group": "personal",
    "decision": "Which shop",
}
SPELT = ["Genève", "Geneve", "GENEVE", "genève", "Genfe", "Nyon"]


def fill(app: Flask) -> str:
    """Ada, Bob, and ten more on a list whose form asks first name and interests; noise elsewhere. The form's id."""
    form = make_form(magnet=False)
    noise = make_list("noise", name="Noise")
    with transaction():
        ada = add_contact(form.list, "ada@example.org", "Ada Lovelace")
        ada.answers = {"interests": ["design"], "first_name": "Ada", "fax": "044"}
        add_contact(form.list, "bob@example.org", "Bob", "pending").answers = {"city": "Nyon"}
        for n in range(40):
            add_contact(noise, f"n{n}@example.org").answers = {"city": SPELT[n % len(SPELT)]}
    return form.public_id


def add(key: str, **more: Any) -> Field:
    values = {"kind": "text", "labels": {"en": key.title()}, "reason": "a name", "decision": "Who to call"} | more
    with transaction():
        return define(key=key, **values)


def answers(address: str = "ada@example.org") -> dict[str, Any]:
    db.session.rollback()
    query = select(Contact.answers).where(Contact.address_key == address)
    return dict(db.session.scalars(query).one())


def run(app: Flask, *words: str, group: Any = fields_command.command) -> str:
    done = app.test_cli_runner().invoke(group, list(words), obj=lambda: app)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_field_added_on_the_page_is_at_once_in_forms_files_segments_and_contacts(app: Flask) -> None:
    form_id = fill(app)
    client = signed_in(app, EDITH)
    refused = post(client, f"{FIELDS}/new", TOWN | {"decision": ""})
    assert refused.status_code == 422
    assert "Say what decision it is for" in refused.text
    assert "Say why this cannot be a choice" in post(client, f"{FIELDS}/new", TOWN | {"kind": "text"}).text
    assert "Line 2" in post(client, f"{FIELDS}/new", TOWN | {"options": "bern = Bern\nbern = Again"}).text
    assert post(client, f"{FIELDS}/new", TOWN).location == f"{FIELDS}/town"
    assert "Another field has this key." in post(client, f"{FIELDS}/new", TOWN).text
    page = client.get(f"/admin/forms/{form_id}").text
    assert 'value="town"' in page
    assert "define “First name”" in page
    list_id = find_list("the-letter").id
    assert mapping.fields_of(list_id)["town"]["options"][1] == {"value": "biel", "label": "Biel"}
    assert mapping.propose(["E-mail", "TOWN"], list_id).targets == ["email", "answer:town"]
    assert "town" in {column.key for column in columns_of(list_id)}
    with app.test_request_context():
        assert catalogue()["answer:choice:town"].options == [("bern", "Bern"), ("biel", "Biel")]
    uid = _uid(app)
    edit = f"/admin/contacts/{uid}/edit"
    assert 'name="v:town"' in client.get(edit).text
    assert post(client, edit, {"v:town": "biel", "was:town": "null"}).location == f"/admin/contacts/{uid}"
    assert 'selected value="text"' in client.get(f"{FIELDS}/new?key=fax").text  # nothing is computed yet
    page = client.get(f"/admin/contacts/{uid}").text
    assert re.search(r"<dt>Town</dt>\s*<dd><span>Biel\b", page)
    assert f'href="{FIELDS}/new?key=fax"' in page
    assert actions(app)[-2:] == ["field-added", "contact-edited"]
    assert post(client, f"{FIELDS}/town", TOWN | {"label": "City", "seen": "1"}).status_code == 303
    overtaken = post(client, f"{FIELDS}/town", TOWN | {"seen": "1"})
    assert overtaken.status_code == 422
    assert 'name="seen" type="hidden" value="2"' in overtaken.text or 'name="seen" value="2"' in overtaken.text
    assert find_field("town").label_in("en") == "City"
    with pytest.raises(IntegrityError):
        add("fax", reason="")


def _uid(app: Flask) -> Any:
    return db.session.scalar(select(Contact.uid).where(Contact.address_key == "ada@example.org"))


def test_the_editor_asks_a_defined_field_as_it_is_defined(app: Flask) -> None:
    form_id = fill(app)
    add("born", kind="year", labels={"en": "Born", "fr": "Naissance"}, reason="")
    client = signed_in(app, EDITH)
    list_id = find_form(form_id).list_id
    path = f"/admin/forms/{form_id}"
    page = post(client, path, typed(list_id, language="fr", do="defined", defined="born")).text
    assert 'value="Naissance"' in page
    assert 'name="questions-0-check" type="hidden" value="year"' in page
    asked = {"questions-0-label": "Born", "questions-0-key": "born"}
    asked |= {"questions-0-type": "number", "questions-0-check": "year"}
    assert post(client, path, typed(list_id, **asked)).status_code == 303
    with pytest.raises(InvalidAnswers, match="born"):
        find_form(form_id).version.definition.read_answers({"born": "84"})
    assert find_form(form_id).version.definition.read_answers({"born": "1984"}) == {"born": 1984}


def test_what_nobody_has_defined_is_listed_with_a_guess_and_a_thirteenth_field_is_warned_of(app: Flask) -> None:
    fill(app)
    field_figure.measure()
    client = signed_in(app, VIC)
    page = client.get(FIELDS).text
    assert "Not defined yet" in page
    assert f'href="{FIELDS}/new?key=' not in page
    assert client.get(f"{FIELDS}/new?key=fax").status_code == 403
    assert client.get(f"{FIELDS}/advice").status_code == 200
    client = signed_in(app, EDITH)
    page = client.get(f"{FIELDS}/new?key=interests").text
    assert '<option selected value="multi">' in page
    assert "privacy = Privacy" in page
    assert 'value="Fax"' in client.get(f"{FIELDS}/new?key=fax").text
    assert "Income, family, health or belief" in client.get(f"{FIELDS}/new?preset=income").text
    for n in range(12):
        add(f"f{n}")
    assert "hard to keep up to date" not in client.get(FIELDS).text
    assert "12 fields are in use." in client.get(f"{FIELDS}/new").text
    assert post(client, f"{FIELDS}/new", TOWN).status_code == 303
    assert "13 fields are in use; more than 12 are hard" in client.get(FIELDS).text


def test_the_figures_are_counted_over_everybody_or_evenly(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(app)
    with transaction():
        odd = {"a": 1, "b": 1.5, "c": True, "d": ["x"], "e": [], "f": "", "g": "🎈", "city": 7}
        db.session.execute(update(Contact).where(Contact.address_key == "bob@example.org").values(answers=odd))
    field_figure.measure()
    found = figures()
    assert {key: dict(one.types) for key, one in found.items() if len(key) == 1} == {
        "a": {"number": 1},
        "b": {"number": 1},
        "c": {"boolean": 1},
        "d": {"array": 1},
        "g": {"string": 1},
    }
    city = found["city"]
    assert (city.looked, city.total, city.filled, city.different) == (42, 42, 41, len(SPELT) + 1)
    monkeypatch.setattr(field_figure, "SAMPLE", 10)
    field_figure.measure()
    city = figures()["city"]
    assert city.looked < city.total == 42
    assert city.filled_of_all == pytest.approx(41, abs=4)


def test_texts_become_a_catalogue_and_later_ones_follow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(app)
    monkeypatch.setattr(spelling, "BATCH", 7)
    add("city")
    client = signed_in(app, EDITH)
    page = client.get(f"{FIELDS}/city/spellings").text
    assert "4 spellings · 28 people" in page
    assert 'value="Genève"' in page
    texts = {"text": SPELT, "to": ["Genève", "Genève", "Genève", "Genève", "Genève", ""]}
    assert post(client, f"{FIELDS}/city/spellings", texts | {"seen": "9"}).status_code == 422
    assert post(client, f"{FIELDS}/city/spellings", texts | {"to": [""] * 6, "seen": "1"}).status_code == 422
    assert post(client, f"{FIELDS}/city/spellings", texts | {"seen": "1"}).location == f"{FIELDS}/city"
    field = find_field("city")
    assert (field.kind, field.entries) == ("catalogue", [CatalogueEntry("geneve", "Genève")])
    assert sorted({answers(f"n{n}@example.org")["city"] for n in range(40)}) == ["Nyon", "geneve"]
    assert answers("bob@example.org") == {"city": "Nyon"}
    with transaction():
        db.session.scalars(select(Contact).where(Contact.address_key == "bob@example.org")).one().change_answers(
            {"city": "GENEVE"}, ChangeOrigin(ChangeKind.FORM)
        )
    spelling.continue_respelling()
    assert answers("bob@example.org") == {"city": "geneve"}
    assert "Nyon" in client.get(f"{FIELDS}/city/spellings").text


def test_the_advisor_says_what_to_do_with_the_numbers(app: Flask) -> None:
    fill(app)
    for key in ("fax", "first_name"):
        add(key)
    add("city", decision="")
    add("town", labels={"en": "Citys"})
    add("interests", kind="multi", reason="", options=as_options([CatalogueEntry("design", "Design")]))
    verdicts = {row["field"]: row for row in json.loads(run(app, "advise", "--json"))}
    assert verdicts["fax"]["verdict"] == "retire"
    assert verdicts["fax"]["why"] == "2 % filled, never used in a segment or an export.".replace(" %", "\u00a0%")
    assert verdicts["city"]["verdict"] == "make catalogue"
    assert verdicts["city"]["why"] == "41 people typed only 6 different texts."
    assert verdicts["city"]["decision"] == "none yet"
    assert verdicts["town"]["verdict"] == "merge" or "Nobody has a value" in verdicts["town"]["why"]
    assert verdicts["first_name"]["verdict"] != "retire"  # a form has asked it for less than a month
    assert set(verdicts["fax"]["cost"]) == {"collection", "entry", "storage", "distribution", "analysis"}
    with transaction():
        db.session.execute(update(Field).values(created_at=now(-timedelta(days=31))))
    verdicts = {row["field"]: row for row in json.loads(run(app, "advise", "--json"))}
    assert verdicts["first_name"]["verdict"] == "retire"
    assert "personal" not in run(app, "list")
    assert set(json.loads(run(app, "list", "--by-group", "--json"))) == {
        "personal",
        "household",
        "advertising",
        "analysis",
        "other",
    }
    client = signed_in(app)
    page = client.get(f"{FIELDS}/advice").text
    assert "41 people typed only 6 different texts." in page
    rates = {"typed": "9", "chosen": "1", "upkeep": "100", "hour": "1", "gigabyte": "1", "recipient": "-1"}
    assert post(client, f"{FIELDS}/rates", rates).status_code == 422
    assert post(client, f"{FIELDS}/rates", rates | {"recipient": "1"}).status_code == 303
    assert "about 21 minutes a month" in client.get(f"{FIELDS}/advice").text


def ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def test_what_a_question_costs_is_measured_by_the_days_with_and_without_it(app: Flask) -> None:
    form_id = fill(app)
    questions = [Question(key=key, type="text", label=key) for key in ("name", "job", "town", "phone")]
    add("phone")
    with transaction():
        form = find_form(form_id)
        first = form.version
        asking = first.definition.model_copy(update={"fields": tuple(questions)})
        for number, back, made in ((2, 20, first.definition), (3, 10, asking)):
            version = FormVersion(form_id=form.id, number=number, content=made.model_dump(mode="json"))
            version.hash, version.wording_hash, version.created_at = first.hash, first.wording_hash, ago(back)
            db.session.add(version)
        db.session.flush()
        form.version_id = version.id
        for back, seen, signed in ((15, 200, 60), (10, 500, 1), (5, 100, 15)):
            day = {"form_id": form.id, "day": ago(back).date(), "language": "en"}
            count_steps([day | {"step": Step.SEEN, "n": seen}, day | {"step": Step.SUBMITTED, "n": signed}])
    verdict = next(row for row in json.loads(run(app, "advise", "--json")) if row["field"] == "phone")
    assert verdict["cost"]["collection"] == (
        "50.0\u00a0% of the sign-ups of “The Letter form” (measured: form seen 100 times with it, 200 times without)"
    )
    assert verdict["verdict"] == "ask later"


def test_a_field_is_let_go_in_three_steps_and_two_of_them_have_a_way_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    form_id = fill(app)
    monkeypatch.setattr(value_archive, "BATCH", 5)
    monkeypatch.setattr(field_retire, "AT_ONCE", 0.0)
    add("city")
    add("interests", kind="multi", reason="", options=as_options([CatalogueEntry("design", "Design")]))
    client = signed_in(app)
    _step(client, "interests", "hide", do="hide")
    assert [one.key for one in find_form(form_id).version.definition.fields] == ["first_name"]
    assert "interests" not in mapping.fields_of(find_list("the-letter").id)
    assert "interests" not in {column.key for column in columns_of(find_list("the-letter").id)}
    assert answers()["interests"] == ["design"]
    assert "answer:multi:interests" not in columns_shown(client)
    _step(client, "interests", "hide", do="show")
    assert [one.key for one in find_form(form_id).version.definition.fields] == ["first_name", "interests"]
    _step(client, "city", "archive", do="archive")  # not hidden yet: nothing happens
    assert archive_states(app) == {"city": "active", "interests": "active"}
    _step(client, "city", "hide", do="hide")
    _step(client, "city", "archive", do="archive")
    assert value_archive.count_archived(find_field("city").id) == 4  # one batch while the operator waits, Ada has none
    value_archive.continue_archiving()
    assert value_archive.count_archived(find_field("city").id) == 41
    assert answers("bob@example.org") == {}
    lines = list(csv.reader(client.get(f"{FIELDS}/city/archive.csv").text.lstrip("\ufeff").splitlines()))
    assert len(lines) == 42
    assert lines[1][1:] == ["bob@example.org", "Nyon"]
    with transaction():
        bob = db.session.scalars(select(Contact).where(Contact.address_key == "bob@example.org")).one()
        bob.change_answers({"city": "Lausanne"}, ChangeOrigin(ChangeKind.FORM))
    _step(client, "city", "archive", do="restore")
    value_archive.continue_archiving()
    assert answers("bob@example.org") == {"city": "Lausanne"}  # what came later stays
    assert answers("n1@example.org") == {"city": "Geneve"}
    assert value_archive.count_archived(find_field("city").id) == 0
    _step(client, "city", "archive", do="drop")  # not archived: nothing is deleted
    _step(client, "city", "archive", do="archive")
    value_archive.continue_archiving()
    _step(client, "city", "archive", do="drop")
    assert db.session.scalars(select(Field.key)).all() == ["interests"]
    assert answers("n1@example.org") == {}
    assert answers()["fax"] == "044"
    assert actions(app)[-1] == "field-dropped"


def columns_shown(client: FlaskClient) -> str:
    return client.get("/admin/contacts").text


def _step(client: FlaskClient, key: str, step: str, **data: str) -> None:
    assert post(client, f"{FIELDS}/{key}/{step}", data).status_code == 303


def archive_states(app: Flask) -> dict[str, str]:
    return {one.key: one.state for one in db.session.scalars(select(Field))}


@pytest.mark.both_engines
def test_whoever_archives_at_once_or_dies_half_way_leaves_each_value_in_one_place(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(app)
    monkeypatch.setattr(value_archive, "BATCH", 3)
    field = add("city")
    field_id = field.id
    for before, after in ((FieldState.ACTIVE, FieldState.HIDDEN), (FieldState.HIDDEN, FieldState.ARCHIVED)):
        with transaction():
            assert move(field, before, after)

    def work(step: str) -> None:
        with app.app_context():
            mine = find_field("city")
            try:
                getattr(value_archive, step)(mine)
            finally:
                db.session.remove()

    fail_at = iter([False, False, True])
    real = value_archive._take_out

    def dies(*given: Any) -> None:
        real(*given)
        if next(fail_at, False):
            raise KeyboardInterrupt  # after the third batch's statements, before its commit

    with monkeypatch.context() as broken:
        broken.setattr(value_archive, "_take_out", dies)
        with pytest.raises(KeyboardInterrupt):
            work("take_out")
    assert 0 < value_archive.count_archived(field_id) == 41 - _holding() < 41
    for step, held in (("take_out", 0), ("put_back", 41)):
        if step == "put_back":
            with transaction():
                assert move(find_field("city"), FieldState.ARCHIVED, FieldState.HIDDEN)
        threads = [Thread(target=work, args=(step,)) for _n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (_holding(), value_archive.count_archived(field_id)) == (held, 41 - held)


def _holding() -> int:
    db.session.rollback()
    return sum("city" in held for held in db.session.scalars(select(Contact.answers)))


def test_a_form_changed_since_is_left_alone_and_an_archived_value_goes_with_its_person(app: Flask) -> None:
    form_id = fill(app)
    add("interests", kind="multi", reason="", options=as_options([CatalogueEntry("design", "Design")]))
    client = signed_in(app)
    _step(client, "interests", "hide", do="hide")
    with transaction():
        form = find_form(form_id)
        form.publish(form.version.definition.model_copy(update={"title": "Another title"}))
    answer = client.post(
        f"{FIELDS}/interests/hide", data={"do": "show", "csrf_token": _token(client)}, follow_redirects=True
    )
    assert "add it there by hand: The Letter form" in answer.text
    assert [one.key for one in find_form(form_id).version.definition.fields] == ["first_name"]
    assert db.session.scalar(select(Form.id)) is not None
    _step(client, "interests", "hide", do="hide")
    _step(client, "interests", "archive", do="archive")
    field = find_field("interests")
    assert (field.state, value_archive.count_archived(field.id)) == (FieldState.ARCHIVED, 1)
    ada = db.session.scalars(select(Contact).where(Contact.address_key == "ada@example.org")).one()
    assert [value for *_who, value in value_archive.rows(field.id)] == [["design"]]
    with transaction():
        db.session.execute(delete(Subscription).where(Subscription.contact_id == ada.id))
        db.session.execute(delete(Contact).where(Contact.id == ada.id))
    assert value_archive.count_archived(field.id) == 0
    client = signed_in(app, EDITH)
    assert (
        client.post(f"{FIELDS}/interests/archive", data={"do": "drop", "csrf_token": _token(client)}).status_code == 403
    )


def _token(client: FlaskClient) -> str:
    return csrf_of(client, "/admin/settings/account")
