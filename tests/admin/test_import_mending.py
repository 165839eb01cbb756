"""A file is mended in the page: words, columns, domains, rows; and an undo says who stays."""

import io
import os
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from signup.access.operator import Operator
from signup.consent.mailing_list import MailingList
from signup.contacts.contact import Contact
from signup.fields.field import define, find_field
from signup.files.import_run import ImportMend, ImportRun
from signup.ground.db import db, transaction
from signup.imports import import_job, uploaded_file
from tests.admin.cast import EDITH, csrf_of, post, signed_in
from tests.cast import make_form, make_list, state_of, subscription_of
from tests.imports.import_cast import states

pytestmark = pytest.mark.one_engine

HEADING = "email;statut;date inscription;Canton\r\n"
READING = {
    "encoding": "utf-8",
    "delimiter": ";",
    "quote": '"',
    "heading": "1",
    "part": "0",
    "everyone": "",
    "country": "",
    "dates": "",
}


@pytest.fixture
def opal(app: Flask) -> FlaskClient:
    make_form(make_list(), magnet=False)
    with transaction():
        define(key="colour", kind="choice", labels={"en": "Colour"}, options=[{"value": "red", "label": "Red"}])
    return signed_in(app)


def upload(client: FlaskClient, content: bytes, name: str = "people.csv") -> str:
    data = {"mailing_list": "the-letter", "origin": "service", "csrf_token": csrf_of(client, "/admin/settings/account")}
    file = {"file": (io.BytesIO(content), name)}
    answer = client.post("/admin/contacts/imports/new", data=data | file, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return answer.location


def work(app: Flask) -> None:
    import_job.perform()


def try_out(app: Flask, client: FlaskClient, read: str, *targets: str, **more: str) -> TestResponse:
    answer = post(client, read, READING | more | {"target": list(targets), "do": "check"})
    work(app)
    return answer


def start(app: Flask, client: FlaskClient, show: str) -> None:
    post(client, f"{show}/start")
    work(app)


def list_of(app: Flask) -> MailingList:
    return db.session.scalars(select(MailingList)).one()


def answers_of_everybody() -> dict[str, dict[str, Any]]:
    db.session.rollback()
    rows = db.session.execute(select(Contact.address_key, Contact.answers))
    return {key: dict(answers) for key, answers in rows}


def test_a_column_that_seems_to_say_who_left_is_asked_about(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, b"email;optin_time;deleted_at\nada@example.org;2024-01-02;2024-05-06\n")
    asked = try_out(app, opal, read, "email", "opt_in_at", "")
    assert asked.status_code == 422
    assert "This seems to show who unsubscribed" in asked.text
    show = try_out(app, opal, read, "email", "opt_in_at", "unsubscribed").location
    start(app, opal, show)
    assert states(list_of(app)) == {"ada": "unsubscribed"}


def test_unknown_words_are_answered_in_the_page_and_nothing_goes_in_before(app: Flask, opal: FlaskClient) -> None:
    rows = "ada@example.org;Weg;2024-01-02;Mauve\r\nbob@example.org;dabei;2024-01-02;Red\r\n"
    read = upload(opal, (HEADING.replace("Canton", "Colour") + rows).encode())
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "answer:colour").location
    page = opal.get(show).text
    assert "What do these words mean? statut" in page
    assert "What do these words mean? Colour" in page
    assert "Import 2 people" not in page
    start(app, opal, show)
    assert states(list_of(app)) == {}
    answers = {
        "target": ["status", "status", "answer:colour"],
        "word": ["Weg", "dabei", "Mauve"],
        "meant": ["unsubscribed", "confirmed", "new"],
    }
    assert post(opal, f"{show}/words", answers).location == show
    work(app)
    page = opal.get(show).text
    assert "Import 2 people" in page
    start(app, opal, show)
    assert states(list_of(app)) == {"ada": "unsubscribed", "bob": "confirmed"}
    assert [one.label for one in find_field("colour").entries] == ["Red", "Mauve"]
    assert db.session.scalar(select(Contact.answers).where(Contact.address_key == "ada@example.org")) == {
        "colour": "mauve"
    }


def test_a_word_of_a_choice_may_be_left_out_and_the_person_comes_in(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, b"email;Colour\nada@example.org;Mauve\n")
    show = try_out(app, opal, read, "email", "answer:colour").location
    assert "Cells left out" in opal.get(show).text
    post(opal, f"{show}/words", {"target": ["answer:colour"], "word": ["Mauve"], "meant": ["leave"]})
    work(app)
    assert "Cells left out" not in opal.get(show).text
    start(app, opal, show)
    assert state_of("ada@example.org") == "pending"


def test_a_row_is_mended_in_place_and_the_file_stays_as_it_came(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, (HEADING + "no address;;2024-01-02;\r\nbob@example.org;;soon;\r\n").encode())
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "").location
    page = opal.get(f"{show}/rows").text
    assert "This is not an email address." in page
    assert "Opt-in time: This time cannot be read" in page
    kept = post(opal, f"{show}/rows", {"line": "2", "cell": ["ada@example.org", "", "2024-01-02", ""]})
    assert "Line 2 is fixed" in opal.get(kept.location).text
    post(opal, f"{show}/rows", {"line": "3", "cell": ["bob@example.org", "", "4 mars 2024", ""]})
    post(opal, f"{show}/words")
    work(app)
    start(app, opal, show)
    assert states(list_of(app)) == {"ada": "confirmed", "bob": "confirmed"}
    raws = db.session.connection().exec_driver_sql("SELECT raw FROM import_row ORDER BY line").scalars().all()
    assert "no address" in str(raws[0])


def test_a_mended_row_can_be_as_in_the_file_again(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, (HEADING + "no address;;;\r\n").encode())
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "").location
    post(opal, f"{show}/rows", {"line": "2", "cell": ["ada@example.org", "", "", ""]})
    assert "Fixed: no problems left" in opal.get(f"{show}/rows").text
    post(opal, f"{show}/rows", {"line": "2", "cell": ["", "", "", ""], "do": "as-before"})
    assert "This is not an email address." in opal.get(f"{show}/rows").text
    assert post(opal, f"{show}/rows", {"line": "2", "cell": ["too", "few"]}).status_code == 404


def test_refused_rows_of_an_import_that_is_done_become_a_new_one(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, (HEADING + "ada@example.org;;2024-01-02;\r\nno address;;2024-01-02;\r\n").encode())
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "").location
    start(app, opal, show)
    assert "Fix the rows that were left out" in opal.get(show).text
    again = post(opal, f"{show}/rest").location
    work(app)
    assert "This is not an email address." in opal.get(f"{again}/rows").text
    post(opal, f"{again}/rows", {"line": "2", "cell": ["bob@example.org", "", "2024-01-02", ""]})
    post(opal, f"{again}/words")
    work(app)
    start(app, opal, again)
    assert states(list_of(app)) == {"ada": "confirmed", "bob": "confirmed"}


def test_a_mistyped_domain_is_told_and_corrected_by_one_press(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, (HEADING + "luc@gmial.com;;2024-01-02;\r\nlea@hotmial.com;;2024-01-02;\r\n").encode())
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "").location
    assert "Change to gmail.com" in opal.get(show).text
    post(opal, f"{show}/words", {"correct": "gmial.com", "domain-hotmial.com": "leave"})
    work(app)
    start(app, opal, show)
    assert subscription_of("luc@gmail.com")
    assert states(list_of(app)) == {"luc": "confirmed"}


def test_a_column_becomes_a_field_of_the_kind_that_its_cells_propose(app: Flask, opal: FlaskClient) -> None:
    rows = "".join(f"p{n}@example.org;;;{canton}\r\n" for n, canton in enumerate(("VD", "GE", "VD", "GE", "VD")))
    read = upload(opal, (HEADING + rows).encode())
    assert "Add a field for it" in opal.get(read).text
    post(opal, read, READING | {"target": ["email", "status", "opt_in_at", ""], "do": "new:3"})
    field = find_field("canton")
    assert (field.kind, [one.label for one in field.entries]) == ("choice", ["GE", "VD"])
    assert '<option value="answer:canton" selected>' in opal.get(read).text
    assert post(opal, read, READING | {"target": ["email"], "do": "new:3"}).status_code == 422
    assert post(opal, read, READING | {"target": ["email"], "do": "new:99"}).status_code == 422


def test_whoever_may_only_import_gets_no_new_fields(app: Flask, opal: FlaskClient) -> None:
    letter = list_of(app).id
    client = signed_in(app, EDITH, lists=[letter])
    with transaction():
        db.session.execute(update(Operator).where(Operator.address == EDITH).values(may_import=True))
    read = upload(client, (HEADING + "ada@example.org;;;VD\r\n").encode())
    assert "Add a field for it" not in client.get(read).text
    asked = post(client, read, READING | {"target": ["email", "status", "opt_in_at", ""], "do": "new:3"})
    assert asked.status_code == 422


def test_a_country_is_for_who_has_none_and_the_list_proposes_it(app: Flask, opal: FlaskClient) -> None:
    with transaction():
        db.session.execute(update(MailingList).values(country="CH"))
    read = upload(opal, b"email;phone;country\nada@example.org;079 123 45 67;\nbob@example.org;;FR\n")
    assert '<option selected value="CH">' in opal.get(read).text
    show = try_out(app, opal, read, "email", "answer:phone", "answer:country", country="CH").location
    assert "Phone: not valid" not in opal.get(show).text
    start(app, opal, show)
    answers = answers_of_everybody()
    assert answers["ada@example.org"]["country"] == "CH"
    assert answers["bob@example.org"] == {"country": "FR"}
    again = upload(opal, b"email;phone\nbob@example.org;079 123 45 67\n")
    show = try_out(app, opal, again, "email", "answer:phone", country="CH").location
    with transaction():
        db.session.execute(update(ImportRun).values(overwrite=True))
    start(app, opal, show)
    answers = answers_of_everybody()
    assert answers["bob@example.org"] == {"country": "FR", "phone": "079 123 45 67"}


def test_everybody_in_a_file_may_have_left(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, (HEADING + "ada@example.org;Inscrit;2024-01-02;\r\n").encode(), "désabonnés 2025.csv")
    assert "Everyone unsubscribed" in opal.get(read).text
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "", everyone="unsubscribed").location
    assert "For everyone in this file: Everyone unsubscribed." in opal.get(show).text
    start(app, opal, show)
    assert states(list_of(app)) == {"ada": "unsubscribed"}


def test_a_date_is_shown_as_it_is_read_and_can_be_read_otherwise(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, b"email;optin_time\nada@example.org;04/03/2025\n")
    assert "04/03/2025 → March 4, 2025" in opal.get(read).text
    post(opal, read, READING | {"target": ["email", "opt_in_at"], "dates": "mdy", "do": "read"})
    assert "04/03/2025 → April 3, 2025" in opal.get(read).text


def test_a_spreadsheet_is_not_asked_how_it_is_read(app: Flask, opal: FlaskClient) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet().write_column(0, 0, ["Email", "ada@example.org"])
    book.close()
    page = opal.get(upload(opal, out.getvalue(), "people.xlsx")).text
    assert "Encoding" not in page
    assert "Map the columns" in page


def test_an_undo_says_who_stays_and_why(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, (HEADING + "ada@example.org;;2024-01-02;\r\nbob@example.org;;2024-01-02;\r\n").encode())
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "").location
    start(app, opal, show)
    with transaction():
        db.session.execute(update(Contact).where(Contact.address_key == "ada@example.org").values(name="Ada"))
    post(opal, f"{show}/undo")
    work(app)
    page = opal.get(show).text
    assert "Who stays, and why" in page
    assert "Their name, language or answers have changed since." in page
    assert "Who can be emailed" not in page
    assert states(list_of(app)) == {"ada": "confirmed"}


def test_what_was_typed_goes_with_the_file(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, (HEADING + "no address;;;\r\n").encode())
    show = try_out(app, opal, read, "email", "status", "opt_in_at", "").location
    post(opal, f"{show}/rows", {"line": "2", "cell": ["ada@example.org", "", "", ""]})
    (uploaded_file.folder() / "half.unpacked").touch()
    import_job.sweep()
    assert db.session.query(ImportMend).count() == 1
    for path in uploaded_file.folder().iterdir():
        os.utime(path, (0, 0))
    import_job.sweep()
    assert db.session.query(ImportMend).count() == 0
    assert list(uploaded_file.folder().iterdir()) == []
    assert opal.get(f"{show}/rows").status_code == 404
