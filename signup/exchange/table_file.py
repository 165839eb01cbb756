"""A file of people as rows of cells: CSV, JSON Lines, vCard. All else became CSV when it arrived (`arrival`).

Everything is read as a stream. What cannot be read raises `BadFile`, whose reason is told to the person in words.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from signup.errors import BadFile
from signup.exchange import vcard
from signup.exchange.guess import ENCODINGS, SAMPLE_BYTES, dialect_of, encoding_of
from signup.i18n import _

MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_LINE = 1_000_000
SAMPLE_ROWS = 200
CONTROLS = bytes(set(range(32)) - set(b"\t\r\n"))
FORMATS = {"csv": "CSV", "jsonl": "JSON Lines", "vcard": "vCard"}

REASONS: dict[str, Any] = {
    "empty": _("The file is empty."),
    "too-large": _("The file is larger than 50 MB. Split it, or import it on the console, which knows no limit."),
    "too-many-rows": _("The file has more than 1,000,000 rows. Split it, or import it on the console."),
    "too-many-columns": _("The file has more than 200 columns. Is the delimiter right?"),
    "not-a-table": _("This is not a table: a CSV, a spreadsheet, a table in Word, JSON Lines, vCards or mails are."),
    "bomb": _("The file unpacks to more than a hundred times its size. Save it as CSV and try again."),
    "sheet": _("The spreadsheet cannot be read: it is damaged, locked by a password or too large. Save it as CSV."),
    "document": _("No table can be read from this document: it has none, is damaged or too large. Save it as CSV."),
    "macros": _("The document holds macros. Save it as DOCX, without them, and try again."),
    "old-word": _("This is a document of an old Word. Open it, save it as DOCX, and try again."),
    "outlook": _("Outlook’s own files (PST, MSG) cannot be read. Export contacts as CSV, or save mails as .eml."),
    "access": _("An Access database cannot be read. Open it, export the table as CSV, and try again."),
    "mails": _("No sender can be read from these mails. Save them as .eml or .mbox, and try again."),
    "encoding": _("Line %(line)s does not fit the encoding %(encoding)s. Choose another one."),
    "csv": _("Line %(line)s cannot be cut into cells: a quote is probably not closed."),
    "json": _("Line %(line)s is not a JSON object."),
    "line-too-long": _("Line %(line)s is longer than a megabyte."),
    "no-address": _("No column is the e-mail address. Choose one."),
    "mapping": _("The mapping does not fit the file: %(detail)s"),
    "exit-column": _(
        "The column “%(column)s” seems to say who left, and is not imported. Say what it is, or that it says nothing"
        " about who left. Nothing is imported before."
    ),
    "status-words": _(
        "The status column holds words that are not known: %(words)s. Say what each means. Nothing is imported before."
    ),
    "gone": _("The file is no longer there. Upload it again."),
}


def told(error: BadFile) -> str:
    """Why a file cannot be imported, for the person who tries."""
    return str(REASONS[error.reason]) % error.facts


class Row(NamedTuple):
    """One row: the line it begins on, its cells, and what is kept of it word for word."""

    line: int
    cells: list[str]
    raw: list[str]


@dataclass(frozen=True)
class Reading:
    """How a file is read: guessed, then confirmed or overruled by a person."""

    format: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    heading: bool = True

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def guess(path: Path) -> Reading:
    """How the file is probably read. Raises `BadFile` for what is no text."""
    encoding = encoding_of(path)
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    controls = len(sample) - len(sample.translate(None, CONTROLS))
    if not encoding.startswith("utf-16") and controls > len(sample) // 20:
        raise BadFile("not-a-table")
    if sample.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8")):
        raise BadFile("not-a-table")
    text = sample.decode(encoding, "replace").lstrip("\ufeff")
    if text.lstrip()[:11].upper() == "BEGIN:VCARD":
        return Reading("vcard", encoding)
    if text.lstrip().startswith("{") and _is_json(text.lstrip().partition("\n")[0]):
        return Reading("jsonl", encoding)
    delimiter, quote = dialect_of(text)
    reading = Reading("csv", encoding, delimiter, quote)
    first = next(_csv_rows(path, reading), None)
    return Reading("csv", encoding, delimiter, quote, heading=first is None or not any("@" in c for c in first.cells))


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def headings(path: Path, reading: Reading) -> list[str]:
    """The names of the columns; without a heading they are numbered. Raises `BadFile`."""
    if reading.format == "vcard":
        return list(vcard.COLUMNS)
    if reading.format == "jsonl":
        keys = dict.fromkeys(key for _line, entry in islice(_objects(path, reading), SAMPLE_ROWS) for key in entry)
        return _not_too_many(list(keys))
    first = next(_csv_rows(path, reading), None)
    if first is None:
        raise BadFile("empty")
    names = first.cells if reading.heading else [str(number) for number in range(1, len(first.cells) + 1)]
    return _not_too_many([clean(name).strip() for name in names])


def _not_too_many(names: list[str]) -> list[str]:
    if len(names) > MAX_COLUMNS:
        raise BadFile("too-many-columns")
    if not names:
        raise BadFile("empty")
    return names


def rows(path: Path, reading: Reading, names: list[str], limit: int | None = None) -> Iterator[Row]:
    """The rows below the heading. Raises `BadFile` where the file breaks, or after more than `limit` rows."""
    if reading.format == "vcard":
        found: Iterator[Row] = (Row(line, cells, [text]) for line, cells, text in vcard.cards(_lines(path, reading)))
    elif reading.format == "jsonl":
        found = (
            Row(line, [_cell(entry.get(k)) for k in names], [to_text(entry)]) for line, entry in _objects(path, reading)
        )
    else:
        found = islice(_csv_rows(path, reading), 1 if reading.heading else 0, None)
    for number, row in enumerate(found, 1):
        if limit and number > limit:
            raise BadFile("too-many-rows")
        yield row


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


def to_text(entry: object) -> str:
    """A JSON value as one line."""
    return json.dumps(entry, ensure_ascii=False)


def _csv_rows(path: Path, reading: Reading) -> Iterator[Row]:
    lines = _lines(path, reading)
    reader = csv.reader(lines, delimiter=reading.delimiter, quotechar=reading.quote or '"')
    line = 1
    try:
        for cells in reader:
            is_hint = line == 1 and cells and cells[0].lower().startswith("sep=") and len(cells) <= 2  # noqa: PLR2004
            if any(cells) and not is_hint:
                yield Row(line, cells, cells)
            line = reader.line_num + 1
    except csv.Error:
        raise BadFile("csv", line=line) from None


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


def _cell(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(one, list | dict) for one in value):
        return ", ".join(map(_cell, value))
    return to_text(value)


def _lines(path: Path, reading: Reading) -> Iterator[str]:
    # The five bytes that cp1252 leaves open, and whatever else: a stray byte must not stop a file that has no checks.
    strict = reading.encoding.startswith("utf")
    number = 0
    try:
        with path.open(encoding=reading.encoding, errors="strict" if strict else "replace", newline="") as file:
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise BadFile("line-too-long", line=number)
                yield line
    except UnicodeError:
        raise BadFile("encoding", line=number + 1, encoding=ENCODINGS[reading.encoding]) from None
    except FileNotFoundError:
        raise BadFile("gone") from None
