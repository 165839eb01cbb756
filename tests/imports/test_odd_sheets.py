"""Spreadsheets of programs that read the standard in their own way, and files that are made to do harm."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from signup.ground.errors import BadFile
from signup.imports.readers.file_kind import kind_of_zip
from tests.imports.test_import_sheets import PEOPLE, number, ods, text, xlsx


def changed(book: bytes, part: str, old: str, new: str, *, name: str = "") -> bytes:
    """A book with other words in one of its parts, or with another name of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for entry in before.namelist():
            content = before.read(entry)
            if entry == part:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            after.writestr(name if name and entry == part else entry, content)
    return out.getvalue()


def test_the_case_of_a_part_of_xlsx_does_not_count(tmp_path: Path) -> None:
    book = changed(xlsx(("People", PEOPLE, "")), "xl/sharedStrings.xml", "", "", name="xl/SharedStrings.xml")
    assert text(book, tmp_path) == "email,name\nada@example.org,Ada\nbo@example.org,Bo\n"


def test_a_text_of_xlsx_counts_before_the_value_beside_it(tmp_path: Path) -> None:
    sheet = "xl/worksheets/sheet1.xml"
    both = '<c r="A2" t="inlineStr">\n <v>1.0</v>\n <is>\n <r> <t>ada@</t> </r> <r> <t>x.org</t> </r> </is> </c>'
    book = changed(xlsx(("People", [["email"], ["old"]], "")), sheet, '<c r="A2" t="s"><v>1</v></c>', both)
    assert text(book, tmp_path) == "email\nada@x.org\n"


def record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def xls(*texts: str, claimed: int) -> bytes:
    """A book of Excel 97 with these texts in its first column, that claims to share `claimed` of them."""
    shared = b"".join(struct.pack("<HB", len(one), 0) + one.encode("latin-1") for one in texts)
    globals_ = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 6)) + record(0x42, struct.pack("<H", 1200))
    ends = record(0xFC, struct.pack("<II", claimed, claimed) + shared) + record(0x0A)
    start = len(globals_) + len(ends) + len(record(0x85, bytes(9)))
    listed = record(0x85, struct.pack("<IHBB", start, 0, 1, 0) + b"A")
    cells = b"".join(record(0xFD, struct.pack("<HHHI", row, 0, 0, row)) for row in range(len(texts)))
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 16, 0, 0, 0, 6)) + cells + record(0x0A)
    return globals_ + listed + ends + sheet


@pytest.mark.parametrize("claimed", [3, 4, 7, 2_000_000_000])
def test_xls_is_read_that_claims_more_texts_than_it_holds(tmp_path: Path, claimed: int) -> None:
    assert text(xls("email", "ada@x.org", "bo@x.org", claimed=claimed), tmp_path) == "email\nada@x.org\nbo@x.org\n"


def test_xls_of_excel_2_is_read(tmp_path: Path) -> None:
    cells = b"".join(
        record(4, struct.pack("<HH3sB", row, 0, bytes(3), len(one)) + one)
        for row, one in enumerate([b"email", b"ada@x.org"])
    )
    assert text(record(9, struct.pack("<HH", 2, 16)) + cells + record(10), tmp_path) == "email\nada@x.org\n"


def test_a_small_sheet_that_repeats_its_rows_to_many_megabytes_is_refused(tmp_path: Path) -> None:
    row = f'<table:table-row table:number-rows-repeated="1000000">{number("12345678", "12345678" * 10)}'
    with pytest.raises(BadFile, match="bomb"):
        text(ods(f"{row}</table:table-row>"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["book.file"]


def test_xlsb_is_known_by_its_workbook_wherever_that_is() -> None:
    names = {"[Content_Types].xml", "_rels/.rels", "book/Workbook.bin"}
    assert kind_of_zip(names, "").reader == "xlsb"  # type: ignore[union-attr]
