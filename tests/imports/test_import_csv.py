"""CSV as programs and people write it. Most files are read without a database."""

import random
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from signup.cli.main import main
from signup.contacts.contact import Contact
from signup.ground.db import db
from signup.imports import mapping, uploaded_file
from signup.imports.meaning.exit_name import state_by_name
from signup.imports.readers import table_file
from signup.imports.readers.cell import meant
from signup.imports.readers.csv_rows import Dialect, records
from signup.imports.readers.encoding import ENCODINGS, codec_of, encoding_of
from signup.imports.readers.table_file import FileRow, Reading
from tests.cast import make_list
from tests.imports.import_cast import outcomes, take_in

NAMES = {
    "fr": "Hélène Jérôme François Benoît Zoë Léonie Thérèse Noël Geneviève Gaëlle Genève Besançon Prénom Société",
    "de": "Müller Jürgen Günther Schäfer Köhler Bärbel Größe Straße Zürich Köln Jörg Lüthi Österreich Übersicht Süß",
    "it": "Niccolò Forlì Città Società Mondovì Salò Noè Cefalù Perché Lunedì Qualità Virtù Nicolò Cantù Santhià",
    "nl": "Zoë Daniël Michaël België Joëlle Coördinatie Financiën Raphaël Israël Noëlle Reünie Cliënt Eén Ideeën Gaël",
    "en": "Zoë Chloë Renée Noël José Béatrice André Café René Brontë Siân Zoé Desirée Beyoncé Hélène",
}


def read(content: bytes, folder: Path) -> tuple[Reading, list[str], list[FileRow]]:
    path = folder / "people.file"
    path.write_bytes(content)
    taken = uploaded_file.choose(path)
    reading = table_file.guess(taken.path, is_ours=taken.is_ours)
    names = table_file.headings(taken.path, reading)
    return reading, names, list(table_file.rows(taken.path, reading, names))


def cells(content: str, folder: Path) -> list[list[str]]:
    return [row.cells for row in read(content.encode(), folder)[2]]


@pytest.mark.parametrize(
    ("content", "faulty", "people"),
    [
        ('email,company,city\nada@x.org,"A" AG,B\nbo@x.org,12" R,L\ncy@x.org,"Drei, Zug\ndi@x.org,Vier,Bern\n', [4], 4),
        # It swallows rows up to the next quote, which opens a cell of another row.
        ('email,company,city\nada@x.org,"Eins, Zug\nbo@x.org,Z,B\ncy@x.org,"Drei",Bern\ndi@x.org,V,B\n', [2], 4),
        # The quote that ends it stands at the end of a cell, as if it were right.
        ('email,company,city\nada@x.org,"Eins, Zug\nbo@x.org,Zwei,Bern\ncy@x.org,Drei",Bern\n', [2], 3),
        ('"email","company"\n"ada@x.org","Eins\n"bo@x.org","Zwei"\n"cy@x.org","Drei"\n', [2], 3),
        ('"email","company","city"\n"ada@x.org","Eins,"Bern"\n"bo@x.org","Zwei","Bern"\n', [2], 2),
        ("'email','name'\n'ada@x.org','Ada'\n'bo@x.org','Bo\n'cy@x.org','Cy'\n", [3], 3),
        ('email\tcompany\nada@x.org\t"Eins\nbo@x.org\tZwei\n', [2], 2),
        ('email,note\nada@x.org,"two\nlines"\nbo@x.org,"never closed', [4], 2),
    ],
)  # fmt: skip
def test_a_quote_that_is_not_closed_marks_its_row_and_loses_no_other(
    tmp_path: Path, content: str, faulty: list[int], people: int
) -> None:
    rows = read(content.encode(), tmp_path)[2]
    assert [row.line for row in rows if row.problem == "quote"] == faulty
    assert sum(any("@x.org" in cell for cell in row.cells) for row in rows) == people
    assert all(row.cells[0].count("@") == 1 for row in rows)


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        ('email,company\na@x.org,"Muster ""A"" AG"\n', 'Muster "A" AG'),
        ('email,company\na@x.org,"Muster" AG\n', "Muster AG"),
        ('email,company\na@x.org,12" Records\n', '12" Records'),
        ('email,company\na@x.org,"12\\" Records, Zug"\nb@x.org,"B"\n', '12" Records, Zug'),
        ('email;company\na@x.org;"say \\"hi\\"; all"\n', 'say "hi"; all'),
        ('email,company\na@x.org,"two\nlines, of b@x.org"\n', "two\nlines, of b@x.org"),
        ("'email','company'\n'a@x.org','O''Hara, Ltd'\n", "O'Hara, Ltd"),
        ('email,company\na@x.org,"C:\\dir"\n', "C:\\dir"),
        # A blank between the delimiter and the quote.
        ('email, company\na@x.org, "Muster, Ada"\n', "Muster, Ada"),
        ('email;company;city\na@x.org;   "Muster; Ada"; Zug\n', "Muster; Ada"),
        ('"email", "company"\n"a@x.org" , "Muster, Ada"\n', "Muster, Ada"),
        # What makes a spreadsheet show a text.
        ('email,company\na@x.org,="Muster, AG"\n', "Muster, AG"),
        ('="email",="company"\n="a@x.org",="01000"\n', "01000"),
        ('email;company\na@x.org;=HYPERLINK("https://x.org";"X; Y")\n', "X; Y"),
    ],
)
def test_quotes_of_every_kind_are_read(tmp_path: Path, content: str, cell: str) -> None:
    row = read(content.encode(), tmp_path)[2][0]
    assert (row.problem, row.cells[0].strip(), row.cells[1]) == ("", "a@x.org", cell)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('="0791234567"', "0791234567"),
        ('= "a ""b"""', 'a "b"'),
        ("'0791234567", "0791234567"),
        ("'+41 79 123 45 67", "+41 79 123 45 67"),
        ('=HYPERLINK("mailto:ada@example.org","ada@example.org")', "ada@example.org"),
        ('=hyperlink("mailto:ada@example.org")', "ada@example.org"),
        ('=HYPERLINK("mailto:ada@example.org";"ada@example.org")', "ada@example.org"),
        ("=1+1", "=1+1"),
        ("'t Hooft", "'t Hooft"),
        ("'; DROP TABLE x; --", "'; DROP TABLE x; --"),
    ],
)
def test_what_only_makes_a_spreadsheet_show_a_text_is_no_part_of_it(cell: str, value: str) -> None:
    assert meant(cell) == value


@pytest.mark.parametrize(
    ("content", "heading", "names", "people"),
    [
        ("Liste au 31.12.2025\n\nemail;prénom;ville\na@x.org;A;G\nb@x.org;B;L\n", 3, ["email", "prénom", "ville"], 2),
        ("Export, today, all\n\nName;E-Mail;Ort\nA;a@x.org;Bern\nB;b@x.org;Zug\n", 3, ["Name", "E-Mail", "Ort"], 2),
        ("CRM;;\nDatum:;30.11.2026;\n;;\nName;Who;Ort\nA;a@x.org;B\nB;b@x.org;Z\n", 4, ["Name", "Who", "Ort"], 2),
        ("Page 1\nemail,name\na@x.org,A\nEmail,Name\nb@x.org,B\n", 2, ["email", "name"], 2),
        ("A;M;a@x.org\nB;N;b@x.org\n", 0, ["1", "2", "3"], 2),
        ("A;M;\nB;N;b@x.org\n", 0, ["1", "2", "3"], 2),
        ("a@x.org\nb@x.org\n", 0, ["1"], 2),
        ("name,telephone\nA,079\nB,078\n", 1, ["name", "telephone"], 2),
        ("email,name\na@x.org,A,more\nb@x.org,B,more\n", 1, ["email", "name", "3"], 2),
        ("email,name\na@x.org,A\nb@x.org,B\nc@x.org,C,shifted\n", 1, ["email", "name"], 3),
    ],
)  # fmt: skip
def test_the_row_that_names_the_columns_is_found(
    tmp_path: Path, content: str, heading: int, names: list[str], people: int
) -> None:
    reading, found, rows = read(content.encode(), tmp_path)
    assert (reading.heading, found, len(rows)) == (heading, names, people)


def test_the_heading_row_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("what,when\n\nwho,where\na@x.org,A\n")
    chosen = Reading(heading=3)
    assert table_file.headings(path, chosen) == ["who", "where"]
    assert [row.cells for row in table_file.rows(path, chosen, ["who", "where"])] == [["a@x.org", "A"]]
    assert table_file.headings(path, Reading(heading=0)) == ["1", "2"]
    assert len(list(table_file.rows(path, Reading(heading=0), ["1", "2"]))) == 3
    assert table_file.headings(path, Reading(heading=2)) == ["who", "where"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-16-le", "utf-16-be", "cp1252", "iso8859-15", "mac-roman", "cp850", "cp437"]
)
@pytest.mark.parametrize("language", NAMES)
def test_names_of_five_languages_come_back_from_every_encoding(tmp_path: Path, language: str, encoding: str) -> None:
    words = NAMES[language].split()
    chance = random.Random(f"{language} {encoding}")
    for _time in range(8):
        text = "".join(f"p{n}@example.org;{word}\r\n" for n, word in enumerate(chance.sample(words, 4)))
        path = tmp_path / "file"
        path.write_bytes(("email;nom\r\n" + text).encode(encoding))
        guessed, errors = codec_of(encoding_of(path))
        assert path.read_bytes().decode(guessed, errors) == "email;nom\r\n" + text


@pytest.mark.parametrize(
    ("text", "encoding", "guessed"),
    [
        ("Cœur, Zoë, Œuvre", "iso8859-15", "iso8859-15"),
        ("Prud’homme, l’Été, « Zoë »", "cp1252", "cp1252"),
        ("Wałęsa, Łódź, Żółć", "cp1250", "cp1250"),
        ("Dvořák, Jiří, Růžena", "cp1250", "cp1250"),
        ("plain", "cp850", "utf-8"),
    ],
)
def test_an_encoding_is_known_by_the_letters_it_alone_holds(
    tmp_path: Path, text: str, encoding: str, guessed: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(f"email;nom\na@example.org;{text}\n".encode(encoding))
    assert encoding_of(path) == guessed
    assert guessed in ENCODINGS


def test_utf_8_with_some_bytes_of_windows_is_read_as_both_wrote_it(tmp_path: Path) -> None:
    utf_8, windows = "a@x.org;Zoë;Genève\nb@x.org;Léa;Zürich\n", "c@x.org;Jérôme;Nyon\n"
    content = b"email;nom;ville\n" + utf_8.encode() + windows.encode("cp1252")
    reading, _names, rows = read(content, tmp_path)
    assert reading.encoding == "utf-8-mixed"
    assert [row.cells[1] for row in rows] == ["Zoë", "Léa", "Jérôme"]


@given(st.lists(st.lists(st.text("ab,;\"'\n\\@. ", max_size=6), min_size=2, max_size=3), min_size=1, max_size=5))
def test_no_text_breaks_the_cutting_of_rows(rows: list[list[str]]) -> None:
    """Whatever the cells hold: every line is read once, and what is not marked was closed."""
    lines = "".join(",".join(row) + "\n" for row in rows).splitlines(keepends=True)
    found = list(records(lines, Dialect()))
    assert [one.line for one in found] == sorted({one.line for one in found})
    assert not any("\ufdd0" in cell for one in found for cell in one.cells)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("unsubscribed_members_export_1a2b.csv", "unsubscribed"),
        ("audience/cleaned_segment.csv", "bounced"),
        ("nonsubscribed_members.csv", "pending"),
        ("Désabonnés 2025.xlsx", "unsubscribed"),
        ("Abgemeldete.csv", "unsubscribed"),
        ("hard-bounces.csv", "bounced"),
        ("spam complaints.csv", "complained"),
        ("subscribed_members_export_1a2b.csv", ""),
        ("Contacts.csv", ""),
        ("unsubscribed/people.csv", ""),
        ("blacklist_export_brevo.csv", "unsubscribed"),
        ("everybody without unsubscribed.csv", ""),
        ("confirmés et désabonnés.xlsx", ""),
    ],
)
def test_the_name_of_a_file_says_that_people_left(name: str, status: str) -> None:
    assert state_by_name(name) == status


ROWS = [["Ada", "ada@example.org", "Bern", "office"], ["Bo", "Bo <bo@example.org>", "Zug", "see bo@example.org"]]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["first_name", "", "", ""], ["first_name", "email", "", ""]),
        (["", "email", "", ""], ["", "email", "", ""]),
        (["email", "", "", ""], ["", "email", "", ""]),
        (["", "", "", "email"], ["", "", "", "email"]),
    ],
)
def test_the_cells_say_which_column_is_the_address(targets: list[str], expected: list[str]) -> None:
    assert mapping.with_address(targets, ROWS) == expected


@pytest.mark.one_engine
def test_the_console_chooses_sheet_heading_row_and_encoding(app: Flask, tmp_path: Path) -> None:
    make_list()
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("subscribed.csv", "Liste\n\nwho;nom\nada@example.org;Hélène\n".encode("cp850"))
        packed.writestr("unsubscribed.csv", "email,optin_time\nbo@example.org,2024-01-02 03:04:05\n")

    def said(*words: str) -> Result:
        arguments = ["import", str(archive), "--list", "the-letter", "--origin", "service", "--json", *words]
        return CliRunner().invoke(main, arguments, obj=lambda: app)

    assert "Choose one: subscribed.csv, unsubscribed.csv" in said().output
    assert "It has: subscribed.csv, unsubscribed.csv" in said("--sheet", "other.csv").output
    left = said("--sheet", "unsubscribed.csv", "--dry-run")
    assert '"state:unsubscribed": 1' in left.stdout
    known = said("--sheet", "subscribed.csv", "--heading-row", "3", "--encoding", "cp850", "--mapping", "last_name=nom")
    assert '"created": 1' in known.stdout
    assert [contact.name for contact in db.session.scalars(select(Contact))] == ["Hélène"]
    assert '"rows": 3' in said("--sheet", "subscribed.csv", "--heading-row", "0", "--dry-run").stdout


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (b'email,company\nada@example.org,"Eins\nbo@example.org,Zwei\n', [("invalid", "quote"), ("created", "")]),
        (b'email,tel\nada@example.org ::: bo@example.org,="079"\n', [("invalid", "several")]),
        (b"email,tel\nada@example.org ::: ADA@example.org,079 ::: 078\n", [("created", "")]),
        (b"who\t\nA\t\nB\tada@example.org\n", [("created", "")]),
    ],
)
def test_what_a_row_cannot_be_taken_for_is_told(context: Flask, content: bytes, outcome: list[tuple[str, str]]) -> None:
    run = take_in(content, make_list())
    assert [one for one in outcomes(run) if one != ("invalid", "no-address")] == outcome
