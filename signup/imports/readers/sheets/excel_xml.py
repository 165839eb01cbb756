"""Excel’s XML of 2003 (SpreadsheetML: `<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`) as rows."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from signup.imports.readers.sheets.number_format import BOTH, DATE, GENERAL, formatter
from signup.imports.readers.sheets.sheet import LOOKED_AT, MAX_COLUMNS, Rows, Sheet, fed, never, parser, placed, truth
from signup.imports.readers.sheets.xlsx import moment

# Formats that have a name; what is not here is written as a format code.
NAMED = {
    "General Number": GENERAL, "Currency": "#,##0.00", "Euro Currency": "#,##0.00", "Fixed": "0.00",
    "Standard": "#,##0.00",
    "Percent": "0.00%", "Scientific": GENERAL, "General Date": BOTH, "Short Date": DATE, "Medium Date": DATE,
    "Long Date": DATE, "Short Time": "hh:mm", "Medium Time": "hh:mm", "Long Time": "hh:mm:ss",
}  # fmt: skip


def sheets(path: str) -> list[Sheet]:
    """The sheets of a file. Raises an error of expat for a damaged one."""
    seen, first = _Reader(), dict[int, list[list[str]]]()
    for place, _number, cells in _read(seen, path):
        some = first.setdefault(place, [])
        some.append(cells)
        if len(some) == LOOKED_AT:
            seen.skipped = place
    return [
        Sheet(name, partial(_rows, path, place), place in seen.hidden, first.get(place, []))
        for place, name in enumerate(seen.names)
    ]


def _rows(path: str, place: int) -> Rows:
    return placed((number, cells) for _place, number, cells in _read(_Reader(place), path))


def _read(reader: "_Reader", path: str) -> Iterator[tuple[int, int, list[str]]]:
    with Path(path).open("rb") as file:
        yield from fed(reader.parser, file, reader.done, never)


class _Reader:
    """Hears the tags of a book and keeps the rows – sheet, number, cells – of the sheet at `place`, or of all but the
    `skipped` one.
    """

    def __init__(self, place: int | None = None) -> None:
        self.skipped = -1
        self.names: list[str] = []
        self.hidden: set[int] = set()
        self.done: list[tuple[int, int, list[str]]] = []
        self.parser = parser()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._text
        self._place, self._styles, self._style = place, dict[str, str](), ""
        self._row, self._cells, self._kind, self._format = 0, list[str](), "", ""
        self._parts, self._hears = list[str](), False

    @property
    def _is_here(self) -> bool:
        place = len(self.names) - 1
        return place not in {-1, self.skipped} if self._place is None else place == self._place

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        own = {key.rpartition(":")[2]: value for key, value in given.items()}
        if tag == "Worksheet":
            self.names.append(own.get("Name", ""))
            self._row = 0
        elif tag == "Style":
            self._style = own.get("ID", "")
        elif tag == "NumberFormat":
            self._styles[self._style] = own.get("Format", GENERAL)
        elif tag == "Visible":
            self._hears = True
            self._parts.clear()
        elif self._is_here:
            self._start_here(tag, own)

    def _start_here(self, tag: str, own: dict[str, str]) -> None:
        if tag == "Row":
            self._row, self._cells = _number(own.get("Index"), self._row + 1), []
        elif tag == "Cell":
            self._cells += [""] * (min(_number(own.get("Index"), 0), MAX_COLUMNS) - 1 - len(self._cells))
            self._cells.append("")
            self._format = self._styles.get(own.get("StyleID", ""), GENERAL)
        elif tag == "Data":
            self._kind, self._hears = own.get("Type", "String"), True
            self._parts.clear()

    def _text(self, text: str) -> None:
        if self._hears:
            self._parts.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "Visible" and self.names:
            self._hears = False
            if "".join(self._parts).strip() != "SheetVisible":
                self.hidden.add(len(self.names) - 1)
        elif not self._is_here:
            return
        elif tag == "Data" and self._cells:
            self._hears = False
            self._cells[-1] = self._value("".join(self._parts))
        elif tag == "Row":
            self.done.append((len(self.names) - 1, self._row, self._cells))

    def _value(self, text: str) -> str:
        if self._kind == "Number":
            try:
                return formatter(NAMED.get(self._format, self._format))(float(text))
            except ValueError:
                return text
        if self._kind == "DateTime":
            # A time of day is one of Excel's day 0.
            return text[11:19].removesuffix(":00") if text.startswith("1899-12-3") else moment(text)
        if self._kind == "Boolean":
            return truth(text.strip() == "1")
        return "" if self._kind == "Error" else text


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default
