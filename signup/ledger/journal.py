"""The journal of withdrawals: what a restored database must hear of again before it mails anybody.

It is written from the ledger, so a crash loses nothing: what is missing is written at the next round. It holds nothing
personal: a contact is named by its number in the database, the stop list by its keyed hashes.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from signup.consent.consent_event import ConsentType
from signup.ground.db import is_postgresql
from signup.ground.dialect import read_instant
from signup.ground.driver_sql import driver_connection, run
from signup.ledger.durable_file import append, last_lines
from signup.ledger.leaf import as_time

WITHDRAWN, STOPPED = FILES = ("withdrawals.jsonl", "stop-list.jsonl")
WITHDRAWALS = (
    ConsentType.UNSUBSCRIBED,
    ConsentType.WITHDRAWN,
    ConsentType.TRACKING_WITHDRAWN,
    ConsentType.COMPLAINED,
    ConsentType.DISOWNED,
    ConsentType.ERASED,
)
BATCH = 10_000
LONG_AGO = "2000-01-01T00:00:00.000Z"
_NEW = f"""
    SELECT ledger_entry.position, consent_event.type, consent_event.at, consent_event.contact_id, consent_event.list_id,
      consent_event.purpose
    FROM ledger_entry JOIN consent_event ON consent_event.id = ledger_entry.event_id
    WHERE ledger_entry.position > :after
      AND consent_event.type IN ({", ".join(f"'{each.value}'" for each in WITHDRAWALS)})
    ORDER BY ledger_entry.position LIMIT {BATCH}
"""  # noqa: S608  # our own constants
_NEWLY_STOPPED = f"""
    SELECT address_hash, reason, created_at FROM suppression WHERE created_at >= :since
    ORDER BY created_at LIMIT {BATCH}
"""  # noqa: S608  # our own constants


@dataclass(frozen=True)
class Withdrawal:
    """Somebody left a list, or one purpose of it, or was erased."""

    at: str
    type: str
    contact: int
    list: int
    purpose: str
    position: int
    """Its place in the ledger."""


@dataclass(frozen=True)
class Stopped:
    """An address came onto the stop list."""

    at: str
    hash: str
    reason: str


def write_new(folder: Path) -> None:
    """Append what is newer than the journal's end."""
    _write_withdrawals(folder / WITHDRAWN)
    _write_stopped(folder / STOPPED)


def read_withdrawals(folder: Path, since: datetime) -> Iterator[Withdrawal]:
    """What was withdrawn since then, in this database's life and in lives that a restore ended."""
    for line in _lines_of(folder, WITHDRAWN, since):
        yield Withdrawal(**line)


def read_stopped(folder: Path, since: datetime) -> Iterator[Stopped]:
    """What came onto the stop list since then."""
    for line in _lines_of(folder, STOPPED, since):
        yield Stopped(**line)


def _write_withdrawals(path: Path) -> None:
    after = max((line["position"] for line in map(_read, last_lines(path)) if "position" in line), default=-1)
    while True:
        with driver_connection(writes=False) as connection:
            rows = run(connection, _NEW, {"after": after}).fetchall()
        lines = [
            {"at": as_time(at), "type": type_, "contact": contact, "list": list_, "purpose": purpose, "position": place}
            for place, type_, at, contact, list_, purpose in rows
        ]
        _append(path, lines)
        if len(rows) < BATCH:
            return
        after = rows[-1][0]


def _write_stopped(path: Path) -> None:
    last = [line for line in map(_read, last_lines(path)) if "hash" in line]
    since, known = max((line["at"] for line in last), default=LONG_AGO), {line["hash"] for line in last}
    with driver_connection(writes=False) as connection:
        rows = run(connection, _NEWLY_STOPPED, {"since": _as_param(since)}).fetchall()
    new = [(hash_, reason, at) for hash_, reason, at in rows if hash_ not in known]
    _append(path, [{"at": as_time(at), "hash": hash_, "reason": reason} for hash_, reason, at in new])


def _append(path: Path, lines: list[dict[str, Any]]) -> None:
    if lines:
        append(path, "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines))


def _lines_of(folder: Path, name: str, since: datetime) -> Iterator[dict[str, Any]]:
    begun = as_time(since)
    for path in sorted(folder.glob(f"{name}*")):
        with path.open() as file:
            yield from (line for line in map(_read, file) if line and line["at"] >= begun)


def _read(line: str) -> dict[str, Any]:
    """A line of the journal; empty for the half line that a machine left when it died."""
    try:
        read = json.loads(line)
    except ValueError:
        return {}
    return read if isinstance(read, dict) and "at" in read else {}


def _as_param(at: str) -> Any:
    text = at.rstrip("Z")
    return read_instant(text) if is_postgresql() else text.replace("T", " ")
