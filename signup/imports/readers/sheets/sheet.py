"""What every reader of spreadsheets gives: the sheets of a file, each with its rows of texts."""

import re
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple, TypeVar
from xml.parsers import expat

BLOCK = 1 << 16
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
LOOKED_AT = 200
"""Rows by which it is judged what a sheet is."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

Rows = Iterator[list[str]]
Done = TypeVar("Done")


class UnreadableSheet(Exception):
    """Why a file cannot be read: a reason of `table_file.REASONS`."""


class Sheet(NamedTuple):
    """One sheet. `rows` reads it from its beginning; row n is the sheet's row n."""

    name: str
    rows: Callable[[], Rows]
    is_hidden: bool = False
    first: list[list[str]] | None = None
    """Its first rows, where they are known already."""


def truth(value: bool) -> str:  # noqa: FBT001  # the value itself
    return "yes" if value else "no"


def unescaped(text: str) -> str:
    """A text of Office Open XML: control characters are written `_x000D_` (ECMA-376 part 1, §22.4.2.4)."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def parser() -> expat.XMLParserType:
    """A parser of XML that refuses a document type: nothing is declared, nothing fetched."""
    made = expat.ParserCreate()
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _refuse
    return made


def fed(made: expat.XMLParserType, file: IO[bytes], done: list[Done], is_over: Callable[[], bool]) -> Iterator[Done]:
    """What the parser's handlers put into `done`, block by block. Raises an error of expat where the document breaks
    off, unless `is_over` said before that no more is needed.
    """
    while not is_over():
        block = file.read(BLOCK)
        made.Parse(block, not block)
        yield from done
        done.clear()
        if not block:
            return


def never() -> bool:
    """The whole document is needed."""
    return False


def _refuse(*_given: object) -> None:
    raise UnreadableSheet("sheet")


def placed(rows: Iterator[tuple[int, list[str]]]) -> Rows:
    """Rows with their numbers, from 1, as all rows: those that a file leaves out are empty."""
    line = 0
    for number, cells in rows:
        if not any(cells):
            continue
        while line < min(number, MAX_ROWS) - 1:
            line += 1
            yield []
        line += 1
        while cells and not cells[-1]:
            cells.pop()
        yield cells
