"""The first look at a whole file, before any row of it counts: who left in which row, which words nobody knows, which
of day and month each column writes first, and which column that is not imported seems to say who left.

The same file and choices give the same survey in whatever process: a worker that takes over goes on as the first began.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from signup.fields.kinds.kind import Reader
from signup.files.import_run import ANSWER
from signup.ground.errors import BadFile
from signup.imports.file_answer import kind_of, unknown_in
from signup.imports.import_row import IncomingRow
from signup.imports.meaning.exit_column import IS_CONFIRMED, STATUS, ExitCells, suspects
from signup.imports.meaning.status_word import CONFIRMED, STRENGTH, says_nothing
from signup.imports.meaning.strongest_state import StrongestStates
from signup.imports.meaning.time_text import Order
from signup.imports.readers.table_file import FileRow
from signup.imports.row_reader import RowReader

SHOWN_WORDS = 50
KNOWN_CELLS = 100_000
"""So many different cells of a column are remembered as known, that none is looked at twice."""


@dataclass
class Survey:
    """What a whole file says."""

    strongest: StrongestStates = field(default_factory=StrongestStates)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    """By target, how often each word stands there that nobody knows."""
    orders: dict[str, tuple[str, str]] = field(default_factory=dict)
    open_orders: list[str] = field(default_factory=list)
    """Targets of times that could be read both ways."""
    suspects: list[str] = field(default_factory=list)
    """Headings of columns that are not imported, and seem to say who left."""

    def question(self) -> BadFile | None:
        """What must be answered before a row may count; None when nothing is open."""
        if self.suspects:
            return BadFile("exit-column", column=self.suspects[0])
        if unknown := self.words.get(STATUS):
            shown = ", ".join(f"“{word}” ({n})" for word, n in unknown.most_common(5))
            return BadFile("status-words", words=shown)
        return None

    def as_dict(self) -> dict[str, Any]:
        """For the page, without anybody's address."""
        words = {target: dict(some.most_common(SHOWN_WORDS)) for target, some in self.words.items() if some}
        return {"words": words, "open_orders": self.open_orders, "suspects": self.suspects, "orders": self.orders}


class _Known:
    """The cells of a column that were looked at before."""

    def __init__(self) -> None:
        self._cells: set[str] = set()

    def is_new(self, cell: str) -> bool:
        if cell in self._cells:
            return False
        if len(self._cells) < KNOWN_CELLS:
            self._cells.add(cell)
        return True


def survey(
    rows: Iterable[FileRow],
    headings: list[str],
    targets: list[str],
    reader: RowReader,
    fields: Mapping[str, Any],
) -> Survey:
    """Read all `rows`. Raises `BadFile` where the file breaks."""
    found, looks = Survey(), _looks(targets, reader, fields)
    cells, orders = ExitCells(targets), {target: Order() for target in _times(targets, fields)}
    times = [(place, orders[target]) for place, target in enumerate(targets) if target in orders]
    known = {place: _Known() for place, _order in times}
    for row in rows:
        cells.add(row.cells)
        _note_exit(found.strongest, reader, row)
        for place, order in times:
            if place < len(row.cells) and known[place].is_new(row.cells[place]):
                order.add(row.cells[place].strip())
        if not reader.is_ragged(row):
            _note_words(found, looks, row)
    found.suspects = suspects(headings, targets, cells.of_each())
    found.orders = {target: order.decided() for target, order in orders.items()}
    found.open_orders = [target for target, order in orders.items() if order.is_open and not order.decided()[0]]
    return found


_Look = tuple[int, str, Any]


def _looks(targets: list[str], reader: RowReader, fields: Mapping[str, Any]) -> list[_Look]:
    """The columns whose words must be known, each with what finds the others in a cell."""
    status = reader.status
    found: list[_Look] = [
        (place, STATUS, lambda cell: [] if says_nothing(cell) or status.word(cell) else [cell.strip()])
        for place, target in status.columns
        if target in {STATUS, IS_CONFIRMED}
    ]
    for key, place, read in reader.readers():
        if key in fields and targets[place] == ANSWER + key and kind_of(fields[key]).has_words:
            found.append((place, ANSWER + key, _finder(fields[key], read)))
    return found


def _finder(one: dict[str, Any], read: Reader) -> Any:
    return lambda cell: unknown_in(one, read, cell) if cell.strip() else []


def _times(targets: list[str], fields: Mapping[str, Any]) -> Iterator[str]:
    for target in targets:
        is_date = target.startswith(ANSWER) and fields.get(target.removeprefix(ANSWER), {}).get("type") == "date"
        if is_date or target in {"opt_in_at", "confirm_at"}:
            yield target


def _note_exit(strongest: StrongestStates, reader: RowReader, row: FileRow) -> None:
    if reader.status.is_silent:
        return
    key, state, left_at = reader.exit_or_nothing(row)
    if key:
        strongest.add(key, state, left_at, row.line)


def _note_words(found: Survey, looks: list[_Look], row: FileRow) -> None:
    for place, target, unknown in looks:
        if place < len(row.cells):
            cell = row.cells[place]
            for word in unknown(cell):
                counted = found.words.setdefault(target, Counter())
                if word in counted or len(counted) < KNOWN_CELLS:
                    counted[word] += 1


def with_strongest_state(one: IncomingRow, strongest: StrongestStates) -> IncomingRow:
    """The row, with the strongest state that any row of its address names."""
    named = strongest.named(one.key) if one.key else None
    if named is None or one.problem:
        return one
    is_other = STRENGTH[one.said or CONFIRMED] < STRENGTH[named.state]
    return one._replace(target=named.state, left_at=named.left_at, exit_line=named.line if is_other else 0)
