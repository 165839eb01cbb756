"""Rows of a CSV as programs and people write it: more than RFC 4180 allows, and never a row lost in silence.

A quote that is opened and not closed swallows what follows, up to the next quote or the end. Such a row is told from a
cell of several lines by what follows the closing quote, and by lines inside that are rows themselves; then the row ends
with its line, is marked, and those below are read as ever.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from signup.ground.errors import BadFile
from signup.imports.readers.cell import ADDRESS, without_formulas

END = "\ufdd0"
"""A line after the last one; no text holds it (a noncharacter of Unicode). What it is found in was not closed."""


class Dialect(NamedTuple):
    """How cells are parted: without a quote, none is special."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""

    def options(self, *, skips_blanks: bool = True) -> dict[str, Any]:
        """For `csv.reader`. `skips_blanks`: a blank after a delimiter is none of the cell."""
        quoting = csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote or None,
            "quoting": quoting,
            "escapechar": self.escape or None,
            "skipinitialspace": skips_blanks,
        }


class Record(NamedTuple):
    """Some cells, the line they begin on, and whether a quote in them is not closed."""

    line: int
    cells: list[str]
    is_broken: bool


class _Lines:
    """Lines that are remembered while a record is cut, and can be given back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines, self._back, self._is_over = iter(lines), deque[str](), False
        self.record: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines, None)
        if line is None:
            if self._is_over:
                raise StopIteration
            self._is_over, line = True, END
        self.record.append(line)
        self.number += 1
        return line

    def peek(self) -> str:
        """The next line, which stays the next one."""
        if not self._back and (line := next(self._lines, None)) is not None:
            self._back.append(line)
        return self._back[0] if self._back else ""

    def give_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def records(lines: Iterable[str], dialect: Dialect) -> Iterator[Record]:
    """Each record. Raises `BadFile` where none can be cut."""
    source, width = _Lines(map(without_formulas, lines)), 0
    # Blanks are kept word for word, but before a quote: there they would hide it.
    before_quote = re.compile(f"(?:^|{re.escape(dialect.delimiter)}) +{re.escape(dialect.quote)}")
    kinds = [dialect.options(skips_blanks=skips) for skips in (False, True)]
    readers = [csv.reader(source, **options) for options in kinds]
    while True:
        line = source.number + 1
        source.record.clear()
        skips = bool(dialect.quote and before_quote.search(source.peek()))
        options = kinds[skips]
        try:
            cells = next(readers[skips])
            if cells == [END]:
                return
            is_broken = _is_broken(source.record, cells, width, options)
            if is_broken and len(source.record) > 1:
                source.give_back(source.record[1:])
                cells = next(csv.reader([source.record[0].rstrip("\r\n")], **options), [])
        except StopIteration:
            return
        except csv.Error:
            raise BadFile("csv", line=line) from None
        yield Record(line, cells, is_broken)
        if any(cells) and not is_broken:
            width = len(cells)


def _is_broken(record: list[str], cells: list[str], width: int, options: dict[str, Any]) -> bool:
    if len(record) == 1:
        return width > 1 and len(cells) != width and not _is_strict(record, options)
    if record[-1] == END:
        return True
    return not _is_strict(record, options) or any(_is_row(line, width, options) for line in record[1:])


def _is_strict(record: list[str], options: dict[str, Any]) -> bool:
    """Whether every quote closes where a cell ends."""
    quote, delimiter = options["quotechar"], options["delimiter"]
    if quote is None:
        return True
    # A blank between the quote and the delimiter is odd, and harmless.
    text = [line.replace(f"{quote} {delimiter}", f"{quote}{delimiter}") for line in record]
    text[-1] = text[-1].rstrip()
    try:
        list(csv.reader(text, strict=True, **options))
    except csv.Error:
        return False
    return True


def _is_row(line: str, width: int, options: dict[str, Any]) -> bool:
    cells = next(csv.reader([line.rstrip("\r\n").rstrip(options["quotechar"] or "")], **options), [])
    return len(cells) == width > 1 and any(ADDRESS.fullmatch(cell.strip()) for cell in cells)
