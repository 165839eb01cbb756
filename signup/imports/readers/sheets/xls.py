"""XLS (BIFF 2 to 8: Excel 2 to 2003) as rows, by xlrd."""

import os
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import xlrd
from xlrd import book as xlrd_book

from signup.imports.readers.sheets.number_format import BOTH, DATE, GENERAL, Show, formatter, general
from signup.imports.readers.sheets.sheet import Rows, Sheet, UnreadableSheet, placed, truth

MIN_TEXT = 3
"""Bytes of an empty text: its length and its options."""
_unpack_texts = xlrd_book.unpack_SST_table


def _texts(records: list[bytes], claimed: int) -> Any:
    """The shared texts of a book ([MS-XLS] §2.4.265). Some programs claim more of them than they write, and Excel does
    not mind; xlrd does, so the number that it can read is sought.
    """
    try:
        return _unpack_texts(records, claimed)
    except AssertionError:
        most = sum(map(len, records)) // MIN_TEXT
        held = bisect_right(range(1, min(claimed, most) + 1), 0, key=lambda number: _is_beyond(records, number))
        return _unpack_texts(records, held)


def _is_beyond(records: list[bytes], number: int) -> bool:
    try:
        _unpack_texts(records, number)
    except AssertionError:
        return True
    return False


xlrd_book.unpack_SST_table = _texts


def sheets(path: str) -> list[Sheet]:
    """The sheets of a file. Raises `UnreadableSheet`."""
    book = _book(path)
    hidden = book._sheet_visibility  # noqa: SLF001  # it is known before a sheet is loaded, and said nowhere else
    return [
        Sheet(name, partial(_rows, book, place), bool(hidden[place])) for place, name in enumerate(book.sheet_names())
    ]


def _book(path: str) -> xlrd.Book:
    reason = "sheet"
    with Path(os.devnull).open("w", encoding="utf-8") as silent, redirect_stdout(silent):
        for has_formats in (True, False):
            try:
                return xlrd.open_workbook(
                    path,
                    logfile=silent,
                    on_demand=True,
                    formatting_info=has_formats,
                    ragged_rows=True,
                    ignore_workbook_corruption=True,
                )
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001  # a damaged file breaks it anywhere
                reason = "locked" if "ncrypted" in str(error) else reason
    raise UnreadableSheet(reason)


def _rows(book: xlrd.Book, place: int) -> Rows:
    return placed(_numbered(book, place))


def _numbered(book: xlrd.Book, place: int) -> Iterator[tuple[int, list[str]]]:
    try:
        sheet = book.sheet_by_index(place)
    except MemoryError:
        raise
    except Exception as error:  # a damaged sheet breaks it anywhere
        raise UnreadableSheet("sheet") from error
    cells = _Cells(book, sheet)
    for row in range(sheet.nrows):
        yield row + 1, [cells.text(row, column) for column in range(sheet.row_len(row))]
    if book.on_demand:  # sheets before Excel 5 are read with the book, once
        book.unload_sheet(place)


class _Cells:
    """The cells of a sheet as texts. Without formats, dates are told by xlrd."""

    def __init__(self, book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> None:
        self._book, self._sheet = book, sheet
        self._shows = dict[int, Show]()

    def text(self, row: int, column: int) -> str:
        kind, value = self._sheet.cell_type(row, column), self._sheet.cell_value(row, column)
        if kind == xlrd.XL_CELL_TEXT:
            return str(value)
        if kind == xlrd.XL_CELL_BOOLEAN:
            return truth(bool(value))
        if kind not in {xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE}:
            return ""
        if self._book.formatting_info:
            return self._show(self._sheet.cell_xf_index(row, column))(value)
        if kind == xlrd.XL_CELL_NUMBER:
            return general(value)
        return self._formatter(DATE if float(value).is_integer() else BOTH)(value)

    def _show(self, style: int) -> Show:
        if style not in self._shows:
            known = self._book.format_map.get(self._book.xf_list[style].format_key)
            self._shows[style] = self._formatter(known.format_str if known else "")
        return self._shows[style]

    def _formatter(self, code: str) -> Show:
        return formatter(code or GENERAL, from_1904=bool(self._book.datemode))
