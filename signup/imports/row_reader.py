"""Reads one row of a file: the address, the answers, the status asked for, and what proves it.

Grades of evidence: A – our own proof, whose wording we keep; B – another service's record with the time of the opt-in;
C – a claim; X – bought or rented. Only A and B make somebody confirmed.

Only the address can refuse a row, and cells beyond the heading: then they do not stand where the heading says. Any
other cell that cannot be read is left out. An exit counts even in a row that is refused.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from signup.addresses.address import Address, parse
from signup.addresses.mailbox import impossible_sign
from signup.checks.check import COUNTRY
from signup.contacts.contact import MAX_NAME, NAME_KEYS, name_from
from signup.fields.kinds.kind import Reader
from signup.fields.kinds.text import text_in
from signup.files.formula_guard import unguard
from signup.files.import_run import ANSWER, ImportOrigin
from signup.ground.clock import utcnow
from signup.ground.errors import InvalidAddress, SeveralAddresses
from signup.imports.file_answer import NOTHING, kind_of, reader_for
from signup.imports.import_choices import Choices
from signup.imports.import_row import IncomingRow
from signup.imports.meaning.row_status import RowStatus, UnknownWord
from signup.imports.meaning.status_word import CONFIRMED, EXITS, PENDING
from signup.imports.meaning.time_text import EARLIEST, read_time
from signup.imports.plain_cell import checked, ip_address, language_of, name_beside
from signup.imports.readers.cell import SEVERAL, meant
from signup.imports.readers.table_file import FileRow, clean

EMPTY_TIMES = {"", "-", "0", "null", "none", "n/a", "0000-00-00", "0000-00-00 00:00:00"}
NO_CHOICES = Choices()
TIMES = ("opt_in_at", "confirm_at")


class _Problem(Exception):
    """Why the row cannot be taken."""


class ImportTerms(NamedTuple):
    """How the rows of one run are read, beside the mapping."""

    origin: str
    wordings: frozenset[str] = frozenset()
    """The hashes of the texts we keep."""
    choices: Choices = NO_CHOICES
    orders: Mapping[str, tuple[str, str]] = {}
    """By target of a time, which of day and month its column writes first (`time_text.Order.decided`)."""
    is_raw: bool = False
    """The file is JSON Lines, in which our own exports guard nothing."""


class RowReader:
    """Reads the rows of one run, by its mapping and terms."""

    def __init__(self, targets: Sequence[str], fields: Mapping[str, dict[str, Any]], terms: ImportTerms) -> None:
        self._places = {target: place for place, target in enumerate(targets) if target}
        self._width = len(targets)
        self._terms, self._choices = terms, terms.choices
        self.status = RowStatus(targets, terms.choices, self._read_time)
        self._latest = utcnow() + timedelta(days=1)  # clocks and zones differ
        self._answers: list[tuple[str, int, Reader]] = [
            (target.removeprefix(ANSWER), place, self._reader(target, fields[target.removeprefix(ANSWER)]))
            for target, place in self._places.items()
            if target.startswith(ANSWER)
        ]
        self._answers += [(key, self._places[key], text_in) for key in NAME_KEYS[:2] if key in self._places]
        self._multi = {key for key, field in fields.items() if kind_of(field).takes_several}
        self._guarded = terms.origin == ImportOrigin.OWN and not terms.is_raw

    def _reader(self, target: str, field: dict[str, Any]) -> Reader:
        meant = {word.lower(): value for word, value in self._choices.words.get(target, {}).items()}
        return reader_for(field, meant, lambda cell: self._read_time(cell, target))

    def readers(self) -> list[tuple[str, int, Reader]]:
        """Key, column and reader of each answer."""
        return self._answers

    def read(self, row: FileRow) -> IncomingRow:
        """What the row says."""
        if row.problem:
            return self._refused(row, row.problem)
        try:
            return self._read(row)
        except _Problem as problem:
            return self._refused(row, str(problem))

    def _refused(self, row: FileRow, problem: str) -> IncomingRow:
        """A row that cannot be taken; if it says that somebody left, that is taken."""
        try:
            key, said, left_at = self.exit_of(row)
        except _Problem:
            return IncomingRow(row, problem)
        if said not in EXITS:
            return IncomingRow(row, problem)
        address = self._address(row)
        exit_ = IncomingRow(row, "", address.mailed, key, target=said, said=said, left_at=left_at, odd=(problem,))
        return exit_._replace(grade=self._grade(None, None, None))

    def is_ragged(self, row: FileRow) -> bool:
        """Whether a row has more filled cells than the heading."""
        return len(row.cells) > self._width and any(row.cells[self._width :])

    def exit_of(self, row: FileRow) -> tuple[str, str, datetime | None]:
        """The key of the address, the state that the row names but `confirmed`, and when they left; an empty state when
        it names none. Raises `_Problem` for an address or a status that nobody can read.
        """
        said, left_at = self._said(row)
        return (self._address(row).key if said and said != CONFIRMED else ""), said, left_at

    def exit_or_nothing(self, row: FileRow) -> tuple[str, str, datetime | None]:
        """As `exit_of`; nothing for what cannot be read."""
        try:
            return self.exit_of(row)
        except _Problem:
            return "", "", None

    def _said(self, row: FileRow) -> tuple[str, datetime | None]:
        try:
            return self.status.anywhere(row.cells) if self.is_ragged(row) else self.status.of(row.cells)
        except UnknownWord:
            raise _Problem("status") from None

    def _read(self, row: FileRow) -> IncomingRow:
        if self.is_ragged(row):
            raise _Problem("cells")
        address = self._address(row)
        odd: list[str] = []
        answers = self._read_answers(row, odd)
        name = checked("name", text_in, self._cell(row, "name"), odd) or ""
        opted, confirmed = (self._time(row, target, odd) for target in TIMES)
        ip = self._ip(row, "confirm_ip", odd) or self._ip(row, "opt_in_ip", odd)
        wording = self._cell(row, "wording")[:64] or None
        grade = self._grade(confirmed, opted, wording)
        said, left_at = self._said(row)
        return IncomingRow(
            row,
            "",
            address.mailed,
            address.key,
            (name or name_from(answers) or name_beside(self._cell(row, "email")))[:MAX_NAME],
            language_of(self._cell(row, "language")),
            self._cell(row, "source")[:120],
            answers,
            _target(said, grade),
            grade,
            confirmed or opted,
            ip,
            wording if grade == "A" else None,
            said,
            left_at,
            odd=tuple(odd),
            country="" if COUNTRY in answers else self._choices.country,
        )

    def _address(self, row: FileRow) -> Address:
        typed = self._cell(row, "email")
        if not typed:
            raise _Problem("no-address")
        try:
            address = parse(typed)
            instead = self._choices.domains.get(address.domain)
            if instead == "":
                raise _Problem("typo")
            if instead:
                address = parse(f"{address.mailed.rpartition('@')[0]}@{instead}")
        except SeveralAddresses:
            raise _Problem("several") from None
        except InvalidAddress:
            raise _Problem("address") from None
        if impossible_sign(address.key):
            raise _Problem("sign")
        return address

    def _cell(self, row: FileRow, target: str) -> str:
        place = self._places.get(target, -1)
        if not 0 <= place < len(row.cells):
            return ""
        values = self._plain(row.cells[place]).split(SEVERAL)
        # Of several values the first is the main one, but nobody chose which address may be written to.
        different = dict.fromkeys(value.strip().lower() for value in values)
        return SEVERAL.join(values) if target == "email" and len(different) > 1 else values[0].strip()

    def _plain(self, cell: str) -> str:
        text = clean(cell).strip()
        if self._terms.origin != ImportOrigin.OWN:
            return meant(text)
        # Our own exports for people put a sign before what a spreadsheet would calculate: it is not part of the value.
        return unguard(text) if self._guarded else text

    def _read_answers(self, row: FileRow, odd: list[str]) -> dict[str, Any]:
        found = {}
        for key, place, read in self._answers:
            if place < len(row.cells) and (cell := self._plain(row.cells[place])):
                cell = cell.replace(SEVERAL, ", ") if key in self._multi else cell.partition(SEVERAL)[0]
                kind = "name" if key in NAME_KEYS else "answer"
                value = checked(f"{kind}:{key}", read, cell, odd)
                if value is not None and value not in NOTHING:
                    found[key] = value
        return found

    def _read_time(self, cell: str, target: str) -> datetime:
        order, half_day = self._terms.orders.get(target, ("", ""))
        order = self._choices.order or order
        return read_time(cell, order, half_day if not self._choices.order else order, is_1904=self._choices.is_1904)

    def _time(self, row: FileRow, target: str, odd: list[str]) -> datetime | None:
        cell = self._cell(row, target)
        if cell.lower() in EMPTY_TIMES:
            return None
        at: datetime | None = checked(f"time:{target}", lambda text: self._read_time(text, target), cell, odd)
        if at and not EARLIEST < at < self._latest:
            odd.append(f"time:{target}")
            return None
        return at

    def _ip(self, row: FileRow, target: str, odd: list[str]) -> str | None:
        return checked(f"ip:{target}", ip_address, cell, odd) if (cell := self._cell(row, target)) else None

    def _grade(self, confirmed: datetime | None, opted: datetime | None, wording: str | None) -> str:
        origin = self._terms.origin
        if origin == ImportOrigin.BOUGHT:
            return "X"
        if origin == ImportOrigin.CLAIM:
            return "C"
        if origin == ImportOrigin.OWN and confirmed and wording in self._terms.wordings:
            return "A"
        return "B" if confirmed or opted else "C"


def _target(said: str, grade: str) -> str:
    """What a row may bring about: an exit whatever the grade, confirmation only by evidence."""
    if said and said != CONFIRMED:
        return said
    return CONFIRMED if grade in {"A", "B"} else PENDING
