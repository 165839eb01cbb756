"""How a table is probably written: its delimiter and quote, and which row is the heading. A guess is shown and can be
overruled. Its encoding is guessed in `encoding`.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from signup.imports.meaning.heading_words import looks_like_heading
from signup.imports.readers.cell import ADDRESS, addresses_in, meant
from signup.imports.readers.csv_rows import Dialect

SAMPLE_LINES = 60
DELIMITERS = ",;\t|"
QUOTES = "\"'"


class TableLine(NamedTuple):
    """A filled row of a table by its number."""

    line: int
    cells: list[str]


def dialect_of(text: str) -> Dialect:
    """What cuts a CSV's first lines into the most, equally many cells, with addresses that are whole cells."""
    if text[:4].lower() == "sep=" and text[4:5] in DELIMITERS:  # Excel's own hint
        return _with_escape(text, Dialect(text[4]))
    return _with_escape(text, max(_pairs(), key=lambda pair: _fit(text, pair)))


def _with_escape(text: str, dialect: Dialect) -> Dialect:
    """Unix and MySQL write a backslash before a quote in quotes; what can be cut otherwise is not read like that."""
    other = dialect._replace(escape="\\")
    is_escaped = f"\\{dialect.quote}" in text and _is_closed(text, other) and not _is_closed(text, dialect)
    return other if is_escaped else dialect


def _is_closed(text: str, dialect: Dialect) -> bool:
    try:
        list(islice(csv.reader(io.StringIO(text, newline=""), strict=True, **dialect.options()), SAMPLE_LINES))
    except csv.Error:
        return False
    return True


def _pairs() -> list[Dialect]:
    return [Dialect(sign, quote) for quote in QUOTES for sign in DELIMITERS]


def _fit(text: str, dialect: Dialect) -> float:
    try:
        reader = csv.reader(io.StringIO(text, newline=""), **dialect.options())
        rows = [cells for cells in islice(reader, SAMPLE_LINES) if any(cells)]
    except csv.Error:
        return 0.0
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    if not widths:
        return 0.0
    width, times = max(widths.items(), key=lambda one: (one[1], one[0]))
    whole = sum(any(ADDRESS.fullmatch(meant(cell.strip())) for cell in cells) for cells in rows)
    unquoted = dialect.quote == "'" and text.count("'") < 2 * len(rows)  # an apostrophe in a name is no quote
    return (times + whole) / len(rows) * 100 + min(width, 50) / 10 - unquoted * 50


def heading_of(rows: Sequence[TableLine]) -> int:
    """The line of the row that names the columns, 0 where there is none. A title may stand above it."""
    people = next((n for n, row in enumerate(rows) if any(map(addresses_in, row.cells))), None)
    above = rows if people is None else rows[:people]
    named = next((row.line for row in above if looks_like_heading(row.cells)), None)
    if named is not None:
        return named
    if people is None:
        width = max((_filled(row.cells) for row in rows), default=0)
        return next((row.line for row in rows if _filled(row.cells) >= min(2, width)), 1)
    return _above_people(above, rows[people].cells)


def _above_people(above: Sequence[TableLine], person: list[str]) -> int:
    """The fullest row with half the cells of a person, if the address has a name in it: else it is a person without."""
    place = next(n for n, cell in enumerate(person) if addresses_in(cell))
    least = max(_filled(person) / 2, min(2, _filled(person)))
    named = [row for row in above if place < len(row.cells) and row.cells[place].strip()]
    fullest = max(named, key=lambda row: _filled(row.cells), default=None)
    return fullest.line if fullest and _filled(fullest.cells) >= least else 0


def width_of(heading: list[str], rows: Sequence[TableLine]) -> int:
    """How many columns there are: as the heading says, or most rows below it. A few longer rows are faulty."""
    widths = Counter(len(row.cells) for row in rows)
    usual, times = widths.most_common(1)[0] if widths else (0, 0)
    return max(len(heading), usual if times > len(rows) / 2 else 0)


def _filled(cells: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)
