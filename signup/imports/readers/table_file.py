"""A file of people as rows of cells: CSV, JSON Lines, vCard. `uploaded_file` made all else one of them.

Everything is read as a stream. What cannot be read raises `BadFile`, whose reason is told to the person in words.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from signup.ground.errors import BadFile
from signup.ground.i18n import _
from signup.imports.readers import vcard_in
from signup.imports.readers.cell import meant
from signup.imports.readers.csv_rows import Dialect, records
from signup.imports.readers.encoding import ENCODINGS, SAMPLE_BYTES, codec_of, encoding_of
from signup.imports.readers.json_cell import cell, flat, to_text
from signup.imports.readers.table_guess import TableLine, dialect_of, heading_of, width_of

MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_LINE = 1_000_000
SAMPLE_ROWS = 200
HEADING_ROWS = 50
CONTROLS = bytes(set(range(32)) - set(b"\t\r\n"))
FORMATS = {"csv": "CSV", "jsonl": "JSON Lines", "vcard": "vCard"}

REASONS: dict[str, Any] = {
    "empty": _("The file is empty."),
    "too-large": _("The file is larger than 50 MB. Split it, or import it on the console, which has no limit."),
    "too-many-rows": _("The file has more than 1,000,000 rows. Split it, or import it on the console."),
    "too-many-columns": _("The file has more than 200 columns. Is the delimiter right?"),
    "not-a-table": _(
        "This is not a table. Upload a CSV, a spreadsheet, a table in Word, JSON Lines, vCards or emails."
    ),
    "bomb": _("The file unpacks to more than a hundred times its size. Save it as CSV and try again."),
    "sheet": _("The spreadsheet is damaged and cannot be read. Open it, save it as XLSX or CSV, and try again."),
    "sheet-too-large": _("The spreadsheet is too large to read. Save it as CSV, and try again."),
    "no-sheet": _("No table found in this file: it has no sheet with cells."),
    "locked": _("The file is password-protected. Save it without the password, and try again."),
    "document": _("No table found in this document: it has none, is damaged or too large. Save it as CSV."),
    "macros": _("The document contains macros. Save it as DOCX without them, and try again."),
    "old-word": _("This document is from an old version of Word. Open it, save it as DOCX, and try again."),
    "outlook": _(
        "This is an Outlook file (PST, MSG). To read it, install the extra on the server: pip install"
        " signup[outlook]. Or export the contacts as CSV, and save emails as .eml."
    ),
    "outlook-file": _(
        "No contact or sender found in this Outlook file: it has none, is damaged or too large. Export the contacts"
        " as CSV, or save emails as .eml."
    ),
    "access": _(
        "This is an Access database. To read it, install mdbtools on the server: apt install mdbtools. Or open it,"
        " export the table as CSV, and try again."
    ),
    "access-file": _(
        "No table found in this Access database: it has none, is damaged, password-protected or too large. Open it,"
        " export the table as CSV, and try again."
    ),
    "mails": _("No sender found in these emails. Save them as .eml or .mbox, and try again."),
    "encoding": _("Line %(line)s does not match the encoding %(encoding)s. Choose another one."),
    "csv": _("Line %(line)s cannot be split into cells: a quote is probably not closed."),
    "part": _("The file has no sheet or file called “%(name)s”. It has: %(names)s."),
    "choose-part": _("The archive contains several files. Choose one: %(names)s."),
    "archive": _("This archive contains no table. Unpack it, and choose a CSV or a spreadsheet."),
    "packed": _("This archive format is not supported. Unpack it, and choose the file inside."),
    "pdf": _("This is a PDF, which has no rows. Export the people as CSV or XLSX from the program that made it."),
    "picture": _("This is an image. Export the people as CSV or XLSX from the program that stores them."),
    "rtf": _("This is an RTF document. Open it, save it as DOCX, and try again."),
    "numbers": _("This is a Numbers spreadsheet. In Numbers choose File → Export To → Excel or CSV, and try again."),
    "iwork": _("This is a Pages or Keynote document. Export its table as CSV, and try again."),
    "presentation": _("This is a presentation. Copy its table into a spreadsheet, and try again."),
    "parquet": _("This is a Parquet file. Export it as CSV or JSON Lines, and try again."),
    "database": _("This is a database. Export its table as CSV, and try again."),
    "sylk": _("This is a SYLK file. Open it in a spreadsheet program, save it as XLSX or CSV, and try again."),
    "dif": _("This is a DIF file. Open it in a spreadsheet program, save it as XLSX or CSV, and try again."),
    "web-archive": _("This is a web archive (MHT). Open it in Excel, save it as XLSX, and try again."),
    "xml": _("This XML is not a spreadsheet. Export the people as CSV or XLSX, and try again."),
    "json-list": _("This JSON is not a list of objects, one per person. Export a list, or CSV."),
    "json": _("Line %(line)s is not a JSON object."),
    "line-too-long": _("Line %(line)s is longer than one megabyte."),
    "no-address": _("No column is mapped to the email address. Choose one."),
    "mapping": _("The mapping does not fit the file: %(detail)s"),
    "exit-column": _(
        "The column “%(column)s” seems to show who unsubscribed, but is not imported. Choose what it is, or say that"
        " it does not show who unsubscribed. Nothing is imported until you do."
    ),
    "status-words": _(
        "The status column contains unknown words: %(words)s. Choose what each one means. Nothing is imported until"
        " you do."
    ),
    "gone": _("The file is no longer there. Upload it again."),
}


def problem_words(error: BadFile) -> str:
    """Why a file cannot be imported, for the person who tries."""
    return str(REASONS[error.reason]) % error.facts


class FileRow(NamedTuple):
    """One row: the line it begins on, its cells, and what is kept of it word for word."""

    line: int
    cells: list[str]
    raw: list[str]
    problem: str = ""
    """Why it cannot be taken, whatever its cells say: `quote`."""


@dataclass(frozen=True)
class Reading:
    """How a file is read: guessed, then confirmed or overruled by a person."""

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    heading: int = 1
    """The line of the row that names the columns, or of a blank one before it; 0: they are numbered."""
    escape: str = ""
    parts: Sequence[str] = ()
    """The sheets of a book, or the files of an archive."""
    part: int = 0
    """Which of them is read."""
    is_ours: bool = False
    """We wrote it as CSV ourselves, of a spreadsheet, mails or cards: only its heading is a question."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def guess(path: Path, *, is_ours: bool = False) -> Reading:
    """How the file is probably read. Raises `BadFile` for what is no text. `is_ours`: we wrote it as CSV, so that only
    its heading is guessed.
    """
    if is_ours:
        return Reading(heading=_heading(path, Reading()), is_ours=True)
    encoding = encoding_of(path)
    name, errors = codec_of(encoding)
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    controls = len(sample) - len(sample.translate(None, CONTROLS))
    if not encoding.startswith(("utf-16", "utf-32")) and controls > len(sample) // 20:
        raise BadFile("not-a-table")
    text = sample.decode(name, "replace" if errors == "strict" else errors).lstrip("\ufeff")
    if text.lstrip()[:11].upper() == "BEGIN:VCARD":
        return Reading("vcard", encoding)
    if text.lstrip().startswith("{") and _is_json(text.lstrip().partition("\n")[0]):
        return Reading("jsonl", encoding)
    dialect = dialect_of(text)
    reading = Reading("csv", encoding, dialect.delimiter, dialect.quote, escape=dialect.escape)
    return replace(reading, heading=_heading(path, reading))


def _heading(path: Path, reading: Reading) -> int:
    return heading_of(first_lines(path, reading))


def first_lines(path: Path, reading: Reading, count: int = HEADING_ROWS) -> list[TableLine]:
    """The first filled rows of a CSV, whatever they are, with their lines. Raises `BadFile`."""
    return [TableLine(row.line, row.cells) for row in islice(_csv_rows(path, reading), count)]


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def headings(path: Path, reading: Reading) -> list[str]:
    """The names of the columns; those without one are numbered. Raises `BadFile`."""
    if reading.format == "vcard":
        return list(vcard_in.COLUMNS)
    if reading.format == "jsonl":
        entries = [entry for _line, entry in islice(_objects(path, reading), SAMPLE_ROWS)]
        inner = list(dict.fromkeys(key for entry in entries for key in flat(entry)))
        outer = list(dict.fromkeys(key for entry in entries for key in entry))
        return _not_too_many(outer if len(inner) > MAX_COLUMNS else inner)
    heading, body = _parted(_csv_rows(path, reading), reading.heading)
    first = [TableLine(row.line, row.cells) for row in islice(body, SAMPLE_ROWS)]
    if not heading and not first:
        raise BadFile("empty")
    if not reading.heading:
        return _not_too_many([str(number) for number in range(1, max(len(row.cells) for row in first) + 1)])
    cells = [meant(clean(name).strip()) for name in heading.cells] if heading else []
    width = width_of(cells, first)
    return _not_too_many(cells + [str(number) for number in range(len(cells) + 1, width + 1)])


def _parted(found: Iterator[FileRow], heading: int) -> tuple[FileRow | None, Iterator[FileRow]]:
    """The row that names the columns, and what is below it but for its repetitions: each page of a print has one."""
    if not heading:
        return None, found
    named = next((row for row in found if row.line >= heading), None)
    if named is None:
        return None, found
    words = _words(named)
    return named, (row for row in found if _words(row) != words)


def _words(row: FileRow) -> list[str]:
    return [cell.strip().lower() for cell in row.cells if cell.strip()]


def _not_too_many(names: list[str]) -> list[str]:
    if len(names) > MAX_COLUMNS:
        raise BadFile("too-many-columns")
    if not names:
        raise BadFile("empty")
    return names


def rows(path: Path, reading: Reading, names: list[str], limit: int | None = None) -> Iterator[FileRow]:
    """The rows below the heading. Raises `BadFile` where the file breaks, or after more than `limit` rows."""
    for number, row in enumerate(_found(path, reading, names), 1):
        if limit and number > limit:
            raise BadFile("too-many-rows")
        yield row


def _found(path: Path, reading: Reading, names: list[str]) -> Iterator[FileRow]:
    if reading.format == "vcard":
        return (FileRow(line, cells, [text]) for line, cells, text in vcard_in.cards(_lines(path, reading)))
    if reading.format == "jsonl":
        objects = _objects(path, reading)
        return (FileRow(line, _json_cells(entry, names), [to_text(entry)]) for line, entry in objects)
    return _parted(_csv_rows(path, reading), reading.heading)[1]


def _json_cells(entry: dict[str, Any], names: list[str]) -> list[str]:
    known = entry | flat(entry)
    return [cell(known.get(name)) for name in names]


def count_guess(path: Path, reading: Reading, names: list[str]) -> int:
    """About how many rows there are, by the length of the first ones."""
    first = list(islice(rows(path, reading, names), SAMPLE_ROWS))
    if len(first) < SAMPLE_ROWS:
        return len(first)
    width = 2 if reading.encoding.startswith("utf-16") else 1
    size = sum(sum(len(cell) for cell in row.raw) + len(row.raw) for row in first) * width
    return max(path.stat().st_size * SAMPLE_ROWS // max(size, 1), SAMPLE_ROWS)


def clean(text: str) -> str:
    """`text` without what no database keeps: zero bytes and halves of characters."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _csv_rows(path: Path, reading: Reading) -> Iterator[FileRow]:
    dialect = Dialect(reading.delimiter, reading.quote, reading.escape)
    for record in records(_lines(path, reading), dialect):
        cells = record.cells
        is_hint = record.line == 1 and cells and cells[0].lower().startswith("sep=") and len(cells) <= 2  # noqa: PLR2004
        if any(map(str.strip, cells)) and not is_hint:
            yield FileRow(record.line, cells, cells, "quote" if record.is_broken else "")


def _objects(path: Path, reading: Reading) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_lines(path, reading), 1):
        if line.strip():
            try:
                entry = json.loads(line)
            except (ValueError, RecursionError):
                entry = None
            if not isinstance(entry, dict):
                raise BadFile("json", line=number)
            yield number, entry


def _lines(path: Path, reading: Reading) -> Iterator[str]:
    name, errors = codec_of(reading.encoding)
    number = 0
    try:
        with path.open(encoding=name, errors=errors, newline="") as file:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise BadFile("line-too-long", line=number)
                yield line
    except UnicodeError:
        raise BadFile("encoding", line=number + 1, encoding=ENCODINGS[reading.encoding]) from None
    except FileNotFoundError:
        raise BadFile("gone") from None
