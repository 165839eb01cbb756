"""Guesses which sheet of a file holds the people."""

from collections import Counter
from itertools import islice

from signup.imports.readers.cell import ADDRESS
from signup.imports.readers.sheets.sheet import LOOKED_AT, Sheet


def likeliest(sheets: list[Sheet]) -> int:
    """The sheet that people probably stand in: visible before hidden, then one with a column of addresses, one with an
    address, a table, anything; of equal ones the first. Hidden people were hardly meant to be handed on.
    """
    return min(range(len(sheets)), key=lambda place: (*_rank(sheets[place]), place))


def _rank(sheet: Sheet) -> tuple[int, int]:
    first = islice(sheet.rows(), LOOKED_AT) if sheet.first is None else sheet.first
    rows = [row for row in first if any(row)]
    if not rows:
        return 2, 0
    addresses = Counter(place for row in rows for place, cell in enumerate(row) if ADDRESS.search(cell))
    is_table = len(rows) > 1 and max(map(len, rows)) > 1
    return int(sheet.is_hidden), -min(max(addresses.values(), default=0), 2) * 2 - is_table
