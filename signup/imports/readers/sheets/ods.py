"""ODS, flat ODS and the tables of ODT (OpenDocument 1.3, part 3) as rows, read as a stream.

A cell holds its value and its text as shown. Of a text the paragraphs count, never the white space between tags; of a
number the text, because the zeros of `01000` are in it alone – but written with a point, and its thousands parted by a
blank, whatever the language of the document.
"""

import re
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from signup.imports.readers.sheets.number_format import general
from signup.imports.readers.sheets.sheet import (
    LOOKED_AT,
    MAX_COLUMNS,
    MAX_ROWS,
    Rows,
    Sheet,
    UnreadableSheet,
    fed,
    parser,
    placed,
    truth,
)

CONTENT = "content.xml"
_DURATION = re.compile(r"P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_NUMBER = re.compile(r"\d(?:[\d.,'’\u00a0\u202f ]*\d)?")
_SEPARATORS = re.compile(r"[.,'’\u00a0\u202f ]")
_EXPONENT = re.compile(r"\d[eE][+-]?\d")
_INSIDE = {
    "office:annotation",
    "draw:frame",
    "draw:custom-shape",
    "text:note",
    "text:ruby-text",
    "text:tracked-changes",
}
"""Tags whose text is not the cell's: comments, pictures, notes."""


def sheets(path: str) -> list[Sheet]:
    """The tables of a document. Raises `UnreadableSheet`, or an error of zipfile or expat for a damaged one."""
    _refuse_locked(path)
    seen, first = _TableReader(), dict[int, list[list[str]]]()
    for place, cells, _times in _read(seen, path):
        some = first.setdefault(place, [])
        some.append(cells)
        if len(some) == LOOKED_AT:
            seen.skipped = place
    return [
        Sheet(name, partial(_rows, path, place), style in seen.hidden_styles, first.get(place, []))
        for place, (name, style) in enumerate(seen.tables)
    ]


def _refuse_locked(path: str) -> None:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            manifest = "META-INF/manifest.xml"
            if manifest in archive.NameToInfo and b"encryption-data" in archive.read(manifest):
                raise UnreadableSheet("locked")


def _opened(path: str) -> IO[bytes]:
    return zipfile.ZipFile(path).open(CONTENT) if zipfile.is_zipfile(path) else Path(path).open("rb")


def _rows(path: str, place: int) -> Rows:
    return placed(_numbered(path, place))


def _numbered(path: str, place: int) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for _place, cells, times in _read(_TableReader(place), path):
        for _time in range(times if any(cells) else 0):
            number += 1
            yield number, list(cells)
        number += 0 if any(cells) else times
        if number > MAX_ROWS:
            return


def _read(reader: "_TableReader", path: str) -> Iterator[tuple[int, list[str], int]]:
    with _opened(path) as file:
        yield from fed(reader.parser, file, reader.done, lambda: reader.is_over)


class _TableReader:
    """Hears the tags of a document, and keeps the rows – table, cells, how often – of the table at `place`, or of all
    but the `skipped` one. A table in a cell is none of its own.
    """

    def __init__(self, place: int | None = None) -> None:
        self.skipped = -1
        self.tables: list[tuple[str, str]] = []
        self.hidden_styles: set[str] = set()
        self.done: list[tuple[int, list[str], int]] = []
        self.is_over = False
        self.parser = parser()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._text
        self._place, self._current, self._depth, self._style = place, -1, 0, ""
        self._cells, self._blanks, self._times = list[str](), 0, 1
        self._given, self._parts = dict[str, str](), list[str]()
        self._open_paragraphs, self._inside = 0, 0

    @property
    def _is_here(self) -> bool:
        return self._depth == 1 and (
            self._current != self.skipped if self._place is None else self._current == self._place
        )

    def _start(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table":
            self._depth += 1
            if self._depth == 1:
                self._current += 1
                self.tables.append((given.get("table:name", ""), given.get("table:style-name", "")))
        elif name == "style:style":
            self._style = given.get("style:name", "")
        elif name == "style:table-properties" and given.get("table:display") == "false":
            self.hidden_styles.add(self._style)
        elif self._is_here:
            self._start_here(name, given)

    def _start_here(self, name: str, given: dict[str, str]) -> None:
        if name == "table:table-row":
            self._cells, self._blanks = [], 0
            self._times = _times(given.get("table:number-rows-repeated"), MAX_ROWS)
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self._given, self._open_paragraphs = given, 0
            self._parts.clear()
        elif name in _INSIDE:
            self._inside += 1
        elif self._inside:
            return
        elif name in {"text:p", "text:h"}:
            self._parts += ["\n"] if self._parts else []
            self._open_paragraphs += 1
        elif name == "text:s":
            self._parts.append(" " * _times(given.get("text:c"), 1000))
        elif name in {"text:tab", "text:line-break"}:
            self._parts.append(" ")

    def _text(self, text: str) -> None:
        if self._open_paragraphs and not self._inside and self._is_here:
            self._parts.append(text)

    def _end(self, name: str) -> None:
        if name == "table:table":
            self.is_over = self._is_here and self._place is not None
            self._depth -= 1
        elif not self._is_here:
            return
        elif name in _INSIDE:
            self._inside -= 1
        elif name in {"text:p", "text:h"} and not self._inside:
            self._open_paragraphs -= 1
        elif name in {"table:table-cell", "table:covered-table-cell"}:
            self._end_cell()
        elif name == "table:table-row":
            self.done.append((self._current, self._cells, self._times))

    def _end_cell(self) -> None:
        times = _times(self._given.get("table:number-columns-repeated"), MAX_COLUMNS)
        text = _shown(self._given, "".join(self._parts))
        if not text:
            self._blanks += times
        elif len(self._cells) + self._blanks + times <= MAX_COLUMNS:
            self._cells += [""] * self._blanks + [text] * times
            self._blanks = 0


def _times(text: str | None, most: int) -> int:
    return min(int(text), most) if text and text.isdecimal() else 1


def _shown(given: dict[str, str], text: str) -> str:
    """The text of a cell by its type."""
    kind = given.get("office:value-type", given.get("calcext:value-type", ""))
    if kind in {"float", "currency", "percentage"}:
        return _number(given.get("office:value", ""), text)
    if kind == "date":
        return _day(given.get("office:date-value", text), text)
    if kind == "time":
        return _time(given.get("office:time-value", ""), text)
    if kind == "boolean":
        return truth(given.get("office:boolean-value") == "true")
    return text or given.get("office:string-value", "")


def _number(value: str, text: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return text
    digits = _NUMBER.search(text)
    if not digits or _EXPONENT.search(text):
        return general(number)
    return text[: digits.start()] + _plain(digits[0], abs(number), is_percent="%" in text) + text[digits.end() :]


def _plain(shown: str, value: float, *, is_percent: bool) -> str:
    """`1.234,50` as `1 234.50`: the sign that makes the text the value parts its decimals. What is no such number – a
    padded one, a telephone – stays as it is.
    """
    signs = _SEPARATORS.findall(shown)
    if not signs or (shown[0] == "0" and shown[1:2].isdigit()):
        return shown
    for point in dict.fromkeys([signs[-1], ""]):
        whole, _point, decimals = shown.rpartition(point) if point in {".", ","} else (shown, "", "")
        groups = _SEPARATORS.split(whole)
        is_grouped = all(len(group) == 3 for group in groups[1:]) and len(groups[0]) <= 3  # noqa: PLR2004  # thousands
        if (len(groups) > 1 and not is_grouped) or (_point and signs.count(point) > 1):
            continue
        number = float("".join(groups) + "." + (decimals or "0")) / (100 if is_percent else 1)
        if abs(number - value) <= 0.51 * 10 ** -(len(decimals) + 2 * is_percent):
            return " ".join(groups) + (f".{decimals}" if decimals else "")
    return shown


def _day(value: str, text: str) -> str:
    day, _sign, time = value.partition("T")
    if text.isdecimal() and len(text) == 4:  # noqa: PLR2004  # only its year is shown
        return text
    return f"{day} {time.partition('.')[0]}" if ":" in text and time else day


def _time(value: str, text: str) -> str:
    found = _DURATION.fullmatch(value)
    if not found:
        return text
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    clock = f"{days * 24 + hours:02}:{minutes:02}"
    return clock if seconds == 0 and text.count(":") < 2 else f"{clock}:{seconds:02}"  # noqa: PLR2004  # h:m:s
