"""The tables of an HTML page as sheets: many a program writes one and calls it .xls."""

import re
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

from signup.imports.readers.encoding import BOMS, codec_of, encoding_of
from signup.imports.readers.sheets.sheet import BLOCK, MAX_COLUMNS, Rows, Sheet, placed

_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.IGNORECASE)
_UNSEEN = {"script", "style", "head", "title"}
_BREAKS = {"br", "p", "div", "li"}
_SECTIONS = {"tr", "table", "tbody", "thead", "tfoot"}


def sheets(path: str) -> list[Sheet]:
    """The tables of a page; they are all kept in memory."""
    reader = _Tables()
    name, errors = codec_of(_encoding(path))
    with Path(path).open(encoding=name, errors="replace" if errors == "strict" else errors) as file:
        while block := file.read(BLOCK):
            reader.feed(block)
    reader.close()
    tables = [table for table in reader.tables if table]
    return [Sheet(str(place), partial(_rows, table)) for place, table in enumerate(tables, 1)]


def _rows(table: list[list[str]]) -> Rows:
    return placed((number, list(cells)) for number, cells in enumerate(table, 1))


def _encoding(path: str) -> str:
    """A mark at the beginning decides, then what the page says of itself (WHATWG HTML §13.2.3.2), then a guess."""
    with Path(path).open("rb") as file:
        start = file.read(4096)
    said = _CHARSET.search(start)
    if said and not any(start.startswith(mark) for mark, _name in BOMS):
        name = said[1].decode("ascii", "replace").lower()
        try:
            "".encode(name)
        except LookupError:
            return encoding_of(Path(path))
        # Browsers read Latin-1 as Windows does (WHATWG Encoding §4.2), and a page of ASCII cannot be UTF-16.
        return {"iso-8859-1": "cp1252", "us-ascii": "cp1252", "utf-16": "utf-8"}.get(name, name)
    return encoding_of(Path(path))


class _Tables(HTMLParser):
    """Hears the tags of a page. A table in a cell is a table of its own: pages are laid out with them."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._cells: list[list[str] | None] = []
        self._spans: list[int] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "table":
            self.tables.append([])
            self._open.append(self.tables[-1])
            self._cells.append(None)
            self._spans.append(1)
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].append([])
        elif tag in {"td", "th"}:
            self._end_cell()
            span = dict(attrs).get("colspan") or "1"
            self._cells[-1], self._spans[-1] = [], min(int(span), 200) if span.isdecimal() else 1
        elif tag in _BREAKS and self._cells[-1]:
            self._cells[-1].append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif not self._open:
            return
        elif tag in {"td", "th"} or tag in _SECTIONS:
            self._end_cell()
        if tag == "table":
            for stack in (self._open, self._cells, self._spans):
                stack.pop()

    def handle_data(self, data: str) -> None:
        if self._open and not self._unseen and (cell := self._cells[-1]) is not None:
            cell.append(data)

    def _end_cell(self) -> None:
        cell = self._cells[-1]
        if cell is None:
            return
        rows = self._open[-1]
        if not rows:
            rows.append([])
        if len(rows[-1]) < MAX_COLUMNS:
            rows[-1] += [" ".join("".join(cell).split()), *[""] * (self._spans[-1] - 1)]
        self._cells[-1] = None
