import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.addresses.address import parse, validated
from signup.fields.kinds.all_kinds import QUESTION_TYPES
from signup.files.import_run import ImportOrigin
from signup.files.seen_once import Seen
from signup.forms.question import Option, Question
from signup.ground.errors import BadFile, InvalidAddress
from signup.imports import mapping, open_import, uploaded_file
from signup.imports.file_answer import reader_for
from signup.imports.readers import table_file
from signup.imports.readers.table_file import FileRow, Reading
from signup.imports.row_reader import ImportTerms, RowReader
from tests.cast import make_form, make_list
from tests.exports.export_cast import FIELDS
from tests.imports.import_cast import outcomes, states, take_in, upload

CORPUS = Path(__file__).parents[3] / "shared" / "corpora"
FRENCH = "e-mail;prénom;ville\r\nzoe@example.org;Zoë;Besançon\r\nleo@example.org;Léo;Genève – Pâquis\r\n"
LEMON = "email,first_name\nzoe@example.org,Zoë\n"


def read(content: bytes, tmp_path: Path) -> tuple[Reading, list[str], list[FileRow]]:
    path = tmp_path / "file"
    path.write_bytes(content)
    reading = table_file.guess(path)
    names = table_file.headings(path, reading)
    return reading, names, list(table_file.rows(path, reading, names))


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", ",;\t|")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac-roman"])
def test_every_encoding_and_dialect_is_guessed(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    text = FRENCH.replace(";", delimiter).replace("\r\n", end)
    reading, names, rows = read(text.encode(encoding), tmp_path)
    assert (reading.format, reading.encoding, reading.delimiter, reading.heading) == ("csv", encoding, delimiter, True)
    assert names == ["e-mail", "prénom", "ville"]
    assert [row.cells for row in rows] == [
        ["zoe@example.org", "Zoë", "Besançon"],
        ["leo@example.org", "Léo", "Genève – Pâquis"],
    ]
    assert [row.line for row in rows] == [2, 3]


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_a_mark_at_the_beginning_says_which_encoding(tmp_path: Path, encoding: str) -> None:
    reading, _names, rows = read(("\ufeff" + FRENCH).encode(encoding), tmp_path)
    assert reading.encoding == encoding[:6]
    assert [row.cells[1] for row in rows] == ["Zoë", "Léo"]


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        (b"sep=;\r\nemail;name\r\na@example.org;A, B\r\n", ["a@example.org", "A, B"]),
        (b'email,name\n"a@example.org","say ""hi"", all\nof you"\n', ["a@example.org", 'say "hi", all\nof you']),
        (b"'email','name'\n'a@example.org','A, B'\n'b@example.org','C'\n", ["a@example.org", "A, B"]),
        (b"email,name\na@example.org,Rory O'Hara\nb@example.org,Mo'\n", ["a@example.org", "Rory O'Hara"]),
        (b"\n\nemail,name\n\n,\na@example.org,A\n", ["a@example.org", "A"]),
        (b"a@example.org,A\nb@example.org,B\n", ["a@example.org", "A"]),
        (b"email\na@example.org\n", ["a@example.org"]),
        (b"email,name\na@example.org,A\x00B\n", ["a@example.org", "A\x00B"]),
    ],
)
def test_odd_but_readable_files_are_read(tmp_path: Path, content: bytes, cells: list[str]) -> None:
    assert read(content, tmp_path)[2][0].cells == cells


def test_json_lines_and_vcards_are_tables(tmp_path: Path) -> None:
    lines = [{"email": "a@example.org", "tags": ["x", "y"], "vip": True}, {"email": "b@example.org", "city": "Nîmes"}]
    reading, names, rows = read("\n".join(map(json.dumps, lines)).encode(), tmp_path)
    assert (reading.format, names) == ("jsonl", ["email", "tags", "vip", "city"])
    assert [row.cells for row in rows] == [["a@example.org", "x, y", "yes", ""], ["b@example.org", "", "", "Nîmes"]]
    card = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lovelace;Ada;;;\r\nFN:Ada Lovelace\r\nitem1.EMAIL;TYPE=work:ada@exam\r\n"
        " ple.org\r\nEMAIL:second@example.org\r\nORG:Analytical\\, Inc.;Engines\r\nADR;TYPE=home:;;1 St;London;;;UK\r\n"
        "END:VCARD\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\r\nller;Zo=C3=AB\r\n"
        "EMAIL:zoe@example.org\r\nEND:VCARD\r\n"
    )
    reading, names, rows = read(card.encode(), tmp_path)
    assert reading.format == "vcard"
    first, second = (dict(zip(names, row.cells, strict=True)) for row in rows)
    assert (first["email"], first["name"], first["first_name"]) == ("ada@example.org", "Ada Lovelace", "Ada")
    assert (first["organisation"], first["locality"]) == ("Analytical, Inc. Engines", "London")
    assert (second["last_name"], second["first_name"], second["email"]) == ("Müller", "Zoë", "zoe@example.org")
    assert "FN:Ada Lovelace" in rows[0].raw[0]


def test_objects_inside_a_person_are_columns_of_their_own(tmp_path: Path) -> None:
    people = [
        {"id": 1, "person": {"email": "a@example.org", "name": {"first": "Ada"}}, "lists": [{"id": 7}]},
        {"id": 2, "person": {"email": "b@example.org", "name": None}},
    ]
    reading, names, rows = read("\n".join(map(json.dumps, people)).encode(), tmp_path)
    assert names == ["id", "person.email", "person.name.first", "lists", "person.name"]
    assert [row.cells for row in rows] == [
        ["1", "a@example.org", "Ada", '[{"id": 7}]', ""],
        ["2", "b@example.org", "", "", ""],
    ]
    assert rows[0].raw == [json.dumps(people[0])]
    assert reading.format == "jsonl"


def test_an_object_with_a_key_for_each_of_many_things_stays_one_column(tmp_path: Path) -> None:
    person = {"email": "a@example.org", "visits": {str(n): 1 for n in range(201)}}
    _reading, names, rows = read(json.dumps(person).encode(), tmp_path)
    assert (names, rows[0].cells[0]) == (["email", "visits"], "a@example.org")


def workbook(rows: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for line, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet.write(line, place, value)
    book.close()
    return out.getvalue()


@pytest.mark.one_engine
def test_a_spreadsheet_is_read_as_people_see_it(context: Flask) -> None:
    letter = make_list()
    make_form(letter, magnet=False, fields=FIELDS)
    run = take_in(
        workbook([["Email", "First name", "Employees"], ["zoe@example.org", "Zoë", 12], ["x", "=1+1", 1.5]]), letter
    )
    assert run.mapping == ["email", "first_name", "answer:employees"]
    assert outcomes(run) == [("created", ""), ("invalid", "address")]


def zipped(name: str, content: bytes, *others: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in (name, *others):
            archive.writestr(one, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"%PDF-1.4\n" + b"x" * 100, "pdf"),
        (bytes(range(256)) * 40, "not-a-table"),
        (zipped("xl/workbook.xml", b"0" * 50_000_000), "bomb"),
        (zipped("xl/workbook.xml", b"<broken"), "sheet"),
        (b"PK\x03\x04 but no archive", "sheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 but no workbook", "sheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "old-word"),
        (b"Received: from there\nSubject: nobody wrote this\n\n", "mails"),
        (zipped("word/document.xml", b"<broken"), "document"),
        (zipped("word/document.xml", b"0" * 50_000_000), "bomb"),
        (zipped("word/document.xml", b"<a/>", "word/vbaProject.bin"), "macros"),
        (zipped("word/document.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'), "document"),
        (b",".join(b"c%d" % n for n in range(201)), "too-many-columns"),
        (b'email,name\na@example.org,"never closed' + b"\nx" * 200_000, "csv"),
        (b'{"email": "a@example.org"}\n[1, 2]\n', "json"),
        (b'{"email": "a@example.org"}\n' + b"[" * 100_000 + b"\n", "json"),
        (b"email\n" + b"x" * 1_000_002, "line-too-long"),
    ],
)
@pytest.mark.one_engine
def test_a_broken_file_explains_itself(context: Flask, tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as caught:
        read(uploaded_file.receive(io.BytesIO(content), "x.file").path.read_bytes(), tmp_path)
    assert caught.value.reason == reason
    assert "%(" not in table_file.problem_words(caught.value)


def document(*tables: list[list[str]], more: str = "") -> bytes:
    """A Word document with these tables. `more` is whatever else stands in each cell."""
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p>" + more + "</w:tc>"
    rows = [["<w:tr>" + "".join(map(cell.format, row)) + "</w:tr>" for row in table] for table in tables]
    body = "".join(f"<w:tbl>{''.join(one)}</w:tbl><w:p/>" for one in rows)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return zipped("word/document.xml", f'<w:document xmlns:w="{space}">{body}</w:document>'.encode())


MBOX = b"""From ada@example.org Mon Jan  5 10:00:00 2026
From: =?utf-8?q?Ada_L=C3=B6velace?= <ada@example.org>
Subject: one

From: nobody@inside.example is text of the mail
From here on, too

From bob@example.org Tue Jan  6 10:00:00 2026
Received: from there
From: "Marley, Bob" <Bob@example.org>,
 ADA@example.org
Reply-To: office@example.org

From broken Wed Jan  7 10:00:00 2026
From: =?no-such-charset?q?=FF?= <<>, :;@
\xff\xfe: \x80

"""


@pytest.mark.one_engine
def test_tables_in_word_and_senders_of_mails_are_tables(context: Flask, tmp_path: Path) -> None:
    heading, more = ["E-mail", "Prénom"], "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
    people = [heading, ["zoe@example.org", "Zoë 🎈"]], [heading, ["leo@example.org", "Léo"]]
    content = document([["Agenda"], ["nothing"]], *people, more=more)
    path = uploaded_file.receive(io.BytesIO(content), "a.file").path
    assert path.read_text() == "E-mail,Prénom\nzoe@example.org,Zoë 🎈\nleo@example.org,Léo\n"
    senders = [("ada@example.org", "Ada Lövelace"), ("Bob@example.org", "Marley, Bob"), ("office@example.org", "")]
    for name, mails, expected in (("b", MBOX, senders), ("c", MBOX[:200].partition(b"\n")[2], senders[:1])):
        _reading, names, rows = read(uploaded_file.receive(io.BytesIO(mails), name).path.read_bytes(), tmp_path)
        assert (names, [tuple(row.cells) for row in rows]) == (["email", "name"], expected)
    run = take_in(MBOX, make_list())
    assert (run.imported or {})["created"] == 3


def test_a_sheet_that_claims_columns_without_end_is_refused(context: Flask) -> None:
    book = io.BytesIO(workbook([["email"], ["a@example.org"]]))
    out = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            text = old.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                text = text.replace(b'r="A2"', b'r="XFD1048576"')
            new.writestr(entry, text)
    with pytest.raises(BadFile, match="too-many-columns"):
        upload(out.getvalue(), make_list())


def test_limits_are_told(context: Flask, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="too-large"):
        uploaded_file.receive(io.BytesIO(b"x" * 11), "x.file", limit=10)
    assert list(uploaded_file.folder().iterdir()) == []
    path = tmp_path / "file"
    path.write_bytes(b"email\n" + b"a@example.org\n" * 3)
    assert len(list(table_file.rows(path, Reading(), ["email"], limit=3))) == 3
    with pytest.raises(BadFile, match="too-many-rows"):
        list(table_file.rows(path, Reading(), ["email"], limit=2))


def test_a_wrong_encoding_is_told_with_its_line(context: Flask) -> None:
    letter = make_list()
    content = b"email,name\n" + b"a@example.org,A\n" * 3 + "é@example.org,É\n".encode("cp1252")
    assert take_in(content, letter).state == "done"
    run = upload(content, letter, reading=Reading(encoding="cp1252"))
    with pytest.raises(BadFile) as caught:
        open_import.read_as(run, Reading(encoding="utf-16"))
    assert "UTF-16" in table_file.problem_words(caught.value)


@pytest.mark.parametrize(
    ("headings", "program", "targets"),
    [
        ("Email Address,Last Name,OPTIN_TIME,OPTIN_IP,LEID", "Mailchimp", "email last_name opt_in_at opt_in_ip -"),
        ("EMAIL,PRENOM,NOM,DOUBLE_OPT-IN", "Brevo", "email first_name last_name ignore"),
        ("Record ID,First Name,Last Name,Email,Lifecycle Stage", "HubSpot", "- first_name last_name email -"),
        ("Email,Klaviyo ID,First Name,Email Marketing Consent", "Klaviyo", "email - first_name status"),
        ("Pers_PersonId,Pers_FirstName,Pers_LastName,Pers_EmailAddress", "Sage CRM", "- first_name last_name email"),
        ("First Name,Last Name,E-mail Address,E-mail Display Name", "Outlook", "first_name last_name email -"),
        ("Given Name,Family Name,E-mail 1 - Value,Group Membership", "Google", "first_name last_name email -"),
        ("Adresse e-mail,Prénom,Nom de famille,Interests", "", "email first_name last_name answer:interests"),
        ("mail,Vorname,VIP,Inscrit le", "", "email first_name answer:vip opt_in_at"),
        ("email,status,confirm_at,consent_text_hash,contact_uid", "signup", "email status confirm_at wording -"),
    ],
)  # fmt: skip
def test_the_headings_of_known_programs_are_recognised(
    context: Flask, headings: str, program: str, targets: str
) -> None:
    letter = make_list()
    make_form(letter, magnet=False, fields=FIELDS)
    found = mapping.propose(headings.split(","), letter.id)
    assert (found.known_as, [target or "-" for target in found.targets]) == (program, targets.split())


def test_a_mapping_is_remembered_for_the_same_headings(context: Flask) -> None:
    letter = make_list()
    content = b"who,what\na@example.org,A\n"
    take_in(content, letter, targets=["email", "last_name"])
    assert mapping.propose(["who", "what"], letter.id) == (["email", "last_name"], "before")
    assert mapping.propose(["who", "else"], letter.id).known_as == ""
    assert upload(content, letter).mapping == ["email", "last_name"]


@given(
    st.one_of(
        st.emails(),
        st.tuples(st.text("abzAZ09_+-.@ é", max_size=9), st.text("abX09.-n", max_size=14)).map("@".join),
        st.text(max_size=20),
    )
)
def test_the_quick_look_at_an_address_agrees_with_the_careful_one(typed: str) -> None:
    def judged(read: Any) -> Any:
        try:
            return read(typed)
        except InvalidAddress:
            return None

    quick = judged(parse)
    assert (quick and quick.mailed) == judged(lambda text: validated(text.strip()))


OPTIONS = tuple(Option(value=value, label=f"The {value}, one") for value in ("a", "b_2", "c-3"))
ASKED = [
    Question(key="q", type=name, label="Q", options=OPTIONS if kind.has_options else ())
    for name, kind in QUESTION_TYPES.items()
]


@given(
    st.sampled_from(ASKED),
    st.one_of(
        st.text(min_size=1, max_size=20),
        st.sampled_from(["oui", "NON", "x", "1'234", "12,5", "31.12.2025", "2025-02-30", "a;b_2", "nan", "-5"]),
        st.sampled_from(["the a, one", "The b_2, one"]),
    ),
)  # fmt: skip
def test_an_answer_from_a_file_is_one_the_form_would_store(field: Question, cell: str) -> None:
    try:
        stored = reader_for(field.model_dump(mode="json"))(cell)
    except (ValueError, OverflowError):
        return
    assert field.read(stored) == (stored or None if field.type == "text" else stored)


@pytest.mark.parametrize(
    ("cells", "problem", "odd"),
    [
        (["a@example.org", "5", "", ""], "", ""),
        (["a@example.org", "many", "", ""], "", "answer:employees"),
        (["a@example.org", "", "yesterday", ""], "", "time:opt_in_at"),
        (["a@example.org", "", "2999-01-01", ""], "", "time:opt_in_at"),
        (["a@example.org", "", "1889-01-01", ""], "", "time:opt_in_at"),
        (["a@example.org", "", "0000-00-00", "300.1.1.1"], "", "ip:opt_in_ip"),
        (["a@example.org", "many", "soon", "::x"], "", "answer:employees time:opt_in_at ip:opt_in_ip"),
        (["a@example.org", "", "", "", "more"], "cells", ""),
        (["a@example.org"], "", ""),
        (["", "5", "", ""], "no-address", ""),
        (["a@localhost", "", "", ""], "address", ""),
    ],
)
def test_a_row_says_which_of_its_cells_is_wrong_and_only_the_address_refuses_it(
    context: Flask, cells: list[str], problem: str, odd: str
) -> None:
    fields = {field.key: field.model_dump(mode="json") for field in FIELDS}
    targets = ["email", "answer:employees", "opt_in_at", "opt_in_ip"]
    one = RowReader(targets, fields, ImportTerms(ImportOrigin.SERVICE)).read(FileRow(2, cells, cells))
    assert (one.problem, " ".join(one.odd)) == (problem, odd)
    assert one.problem or one.grade == ("B" if cells[2:] and not odd and cells[2] else "C")


@given(st.lists(st.text("abcdef", max_size=3), max_size=4000))
def test_the_table_of_seen_addresses_is_a_set(keys: list[str]) -> None:
    seen, known = Seen(), set[str]()
    for key in keys:
        assert seen.add(key) == (key not in known)
        known.add(key)


def test_text_that_looks_like_a_formula_stays_text(context: Flask) -> None:
    letter = make_list()
    payloads = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "<script>alert(1)</script>",
        "'; DROP TABLE x; --",
    ]
    text = io.StringIO()
    csv.writer(text).writerows([["email", "first_name"], *([f"p{n}@example.org", p] for n, p in enumerate(payloads))])
    run = take_in(text.getvalue().encode(), letter)
    assert outcomes(run) == [("created", "")] * len(payloads)


def corpus() -> list[Path]:
    return sorted((CORPUS / "csv-spectrum" / "csvs").glob("*.csv")) + sorted(CORPUS.glob("csv-injection-*/**/*.txt"))


@pytest.mark.skipif(not corpus(), reason="the shared corpora are not here")
def test_files_from_elsewhere_are_read_as_their_makers_meant(tmp_path: Path) -> None:
    for path in corpus():
        _reading, names, rows = read(path.read_bytes(), tmp_path)
        expected = path.parents[1] / "json" / f"{path.stem}.json"
        if expected.exists():
            text = expected.read_text()
            said = json.loads(text)
            found = [dict(zip(names, row.cells, strict=False)) for row in rows]
            said = said if isinstance(said, list) else [said]
            # The makers' JSON of a file that is not UTF-8 lost its degree signs.
            assert found == said or "\ufffd" in text, path.name


@pytest.mark.skipif(not corpus(), reason="the shared corpora are not here")
def test_files_from_elsewhere_import_or_explain_themselves(context: Flask) -> None:
    letter = make_list()
    for path in corpus():
        run = upload(path.read_bytes(), letter, path.name)
        if run.headings:
            done = take_in(path.read_bytes(), letter, targets=["email", *[""] * (len(run.headings) - 1)])
            assert done.state == "done", (path.name, done.problem)
    assert states(letter) == {}
