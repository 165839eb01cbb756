"""An export as a workbook that people work in: headings in words, days and times as such, a filter, columns as wide as
what stands in them. Every text is typed as text, so that no cell becomes a formula, not even when somebody edits it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from tempfile import TemporaryDirectory
from typing import Any, Self

import xlsxwriter

from signup.exports.column_labels import labels_of
from signup.exports.columns import Column, for_sheet
from signup.exports.export_stream import ExportStream, folder

SHEET_ROWS = 1_048_576  # the most that Excel opens; further rows go to another sheet
WORKBOOK = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
FORMATS = {
    "text": {"num_format": "@"},
    "number": {},
    "date": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "heading": {"bold": True, "bottom": 1},
}
MAX_EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number; a longer one stays a text."""
FIRST_YEAR = 1900
"""Days before it do not exist in a workbook: they stay texts. Nor does 1900's beginning: its calendar is a day off."""
MEASURED_ROWS = 500
MIN_WIDTH, MAX_WIDTH = 8, 50
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
RESERVED = "history"
"""Excel keeps this name of a sheet for itself."""
MAX_SHEET_NAME = 28
"""Of the 31 characters that a sheet's name may have, leaving room for the number of a further sheet."""


class WorkbookOut:
    """The workbook of one export, written row by row with constant memory."""

    def __init__(self, outlet: ExportStream, columns: Sequence[Column], title: str, mark: str) -> None:
        self._outlet, self._columns, self._title = outlet, columns, title
        self._tmp = TemporaryDirectory(prefix="xlsx-", dir=folder())
        self._book = xlsxwriter.Workbook(outlet, {"tmpdir": self._tmp.name, **WORKBOOK})
        self._book.set_properties({"comments": mark})
        self._formats = {name: self._book.add_format(look) for name, look in FORMATS.items()}
        self._labels = labels_of(columns)
        self._widths = [len(label) + 3 for label in self._labels]  # and the button of the filter
        self._sheet: Any = None
        self._line = SHEET_ROWS

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            for sheet in self._book.worksheets():
                sheet.row_data_fh.close()  # after an error nobody else does
            self._tmp.cleanup()

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write some rows, each with a value for every column."""
        for row in rows:
            if self._line == SHEET_ROWS:
                self._add_sheet()
            for place, value in enumerate(row):
                self._write(place, value)
            self._line += 1

    def _finish(self) -> None:
        if self._sheet is None:
            self._add_sheet()
        self._end_sheet()
        self._book.close()

    def _write(self, place: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_EXACT:
            self._sheet.write_number(self._line, place, value, self._formats["number"])
            return
        if isinstance(value, datetime):
            seconds = value.astimezone(UTC).replace(microsecond=0, tzinfo=None)
            self._sheet.write_datetime(self._line, place, seconds, self._formats["time"])
            self._measure(place, len("2026-11-30 12:00:00"))
            return
        if self._columns[place].is_date and (day := _day(value)):
            self._sheet.write_datetime(self._line, place, day, self._formats["date"])
            self._measure(place, len("2026-11-30"))
            return
        if text := for_sheet(value):
            self._sheet.write_string(self._line, place, text, self._formats["text"])
            self._measure(place, len(text))

    def _measure(self, place: int, length: int) -> None:
        if self._line <= MEASURED_ROWS and length > self._widths[place]:
            self._widths[place] = length

    def _add_sheet(self) -> None:
        if self._sheet is not None:
            self._end_sheet()
        number = len(self._book.worksheets()) + 1
        name = _FORBIDDEN.sub(" ", self._title)[:MAX_SHEET_NAME].strip(" '")
        name = "Signup" if name.casefold() in {"", RESERVED} else name
        self._sheet = self._book.add_worksheet(name if number == 1 else f"{name} {number}")
        self._sheet.freeze_panes(1, 0)
        for place, label in enumerate(self._labels):
            self._sheet.write_string(0, place, label, self._formats["heading"])
        self._line = 1

    def _end_sheet(self) -> None:
        for place, width in enumerate(self._widths):
            self._sheet.set_column(place, place, min(max(width, MIN_WIDTH), MAX_WIDTH))
        if self._columns:
            self._sheet.autofilter(0, 0, max(self._line - 1, 1), len(self._columns) - 1)


def _day(value: Any) -> date | None:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return day if day.year > FIRST_YEAR else None
