"""Spreadsheets as a person sees them, whichever program wrote them. Files are read without a database."""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from signup.ground.errors import BadFile
from signup.imports import uploaded_file
from signup.imports.readers import table_file
from signup.imports.readers.sheets.number_format import formatter
from signup.imports.readers.sheets.ods import sheets as ods_sheets
from signup.imports.readers.unpack import Taken

Cell = tuple[Any, str]


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1000, "00000", "01000"),
        (612345678, "00 00 00 00 00", "06 12 34 56 78"),
        (612345678, '0#" "##" "##" "##" "##', "06 12 34 56 78"),
        (791234567, "0## ### ## ##", "079 123 45 67"),
        (41791234567, '+00" "00" "000" "00" "00', "+41 79 123 45 67"),
        (7561234567897, '000"."0000"."0000"."00', "756.1234.5678.97"),
        (33, '"FR"0000', "FR0033"),
        (5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"),
        (8005551234, "[<=9999999]###-####;(###) ###-####", "(800) 555-1234"),
        (41791234567.0, "General", "41791234567"),
        (4.17e10, "0.00E+00", "41700000000"),
        (41791234567, "@", "41791234567"),
        (0.30000000000000004, "General", "0.3"),
        (-5.5, "General", "-5.5"),
        (0.125, "0.0%", "12.5%"),
        (1234567.891, "#,##0.00", "1 234 567.89"),
        (1250, "#,##0", "1 250"),
        (1500, '"$"#,##0', "$1 500"),
        (1500.5, "_-* #,##0.00\\ [$€-407]_-;-* #,##0.00\\ [$€-407]_-", "1 500.50 €"),
        (-1234.5, "#,##0.00;[Red]-#,##0.00", "-1 234.50"),
        (1234567, '#,##0,"k"', "1 235k"),
        (0, "0;-0;;@", ""),
        (12, "0.##", "12"),
        (45000, "dd/mm/yyyy", "2023-03-15"),
        (45000, '[$-407]d". "mmmm\\ yyyy', "2023-03-15"),
        (45000.5, "m/d/yy h:mm", "2023-03-15 12:00:00"),
        (45000, "yyyy", "2023"),
        (0.4375, "h:mm AM/PM", "10:30"),
        (0.01, "mm:ss", "00:14:24"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (59, "dd/mm/yyyy", "1900-02-28"),
    ],
)  # fmt: skip
def test_a_number_is_shown_by_its_format(value: float, code: str, shown: str) -> None:
    assert formatter(code)(value) == shown


def test_days_are_counted_from_1904_where_the_file_says_so() -> None:
    assert formatter("dd/mm/yyyy", from_1904=True)(43538) == "2023-03-15"


def xlsx(*sheets: tuple[str, list[list[Cell | str]], str]) -> bytes:
    """A book of sheets: name, rows of texts or (value, format), and `hide`, `very_hidden` or nothing."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    made = [(book.add_worksheet(name), rows, state) for name, rows, state in sheets]
    for sheet, rows, state in made:
        for line, row in enumerate(rows):
            for place, cell in enumerate(row):
                value, code = cell if isinstance(cell, tuple) else (cell, "")
                write = sheet.write_datetime if isinstance(value, datetime) else sheet.write
                write(line, place, value, *([book.add_format({"num_format": code})] if code else []))
        if state:
            getattr(sheet, state)()
    next(sheet for sheet, _rows, state in made if not state).activate()
    made[0][0].set_first_sheet() if not made[0][2] else None
    book.close()
    return out.getvalue()


def take(content: bytes, folder: Path, part: int | None = None) -> Taken:
    path = folder / "book.file"
    path.write_bytes(content)
    return uploaded_file.choose(path, part)


def text(content: bytes, folder: Path, part: int | None = None) -> str:
    return take(content, folder, part).path.read_text()


def test_cells_of_xlsx_are_read_as_shown(tmp_path: Path) -> None:
    rows: list[list[Cell | str]] = [
        ["email", "npa", "tél", "né le", "effectif", "actif", "note"],
        ["a@x.org", (1000, "00000"), (612345678, "00 00 00 00 00"), (datetime(2025, 3, 4), "dd.mm.yyyy"),  # noqa: DTZ001
         (1250, "#,##0"), (True, ""), " two\nlines "],
        ["b@x.org", (41791234567.0, ""), (0.5, "0%"), (datetime(2025, 3, 4, 15, 30), "dd/mm/yy hh:mm")],  # noqa: DTZ001
    ]  # fmt: skip
    assert text(xlsx(("People", rows, "")), tmp_path).splitlines() == [
        "email,npa,tél,né le,effectif,actif,note",
        'a@x.org,01000,06 12 34 56 78,2025-03-04,1 250,yes," two',
        'lines "',
        "b@x.org,41791234567,50%,2025-03-04 15:30:00",
    ]


PEOPLE: list[list[Cell | str]] = [["email", "name"], ["ada@example.org", "Ada"], ["bo@example.org", "Bo"]]
COVER: list[list[Cell | str]] = [["Contacts 2025"], ["Questions: office@example.org"]]
TABLE: list[list[Cell | str]] = [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("sheets", "chosen"),
    [
        ([("Archive", PEOPLE, "hide"), ("Contacts", PEOPLE, "")], "Contacts"),
        ([("Archive", PEOPLE, "very_hidden"), ("Contacts", PEOPLE, "")], "Contacts"),
        ([("Empty", [], ""), ("Contacts", PEOPLE, "")], "Contacts"),
        ([("Cover", COVER, ""), ("Contacts", PEOPLE, "")], "Contacts"),
        ([("Table", TABLE, ""), ("Contacts", PEOPLE, "")], "Contacts"),
        ([("One", PEOPLE, ""), ("Two", PEOPLE, "")], "One"),
        ([("Empty", [], ""), ("Table", TABLE, "")], "Table"),
        ([("Empty", [], ""), ("Hidden", PEOPLE, "hide")], "Hidden"),
    ],
)
def test_the_sheet_that_looks_like_people_is_taken(tmp_path: Path, sheets: list[Any], chosen: str) -> None:
    taken = take(xlsx(*sheets), tmp_path)
    assert taken.parts[taken.part] == chosen
    assert taken.parts == tuple(name for name, _rows, _state in sheets)


def test_another_sheet_can_be_chosen_and_each_keeps_its_place(tmp_path: Path) -> None:
    content = xlsx(("One", PEOPLE, ""), ("Two", TABLE, ""))
    first, second = take(content, tmp_path), uploaded_file.choose(tmp_path / "book.file", 1)
    assert (first.path.read_text()[:5], second.path.read_text()) == ("email", "a,b\n1,2\n")
    assert uploaded_file.part_of(first.parts, "TWO") == 1
    with pytest.raises(BadFile, match="part"):
        uploaded_file.part_of(first.parts, "Three")


def test_what_we_wrote_ourselves_is_not_guessed_again(tmp_path: Path) -> None:
    rows: list[list[Cell | str]] = [
        ["Name; Titel; Ort", "E-Mail"],
        ["M; Dr.; Zug", "a@x.org"],
        ["N; .; Bern", "b@x.org"],
    ]
    taken = take(xlsx(("A", rows, "")), tmp_path)
    reading = table_file.guess(taken.path, is_ours=taken.is_ours)
    assert (reading.delimiter, reading.quote, reading.encoding) == (",", '"', "utf-8")
    assert table_file.headings(taken.path, reading) == ["Name; Titel; Ort", "E-Mail"]


ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="s"'
    ' xmlns:table="t" xmlns:text="x" xmlns:draw="d"><office:automatic-styles><style:style style:name="ta2">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body>'
    "<office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)


def zipped(**members: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def ods(*rows: str, name: str = "A", style: str = "", more: str = "") -> bytes:
    body = f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}</table:table>{more}'
    return zipped(**{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ODS.format(body)})


def number(value: str, shown: str, kind: str = "float") -> str:
    name = {"date": "date-value", "time": "time-value"}.get(kind, "value")
    given = f'office:value-type="{kind}" office:{name}="{value}"'
    return f"<table:table-cell {given}><text:p>{shown}</text:p></table:table-cell>"


NOTED = (
    "<table:table-cell><office:annotation><text:p>no</text:p></office:annotation>"
    "<text:p><text:a>a@x.org</text:a></text:p></table:table-cell>"
)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (number("1000", "01000"), "01000"),
        (number("612345678", "06 12 34 56 78"), "06 12 34 56 78"),
        (number("1234.5", "1.234,50"), "1 234.50"),
        (number("1234.5", "1’234.50"), "1 234.50"),
        (number("1234567", "1,234,567"), "1 234 567"),
        (number("1.25", "1,25"), "1.25"),
        (number("41700000000", "4,17E+10"), "41700000000"),
        (number("1500", "1.500,00 €", "currency"), "1 500.00 €"),
        (number("0.125", "12,5%", "percentage"), "12.5%"),
        (number("2025-03-04", "04.03.25", "date"), "2025-03-04"),
        (number("2025-03-04T15:30:00", "04.03.25 15:30", "date"), "2025-03-04 15:30:00"),
        (number("PT10H30M00S", "10:30", "time"), "10:30"),
        ("<table:table-cell><text:p>a <text:s text:c='2'/>b</text:p><text:p>c</text:p></table:table-cell>", "a   b\nc"),
        (NOTED, "a@x.org"),
        ('<table:table-cell office:value-type="float" office:value="5"/>', "5"),
        ('<table:covered-table-cell/><table:table-cell table:number-columns-repeated="1"/>', ""),
    ],
)  # fmt: skip
def test_cells_of_ods_are_read_as_shown(tmp_path: Path, cell: str, shown: str) -> None:
    path = tmp_path / "book.ods"
    # White space between tags is none of the cells, however a program indents.
    path.write_bytes(ods(f"\n  <table:table-row>\n    {cell}\n   </table:table-row>\n"))
    rows = list(ods_sheets(str(path))[0].rows())
    assert rows == ([[shown]] if shown else [])


def test_repeated_rows_and_cells_of_ods_are_all_there(tmp_path: Path) -> None:
    cell = (
        '<table:table-cell office:value-type="string" table:number-columns-repeated="{}"><text:p>{}</text:p>'
        "</table:table-cell>"
    )
    empty = (
        '<table:table-row table:number-rows-repeated="{}"><table:table-cell table:number-columns-repeated="1024"/>'
        "</table:table-row>"
    )
    cells = cell.format(2, "a") + "<table:table-cell/>" + cell.format(1, "b")
    twice = f'<table:table-row table:number-rows-repeated="2">{cells}</table:table-row>'
    path = tmp_path / "book.ods"
    path.write_bytes(ods(empty.format(2), twice, empty.format(1_048_570)))
    assert list(ods_sheets(str(path))[0].rows()) == [[], [], ["a", "a", "", "b"], ["a", "a", "", "b"]]


def test_a_hidden_sheet_of_ods_is_not_taken(tmp_path: Path) -> None:
    row = "<table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>"
    more = f'<table:table table:name="B">{row.format("b@x.org")}</table:table>'
    taken = take(ods(row.format("a@x.org"), style="ta2", more=more), tmp_path)
    assert (taken.parts, taken.path.read_text()) == (("A", "B"), "b@x.org\n")


EXCEL_XML = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
    ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Styles><Style ss:ID="s1">'
    '<NumberFormat ss:Format="00000"/></Style></Styles><Worksheet ss:Name="A"><Table><Row ss:Index="2">'
    '<Cell ss:Index="2">'
    '<Data ss:Type="String">a@x.org'
    '</Data></Cell><Cell ss:StyleID="s1">'
    '<Data ss:Type="Number">1000</Data></Cell><Cell><Data ss:Type="DateTime">'
    "2025-03-04T00:00:00.000</Data></Cell></Row></Table></Worksheet></Workbook>"
)
HTML = "<html><meta charset={}><table><tr><th colspan=2>Prénom<th>E-mail</tr><tr><td>Zoë<td>&amp; co<td>a@x.org</table>"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (EXCEL_XML.encode(), "\n,a@x.org,01000,2025-03-04\n"),
        (HTML.format("utf-8").encode(), "Prénom,,E-mail\nZoë,& co,a@x.org\n"),
        (HTML.format("iso-8859-1").encode("cp1252"), "Prénom,,E-mail\nZoë,& co,a@x.org\n"),
        (
            b"<table><tr><td><table><tr><td>email</td></tr><tr><td>a@x.org</td></tr></table></td></tr></table>",
            "email\na@x.org\n",
        ),
    ],
)
def test_what_is_only_called_a_spreadsheet_is_read_as_what_it_is(tmp_path: Path, content: bytes, expected: str) -> None:
    assert text(content, tmp_path) == expected


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        ([{"email": "a@x.org"}, {"email": "b@x.org"}], [{"email": "a@x.org"}, {"email": "b@x.org"}]),
        ({"total": 1, "members": [{"email": "a@x.org"}]}, [{"email": "a@x.org"}]),
        ({"meta": {}, "data": {"total": 1, "members": [{"email": "a@x.org"}]}, "more": [{}]}, [{"email": "a@x.org"}]),
        ([["email", "name"], ["a@x.org", "Ada"]], [{"email": "a@x.org", "name": "Ada"}]),
        ({"email": "a@x.org", "tags": ["x"]}, [{"email": "a@x.org", "tags": ["x"]}]),
        ({"email": "a@x.org", "name": {"first": "Ada"}}, [{"email": "a@x.org", "name": {"first": "Ada"}}]),
        ([{"email": "é" * 70_000 + "@x.org"}], [{"email": "é" * 70_000 + "@x.org"}]),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_document_is_a_list_of_people(
    tmp_path: Path, document: Any, lines: list[Any], indent: int | None
) -> None:
    content = json.dumps(document, indent=indent, ensure_ascii=False).encode()
    assert [json.loads(line) for line in text(content, tmp_path).splitlines()] == lines


@pytest.mark.parametrize(
    "content",
    [
        b'[{"email": "a@x.org"}, {"ema', b'[{"email": "a@x.org"},', b'{"a": [1, 2]', b'[{"a": 1} 5]', b'{"a": {"b": 1}',
        b'{"a": ' * 5_000,
        json.dumps({str(n): {"email": "a@x.org"} for n in range(50_000)}).encode(),
    ],
)  # fmt: skip
def test_json_that_breaks_off_or_lists_nobody_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadFile, match="json-list"):
        take(content, tmp_path)


def test_one_file_of_an_archive_is_taken_and_of_several_one_is_chosen(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "unsubscribed_members.csv": "email\nbo@x.org\n",
        "subscribed_members.csv": "email;nom\nada@x.org;Zoë\n".encode("cp1252"),
        "__MACOSX/._subscribed_members.csv": "x",
        "readme.md": "x",
    }
    taken = take(zipped(**members), tmp_path)
    assert (taken.parts, taken.part) == (("unsubscribed_members.csv", "subscribed_members.csv"), 1)
    assert taken.is_archive
    assert table_file.guess(taken.path).encoding == "cp1252"
    assert uploaded_file.choose(tmp_path / "book.file", 0).path.read_text() == "email\nbo@x.org\n"
    book = take(zipped(**{"book.xlsx": xlsx(("A", PEOPLE, ""))}), tmp_path)
    assert (book.parts, book.is_ours, book.path.read_text()[:10]) == (("book.xlsx",), True, "email,name")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.file", "book.part0", "book.part1"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{\\rtf1 x}", "rtf"),
        (b"ID;PWXL;N;E\nC;Y1;X1;K1\n", "sylk"),
        (b"TABLE\r\n0,1\r\n", "dif"),
        (b"PAR1" + bytes(40), "parquet"),
        (b"SQLite format 3\x00" + bytes(40), "database"),
        (b"\x1f\x8b\x08\x00" + bytes(40), "packed"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "packed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(40), "picture"),
        (b"%PDF-1.7\n", "pdf"),
        (b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n', "web-archive"),
        (b'<?xml version="1.0"?><rss></rss>', "xml"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "locked"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "PowerPoint Document".encode("utf-16-le"), "presentation"),
        (zipped(**{"Index/Tables/DataList.iwa": b"x", "Index/Document.iwa": b"x"}), "numbers"),
        (zipped(**{"Index/Document.iwa": b"x"}), "iwork"),
        (zipped(**{"People.numbers/Index.zip": b"x", "People.numbers/preview.jpg": b"x"}), "numbers"),
        (zipped(**{"ppt/presentation.xml": b"x"}), "presentation"),
        (zipped(**{"readme.md": b"x"}), "archive"),
        (zipped(**{"people.csv": zipped(**{"people.csv": b"x"})}), "archive"),
        (zipped(**{"content.xml": b"\x00", "META-INF/manifest.xml": b"<manifest:encryption-data/>"}), "locked"),
        (zipped(**{"content.xml": b"<broken"}), "sheet"),
        (zipped(**{"content.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "sheet"),
        (EXCEL_XML.encode()[:-40], "sheet"),
        (b"<html><body>no table</body></html>", "no-sheet"),
    ],
)  # fmt: skip
def test_a_file_without_rows_is_named_for_what_it_is(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as caught:
        take(content, tmp_path)
    assert caught.value.reason == reason
    assert table_file.problem_words(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.file"]
