import csv
import io
import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from xlsxwriter.utility import xl_col_to_name

from signup.consent.mailing_list import MailingList
from signup.exports import workbook_out
from signup.exports.column_labels import labels_of
from signup.exports.columns import columns_of, for_people, for_sheet
from signup.exports.export_file import stream, write
from signup.exports.export_stream import ExportStream
from signup.exports.selection import Filter
from signup.forms.form import Form
from signup.forms.question import Question
from signup.ground.db import connections_in_use, db, transaction
from signup.ground.errors import NotFound
from tests.cast import ADA, BOB, CLEO, definition, make_form, make_list
from tests.exports.export_cast import FIELDS, HOUR, START, add_signup, confirm, form_of, join, make_letter
from tests.imports.import_cast import people, take_back, take_in

pytestmark = pytest.mark.both_engines

CORPUS = Path(__file__).parents[3] / "shared/corpora/csv-injection-payloadbox/Intruder/csv-payload.txt"
FORMULAS = [
    "=1+1",
    "+41 79-1",
    " =1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20A1",
    "'=1+1",
    "''\uff1d1",
]
HARMLESS = [
    "Ada",
    "'Ada'",
    "'",
    "1-1",
    "a=b",
    "+41 79 123 45 67",
    "Ünï ✓ 名前 🎉",
    'say "hi"; or, not',
    "two\r\nlines\nhere",
    "0041",
    'C:\\temp\\"new"',
    "a\x01b\u2028c _x0041_ d",
    "",
]


@pytest.fixture
def letter(context: Flask) -> MailingList:
    return make_letter()


def read_csv(letter: MailingList, kind: str = "csv", wanted: Filter | None = None) -> list[dict[str, str]]:
    text = b"".join(stream(letter.id, kind, wanted or {})).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if kind == "csv-excel" else ","))


def read_json(letter: MailingList, wanted: Filter | None = None) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in b"".join(stream(letter.id, "jsonl", wanted or {})).decode().split("\n") if line
    ]


def read_xlsx(letter: MailingList, path: Path) -> list[dict[str, Any]]:
    with path.open("wb") as file:
        write(letter.id, "xlsx", {}, ExportStream(file, lambda _rows: None))
    heading, *body = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    columns = columns_of(letter.id)
    assert heading == labels_of(columns)
    return [dict(zip((column.name for column in columns), row, strict=True)) for row in body]


def addresses(letter: MailingList, **wanted: Any) -> list[str]:
    return [row["email"] for row in read_csv(letter, wanted=wanted)]


def test_a_confirmed_contact_comes_with_answers_source_and_proof(letter: MailingList) -> None:
    form = form_of(letter)
    ada = join(form, ADA, {"first_name": "Ada", "interests": ["tea", "design"], "employees": -5, "vip": True})
    at = ada.created_at
    assert read_json(letter) == [
        {
            "email": ADA,
            "name": "Ada",
            "status": "confirmed",
            "status_at": ada.state_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "first_name": "Ada",
            "interests": ["tea", "design"],
            "employees": -5,
            "vip": True,
            "language": "en",
            "source": "The Letter form",
            "page": "https://blog.example.org/post",
            "utm_source": "feed",
            "utm_medium": None,
            "utm_campaign": None,
            "utm_term": None,
            "utm_content": None,
            "placement": "footer",
            "staff": None,
            "opt_in": "double",
            "signup_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "signup_ip": "203.0.113.7",
            "confirm_at": (at + HOUR).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "confirm_ip": "198.51.100.9",
            "consent_text_version": f"{form.public_id}/1",
            "consent_text_hash": form.version.wording_hash,
            "contact_uid": str(ada.contact.uid),
        }
    ]


def test_people_read_lists_with_commas_yes_and_no_and_numbers_as_they_are(letter: MailingList) -> None:
    join(form_of(letter), ADA, {"first_name": "Ada", "interests": ["tea", "design"], "employees": -5, "vip": False})
    [row] = read_csv(letter)
    assert [row[key] for key in ("interests", "employees", "vip")] == ["tea, design", "-5", "no"]


def test_what_an_import_brought_without_a_field_or_a_question_is_in_every_general_file(
    letter: MailingList, tmp_path: Path
) -> None:
    rows = people("ida", telephone="0791234567", npa="01000", pays="CH")
    take_in(rows, letter)
    expected = {"phone": "0791234567", "postal_code": "01000", "country": "CH", "opt_in": "imported"}
    expected |= {"signup_ip": "203.0.113.7", "confirm_at": "2025-05-01T10:00:00.000Z"}
    for row in (*read_csv(letter), *read_csv(letter, "csv-excel"), *read_json(letter)):
        assert {name: row[name] for name in expected} == expected
    [row] = read_xlsx(letter, tmp_path / "out.xlsx")
    assert row["postal_code"] == "01000"


def test_who_was_imported_twice_stands_in_the_file_once_with_the_last_proof(letter: MailingList) -> None:
    take_back(take_in(people("ida", opt_in_ip="203.0.113.8"), letter))
    take_in(people("ida"), letter)
    assert [row["signup_ip"] for row in read_csv(letter)] == ["203.0.113.7"]


def test_what_another_list_imported_stays_out_of_the_file(letter: MailingList) -> None:
    take_in(people("ida", telephone="0791234567"), make_list("shop", name="Shop"))
    join(form_of(letter), "ida@example.org")
    [row] = read_csv(letter)
    assert "phone" not in row


@pytest.mark.parametrize("kind", ["csv", "csv-excel"])
def test_a_csv_says_row_for_row_what_the_json_lines_say(letter: MailingList, kind: str) -> None:
    form = form_of(letter)
    for number, text in enumerate(FORMULAS + HARMLESS):
        answers = {"first_name": text, "interests": [text, "tea"], "employees": number - 3, "vip": number % 2 == 0}
        join(form, f"p{number}@example.org", answers if number else {})
    rows = read_json(letter)
    assert len(rows) == len(FORMULAS + HARMLESS)
    assert read_csv(letter, kind) == [{key: for_people(value) for key, value in row.items()} for row in rows]


def test_a_workbook_says_row_for_row_what_the_json_lines_say(letter: MailingList, tmp_path: Path) -> None:
    form = form_of(letter)
    for number, text in enumerate(FORMULAS + HARMLESS):
        join(form, f"p{number}@example.org", {"first_name": text, "interests": [text], "vip": True})
    expected = [{key: in_sheet(key, value) for key, value in row.items()} for row in read_json(letter)]
    assert read_xlsx(letter, tmp_path / "out.xlsx") == expected


def in_sheet(key: str, value: Any) -> Any:
    """What a reader of the workbook gets: times as times, texts as texts."""
    if not key.endswith("_at") or not value:
        return for_sheet(value)
    at = datetime.fromisoformat(value).replace(microsecond=0, tzinfo=None)
    return at.date() if at.time() == time() else at


def test_a_workbook_has_words_for_headings_days_times_and_numbers_as_such_a_filter_and_the_lists_name(
    context: Flask, tmp_path: Path
) -> None:
    letter = make_list()
    born = Question(key="born", type="date", label="Born on")
    form = make_form(letter, magnet=False, fields=(*FIELDS, born))
    told = {"first_name": "Ada", "employees": 12, "vip": True, "born": "1815-12-10"}
    join(form, ADA, told)
    join(form, BOB, told | {"born": "1985-12-10", "employees": 1234567890123456789})
    [ada, bob] = read_xlsx(letter, tmp_path / "out.xlsx")
    assert [ada[key] for key in ("employees", "vip", "born")] == [12, "yes", "1815-12-10"]
    assert [bob[key] for key in ("employees", "born")] == ["1234567890123456789", date(1985, 12, 10)]
    assert bob["signup_at"] == (START + HOUR).replace(tzinfo=None)
    with ZipFile(tmp_path / "out.xlsx") as parts:
        sheet, book = parts.read("xl/worksheets/sheet1.xml").decode(), parts.read("xl/workbook.xml").decode()
    assert f'<autoFilter ref="A1:{xl_col_to_name(len(ada) - 1)}3"/>' in sheet
    assert '<pane ySplit="1"' in sheet
    assert sheet.index("<cols>") < sheet.index("<sheetData>")
    assert 'name="The Letter"' in book


@pytest.mark.parametrize("title", ["History", "a/b [c]: d?*\\\x07", "'", "x" * 120])
def test_any_name_of_a_list_names_a_sheet_that_opens(letter: MailingList, tmp_path: Path, title: str) -> None:
    with transaction():
        db.session.get_one(MailingList, letter.id).name = title
    join(form_of(letter), ADA)
    assert [row["email"] for row in read_xlsx(letter, tmp_path / "out.xlsx")] == [ADA]
    [name] = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx")).sheet_names
    assert 0 < len(name) <= 31
    assert name.lower() != "history"


@pytest.mark.parametrize("kind", ["csv", "csv-excel"])
def test_no_formula_of_the_collection_reaches_a_spreadsheet(letter: MailingList, kind: str, tmp_path: Path) -> None:
    if not CORPUS.exists():
        pytest.skip(f"no {CORPUS.name} beside the project")
    payloads = [line for line in CORPUS.read_text().splitlines() if line]
    for number, payload in enumerate(payloads):
        join(form_of(letter), f"p{number}@example.org", {"first_name": payload, "interests": [payload]})
    rows = read_csv(letter, kind)
    shown = [payload if payload.startswith("DDE") else f"'{payload}" for payload in payloads]
    assert [row["first_name"] for row in rows] == [row["interests"] for row in rows] == shown
    assert [row["first_name"] for row in read_json(letter)] == payloads
    assert [row["first_name"] for row in read_xlsx(letter, tmp_path / "out.xlsx")] == payloads


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe_for_people_only(letter: MailingList, text: str) -> None:
    join(form_of(letter), ADA, {"first_name": text})
    assert (read_csv(letter)[0]["first_name"], read_json(letter)[0]["first_name"]) == (f"'{text}", text)


def test_only_the_asked_status_comes_and_only_of_the_asked_list(letter: MailingList) -> None:
    form = form_of(letter)
    join(form, ADA)
    join(form, BOB, state="pending")
    join(form, CLEO, state="unsubscribed")
    assert addresses(letter) == [ADA]
    assert addresses(letter, status="pending") == [BOB]
    assert addresses(letter, status="unsubscribed") == [CLEO]
    assert addresses(letter, status="any") == [ADA, BOB, CLEO]


def test_days_are_counted_in_utc_from_the_first_to_the_last(letter: MailingList) -> None:
    form = form_of(letter)
    for person in (ADA, BOB):
        subscription = join(form, person)
        with transaction():
            db.session.add(subscription)
            subscription.created_at = START.replace(hour=23, minute=59) + timedelta(days=person == BOB)
    assert addresses(letter, created_from="2026-11-01", created_to="2026-11-01") == [ADA]
    assert addresses(letter, created_from="2026-11-02") == [BOB]
    assert addresses(letter, created_to="2026-11-02") == [ADA, BOB]
    assert addresses(letter, confirmed_from="2027-01-01") == []


@pytest.mark.parametrize("wanted", [{"status": "alive"}, {"created_from": "yesterday"}, {"colour": "red"}])
def test_a_filter_that_is_none_is_refused(letter: MailingList, wanted: Any) -> None:
    with pytest.raises(NotFound):
        addresses(letter, **wanted)


def test_the_proof_is_of_the_latest_signup_that_was_confirmed(letter: MailingList) -> None:
    form = form_of(letter)
    ada = join(form, ADA)
    with transaction():
        confirm(add_signup(form, ada, START, ip="192.0.2.1"), START + HOUR, ip="192.0.2.2")
        add_signup(form, ada, START + 2 * HOUR, ip="192.0.2.3", state="repeated")
        add_signup(form, ada, START + 3 * HOUR, ip="192.0.2.4")
    for status in ("confirmed", "any"):
        [row] = read_csv(letter, wanted={"status": status})
        assert (row["signup_ip"], row["confirm_ip"]) == ("192.0.2.1", "192.0.2.2")
        assert (row["signup_at"], row["confirm_at"]) == ("2026-11-01T12:00:00.000Z", "2026-11-01T13:00:00.000Z")


def test_somebody_who_never_confirmed_comes_with_the_latest_signup_and_no_proof(letter: MailingList) -> None:
    form = form_of(letter)
    bob = join(form, BOB, state="pending")
    with transaction():
        add_signup(form, bob, START, ip="192.0.2.1")
    [row] = read_csv(letter, wanted={"status": "pending"})
    assert (row["signup_ip"], row["confirm_at"], row["confirm_ip"]) == ("192.0.2.1", "", "")


def test_questions_of_all_versions_come_in_the_order_they_were_first_asked(letter: MailingList) -> None:
    form = form_of(letter)
    text = FIELDS[0]
    with transaction():
        fields = (text.model_copy(update={"key": "status"}), text.model_copy(update={"key": "city"}), text)
        db.session.get_one(Form, form.id).publish(definition(fields=fields))
    make_form(letter, magnet=False, fields=(text.model_copy(update={"key": "age"}),))
    join(form, ADA, {"status": "single", "city": "Genève"})
    [row] = read_csv(letter)
    asked = list(row)[list(row).index("status_at") + 1 : list(row).index("language")]
    assert asked == ["first_name", "interests", "employees", "vip", "answers.status", "city", "age"]
    assert (row["status"], row["answers.status"], row["city"], row["age"]) == ("confirmed", "single", "Genève", "")


def test_lines_end_as_the_standard_says_and_excel_is_told_the_encoding(letter: MailingList) -> None:
    join(form_of(letter), ADA, {"first_name": "Zoë; the one"})
    plain_bytes, excel = (b"".join(stream(letter.id, kind, {})) for kind in ("csv", "csv-excel"))
    assert plain_bytes.count(b"\r\n") == plain_bytes.count(b"\n") == 2
    assert not plain_bytes.startswith(b"\xef\xbb\xbf")
    assert excel.startswith(b"\xef\xbb\xbfemail;name;status;")
    assert '"Zoë; the one"'.encode() in excel


def test_an_empty_list_is_a_file_with_its_heading_alone(letter: MailingList, tmp_path: Path) -> None:
    assert b"".join(stream(letter.id, "csv", {})).count(b"\r\n") == 1
    assert read_json(letter) == read_xlsx(letter, tmp_path / "out.xlsx") == []


def test_rows_beyond_what_a_sheet_holds_go_to_another(
    letter: MailingList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        join(form_of(letter), f"p{number}@example.org")
    monkeypatch.setattr(workbook_out, "SHEET_ROWS", 3)
    read_xlsx(letter, tmp_path / "out.xlsx")
    book = CalamineWorkbook.from_path(str(tmp_path / "out.xlsx"))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [[row[0] for row in sheet] for sheet in sheets] == [
        ["Email address", "p0@example.org", "p1@example.org"],
        ["Email address", "p2@example.org", "p3@example.org"],
        ["Email address", "p4@example.org"],
    ]


def test_a_reader_who_leaves_gives_the_connection_back(letter: MailingList) -> None:
    for number in range(3):
        join(form_of(letter), f"p{number}@example.org")
    db.session.remove()
    for kind in ("csv", "jsonl"):
        pieces = stream(letter.id, kind, {})
        next(pieces)
        pieces.close()
        db.session.remove()
        assert not connections_in_use()
