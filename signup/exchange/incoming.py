"""One row of a file as the record understands it: the address, the answers, the status asked for, and what proves it.

Grades of evidence: A – our own proof, whose wording we keep; B – another service's record with the time of the opt-in;
C – a claim; X – bought or rented. Only A and B make somebody confirmed.
"""

import ipaddress
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from signup.clock import utcnow
from signup.contacts.address import parse
from signup.contacts.contact import MAX_NAME, NAME_KEYS, name_from
from signup.contacts.mailbox import impossible_sign
from signup.contacts.written_address import unwrapped
from signup.errors import InvalidAddress, SeveralAddresses
from signup.exchange.answer import Reader, read_text, read_time, reader_for
from signup.exchange.cell import SEVERAL, meant
from signup.exchange.formula_guard import unguard
from signup.exchange.import_run import ANSWER, Origin
from signup.exchange.table_file import Row, clean
from signup.i18n import LANGUAGES, _

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
EMPTY_TIMES = {"", "-", "0", "null", "none", "n/a", "0000-00-00", "0000-00-00 00:00:00"}
STATUSES = {
    "confirmed": {"confirmed", "subscribed", "active", "opted in", "yes", "true", "1", "abonné", "inscrit"},
    "pending": {
        "pending",
        "unconfirmed",
        "not set",
        "never subscribed",
        "transactional",
        "non-subscribed",
        "en attente",
    },
    "unsubscribed": {
        "unsubscribed",
        "suppressed",
        "opted out",
        "opt-out",
        "no",
        "false",
        "0",
        "désabonné",
        "désinscrit",
        "inactive",
    },
    "bounced": {"bounced", "cleaned", "hard bounced", "invalid"},
    "complained": {"complained", "abuse", "spam", "blocklisted", "blacklisted"},
}
_STATUS = {word: status for status, words in STATUSES.items() for word in words}
EXITS = {"unsubscribed", "bounced", "complained"}

NOT_MAILED = "not-mailed"
"""Any of the reasons below why an address is left alone, for who may not know which."""
PROBLEMS: dict[str, Any] = {
    NOT_MAILED: _("The address must not get mail: its person left, complained or asked for it, or mail came back."),
    "no-address": _("There is no e-mail address."),
    "address": _("This is no e-mail address."),
    "several": _("The cell holds several addresses. Give each person a row of their own, or leave one address."),
    "sign": _("This provider has no addresses with such a letter before the @. Probably an accent too many."),
    "quote": _("A quote is opened in this row and not closed."),
    "cells": _("The row has more cells than the heading."),
    "status": _("This status is not known."),
    "time": _("This time cannot be read, or lies in the future."),
    "ip": _("This is no IP address."),
    "name": _("The name is too long or holds control characters."),
    "answer": _("This does not fit the question."),
    "repeated": _("The address stands in an earlier row of the file."),
    "suppressed": _("The address is on the stop list."),
    "erased": _("The person asked to be erased."),
    "unsubscribed": _("The person unsubscribed."),
    "bounced": _("Mail to this address came back."),
    "complained": _("The person complained about mail."),
    "merged": _("The address belongs to a contact that was merged into another one."),
}
"""Why a row is not taken, by its code; after a colon the column it is about."""


class Incoming(NamedTuple):
    """A row, read. With a `problem` the rest is empty."""

    row: Row
    problem: str = ""
    address: str = ""
    key: str = ""
    name: str = ""
    language: str = ""
    source: str = ""
    answers: dict[str, Any] = {}  # noqa: RUF012  # a NamedTuple's default; never changed
    target: str = "pending"
    """The state that the row can bring about."""
    grade: str = "C"
    at: datetime | None = None
    """When they opted in, by the file."""
    ip: str | None = None
    wording: str | None = None


class _Problem(Exception):
    """Why the row cannot be taken."""


class Understanding:
    """Reads the rows of one run, by its mapping and origin. `wordings` are the hashes of the texts we keep.

    `is_raw`: the file is JSON Lines, in which our own exports guard nothing.
    """

    def __init__(
        self,
        targets: list[str],
        fields: dict[str, dict[str, Any]],
        origin: str,
        wordings: Iterable[str],
        *,
        is_raw: bool = False,
    ) -> None:
        self._places = {target: place for place, target in enumerate(targets) if target}
        self._width = len(targets)
        self._origin, self._wordings = origin, frozenset(wordings)
        self._latest = utcnow() + timedelta(days=1)  # clocks and zones differ
        self._answers: list[tuple[str, int, Reader]] = [
            (target.removeprefix(ANSWER), place, reader_for(fields[target.removeprefix(ANSWER)]))
            for target, place in self._places.items()
            if target.startswith(ANSWER)
        ]
        self._answers += [(key, self._places[key], read_text) for key in NAME_KEYS[:2] if key in self._places]
        self._multi = {key for key, field in fields.items() if field["type"] == "multi"}
        self._guarded = origin == Origin.OWN and not is_raw

    def read(self, row: Row) -> Incoming:
        """What the row says."""
        if row.problem:
            return Incoming(row, row.problem)
        try:
            return self._read(row)
        except _Problem as problem:
            return Incoming(row, str(problem))

    def _read(self, row: Row) -> Incoming:
        if len(row.cells) > self._width and any(row.cells[self._width :]):
            raise _Problem("cells")
        typed = self._cell(row, "email")
        if not typed:
            raise _Problem("no-address")
        try:
            address = parse(typed)
        except SeveralAddresses:
            raise _Problem("several") from None
        except InvalidAddress:
            raise _Problem("address") from None
        if impossible_sign(address.key):
            raise _Problem("sign")
        answers = self._read_answers(row)
        name = _checked("name", read_text, self._cell(row, "name"), "") if "name" in self._places else ""
        opted, confirmed = self._time(row, "opt_in_at"), self._time(row, "confirm_at")
        ip = self._ip(row, "confirm_ip") or self._ip(row, "opt_in_ip")
        wording = self._cell(row, "wording")[:64] or None
        grade = self._grade(confirmed, opted, wording)
        return Incoming(
            row,
            "",
            address.mailed,
            address.key,
            (name or name_from(answers) or _name_beside(typed))[:MAX_NAME],
            _language(self._cell(row, "language")),
            self._cell(row, "source")[:120],
            answers,
            _target(self._cell(row, "status"), grade),
            grade,
            confirmed or opted,
            ip,
            wording if grade == "A" else None,
        )

    def _cell(self, row: Row, target: str) -> str:
        place = self._places.get(target, -1)
        if not 0 <= place < len(row.cells):
            return ""
        values = self._plain(row.cells[place]).split(SEVERAL)
        # Of several values the first is the main one, but nobody chose which address may be written to.
        different = dict.fromkeys(value.strip().lower() for value in values)
        return SEVERAL.join(values) if target == "email" and len(different) > 1 else values[0].strip()

    def _plain(self, cell: str) -> str:
        text = clean(cell).strip()
        if self._origin != Origin.OWN:
            return meant(text)
        # Our own exports for people put a sign before what a spreadsheet would calculate: it is not part of the value.
        return unguard(text) if self._guarded else text

    def _read_answers(self, row: Row) -> dict[str, Any]:
        found = {}
        for key, place, read in self._answers:
            if place < len(row.cells) and (cell := self._plain(row.cells[place])):
                cell = cell.replace(SEVERAL, ", ") if key in self._multi else cell.partition(SEVERAL)[0]
                kind = "name" if key in NAME_KEYS else "answer"
                found[key] = _checked(f"{kind}:{key}", read, cell, None)
        return found

    def _time(self, row: Row, target: str) -> datetime | None:
        cell = self._cell(row, target)
        if cell.lower() in EMPTY_TIMES:
            return None
        at: datetime = _checked(f"time:{target}", read_time, cell, None)
        if not EARLIEST < at < self._latest:
            raise _Problem(f"time:{target}")
        return at

    def _ip(self, row: Row, target: str) -> str | None:
        return _checked(f"ip:{target}", _ip, cell, None) if (cell := self._cell(row, target)) else None

    def _grade(self, confirmed: datetime | None, opted: datetime | None, wording: str | None) -> str:
        if self._origin == Origin.BOUGHT:
            return "X"
        if self._origin == Origin.CLAIM:
            return "C"
        if self._origin == Origin.OWN and confirmed and wording in self._wordings:
            return "A"
        return "B" if confirmed or opted else "C"


def _checked(problem: str, read: Callable[[str], Any], cell: str, empty: Any) -> Any:
    if not cell:
        return empty
    try:
        return read(cell)
    except (ValueError, OverflowError):
        raise _Problem(problem) from None


def _name_beside(typed: str) -> str:
    """The name in `Ada Muster <ada@example.org>`; empty where the contact's name may not hold it."""
    if "<" not in typed:
        return ""
    try:
        return read_text(unwrapped(typed).name)
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _ip(cell: str) -> str:
    return str(ipaddress.ip_address(cell))


@lru_cache(maxsize=1024)
def _target(cell: str, grade: str) -> str:
    """What a row may bring about: an exit whatever the grade, confirmation only by evidence."""
    word = " ".join(cell.lower().replace("_", " ").split())
    status = _STATUS.get(word, "") if word else "confirmed"
    if not status:
        raise _Problem("status")
    return "pending" if status == "confirmed" and grade not in {"A", "B"} else status


@lru_cache(maxsize=1024)
def _language(cell: str) -> str:
    """One of our languages by its code (`fr-CH`) or its name; empty for any other."""
    code = cell.lower().replace("_", "-").partition("-")[0]
    names = {name.lower(): language for language, name in LANGUAGES.items()}
    return code if code in LANGUAGES else names.get(cell.lower(), "")
