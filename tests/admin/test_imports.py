import io

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from signup.access.operator import Operator
from signup.access.session import STEP_UP, OperatorSession
from signup.files.import_run import ImportRun
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.imports import import_job
from tests.admin.cast import EDITH, actions, csrf_of, post, signed_in
from tests.cast import make_form, make_list, state_of

FILE = (
    "E-Mail;Vorname;Anmeldedatum\r\nzoe@example.org;Zoë;01.05.2025\r\nbad;=1+1;\r\nleo@example.org;Léo;02.05.2025\r\n"
).encode("cp1252")
TARGETS = ["email", "first_name", "opt_in_at"]


@pytest.fixture
def opal(app: Flask) -> FlaskClient:
    make_form(make_list(), magnet=False)
    return signed_in(app)


def upload(client: FlaskClient, content: bytes = FILE, **more: str) -> TestResponse:
    data = {"mailing_list": "the-letter", "origin": "service", "csrf_token": csrf_of(client, "/admin/settings/account")}
    file = {"file": (io.BytesIO(content), "people.csv")} if content else {}
    return client.post("/admin/contacts/imports/new", data=data | file | more, content_type="multipart/form-data")


def work(app: Flask) -> None:
    import_job.perform()


def test_a_file_goes_in_step_by_step_and_out_again(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal).location
    page = opal.get(read).text
    assert "Zoë" in page
    assert "Windows (cp1252)" in page
    assert '<option value="opt_in_at" selected>' in page
    reading = {"encoding": "cp1252", "delimiter": ";", "quote": '"', "heading": "1"}
    show = post(opal, read, reading | {"target": TARGETS, "do": "check"}).location
    assert "Refresh" in opal.get(show).text
    work(app)
    page = opal.get(show).text
    assert "This is a preview" in page
    assert "Import 2 people" in page
    assert "This is not an email address." in page
    assert state_of("zoe@example.org") is None
    post(opal, f"{show}/start")
    work(app)
    assert state_of("zoe@example.org") == "confirmed"
    page = opal.get(show).text
    assert "2 people are deleted" in page
    post(opal, f"{show}/undo")
    work(app)
    assert "2 rows have been undone." in opal.get(show).text
    assert state_of("zoe@example.org") is None
    assert [name for name in actions(app) if name.startswith("import")] == [
        "import-uploaded",
        "import-started",
        "import-undone",
    ]
    assert "people.csv" in opal.get("/admin/contacts/imports").text


def test_rows_to_correct_come_back_as_a_csv_that_imports_again(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal).location
    show = post(
        opal,
        read,
        {"encoding": "cp1252", "delimiter": ";", "quote": '"', "heading": "1", "target": TARGETS, "do": "check"},
    ).location
    work(app)
    answer = opal.get(f"{show}/to-correct.csv")
    assert answer.text == (
        "\ufeffE-Mail,Vorname,Anmeldedatum,problem,line\r\nbad,'=1+1,,This is not an email address.,3\r\n"
    )
    again = upload(opal, answer.data.replace(b"bad", b"good@example.org")).location
    assert '<option value="email" selected>' in opal.get(again).text


def test_the_reading_can_be_overruled_and_a_wrong_one_is_told(opal: FlaskClient) -> None:
    read = upload(opal).location
    wrong = post(opal, read, {"encoding": "utf-8", "delimiter": ";", "quote": '"', "heading": "1", "do": "read"})
    assert wrong.status_code == 422
    assert "does not match the encoding UTF-8" in wrong.text
    post(opal, read, {"encoding": "mac-roman", "delimiter": ",", "quote": '"', "do": "read"})
    page = opal.get(read).text
    assert "Mac Roman" in page
    assert page.count('name="target"') == 1


@pytest.mark.parametrize(
    ("content", "pasted", "told"),
    [
        (b"", "", "Choose a file, or paste"),
        (b"%PDF-1.4 hello", "", "This is a PDF"),
        (b"PK\x03\x04 no archive", "", "The spreadsheet is damaged and cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_on_the_page(opal: FlaskClient, content: bytes, pasted: str, told: str) -> None:
    answer = upload(opal, content, pasted=pasted)
    assert answer.status_code == 422
    assert told in answer.text


def test_pasted_lines_are_a_file(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, b"", pasted="ada@example.org\nbob@example.org").location
    assert "ada@example.org" in opal.get(read).text
    show = post(
        opal, read, {"encoding": "utf-8", "delimiter": ",", "quote": '"', "target": ["email"], "do": "check"}
    ).location
    work(app)
    assert "cannot be emailed until they sign up themselves" in opal.get(show).text


def test_a_mapping_needs_the_address(opal: FlaskClient) -> None:
    read = upload(opal).location
    wrong = post(
        opal,
        read,
        {"encoding": "cp1252", "delimiter": ";", "quote": '"', "heading": "1", "target": ["", "", ""], "do": "check"},
    )
    assert wrong.status_code == 422
    assert "No column is mapped to the email address" in wrong.text


def test_an_import_that_waits_can_be_stopped(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal).location
    show = post(
        opal,
        read,
        {"encoding": "cp1252", "delimiter": ";", "quote": '"', "heading": "1", "target": TARGETS, "do": "check"},
    ).location
    post(opal, f"{show}/cancel")
    work(app)
    run = db.session.scalars(select(ImportRun)).one()
    assert (run.state, run.checked) == ("cancelled", None)


def test_an_editor_imports_only_with_the_right_of_their_own(app: Flask) -> None:
    client = signed_in(app, EDITH)
    assert client.get("/admin/contacts/imports").status_code == 403
    assert "/admin/contacts/imports" not in client.get("/admin/contacts").text
    with transaction():
        db.session.execute(update(Operator).values(may_import=True))
    assert client.get("/admin/contacts/imports").status_code == 200
    assert client.get("/admin/exports").status_code == 403


def test_undo_asks_for_a_fresh_proof(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal).location
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    assert post(opal, read.replace("/read", "/undo")).location.startswith("/admin/prove")


def book() -> bytes:
    """A cover, and a sheet of people under a title; one more is hidden."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    sheets = {name: made.add_worksheet(name) for name in ("Cover", "Contacts", "Old")}
    rows = {
        "Cover": [["Our people"]],
        "Contacts": [["As of today"], ["who", "what"], ["zoe@example.org", "Zoë"]],
        "Old": [["email"], ["leo@example.org"]],
    }
    for name, lines in rows.items():
        for line, cells in enumerate(lines):
            sheets[name].write_row(line, 0, cells)
    sheets["Old"].hide()
    made.close()
    return out.getvalue()


@pytest.mark.one_engine
def test_sheet_and_heading_row_are_named_and_can_be_chosen(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal, book()).location
    page = opal.get(read).text
    assert '<option selected value="1">Contacts</option>' in page
    assert "2: who · what" in page
    assert "zoe@example.org" in page
    chosen = {"encoding": "utf-8", "delimiter": ",", "quote": '"', "heading": "0", "part": "1", "do": "read"}
    assert post(opal, read, chosen).location == read
    page = opal.get(read).text
    assert '<option selected value="0">None: number the columns</option>' in page
    assert post(opal, read, chosen | {"heading": "2", "part": "2"}).location == read
    page = opal.get(read).text
    assert '<option selected value="2">Old</option>' in page
    assert "leo@example.org" in page
    assert "zoe@example.org" not in page
    work(app)
    show = post(opal, read, chosen | {"heading": "1", "part": "2", "target": ["email"], "do": "check"}).location
    work(app)
    assert "Import 1 person" in opal.get(show).text


@pytest.mark.one_engine
def test_a_file_that_was_read_before_sheets_could_be_chosen_is_still_read(app: Flask, opal: FlaskClient) -> None:
    read = upload(opal).location
    with transaction():
        old = {"format": "csv", "encoding": "cp1252", "delimiter": ";", "quote": '"', "heading": True}
        db.session.execute(update(ImportRun).values(reading=old))
    assert "Zoë" in opal.get(read).text
