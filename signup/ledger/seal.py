"""The sequencer: gives each new event its place in the ledger, in batches, and signs the tree.

Events are written without a place, so that nobody who signs up waits for another. Within about a second one worker of
all finds what has none, hashes it and appends it in one transaction; the guarded update of the head settles a race.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from signup.ground.clock import utcnow
from signup.ground.db import is_postgresql
from signup.ground.dialect import read_instant, sqlite_time
from signup.ground.driver_sql import DriverConnection, driver_connection, first_by_name, run, together, uuid_param
from signup.ground.jobs import Chore, stopping, win
from signup.ledger import leaf, outside, signed_note
from signup.ledger.leaf import Commitment
from signup.ledger.merkle import Frontier
from signup.ledger.seal_sql import (
    APPEND_POSTGRESQL,
    APPEND_SQLITE,
    BEGIN_HEAD,
    HEAD,
    KEEP_CHECKPOINT,
    LATE_EVENTS,
    NEW_AUDIT,
    NEW_EVENTS,
    QUIET_SINCE_POSTGRESQL,
    SETTLE,
)

BATCH = 1_000
EVERY = timedelta(seconds=1)
MARGIN = timedelta(seconds=60)
"""How much earlier than its commit an event may have got its id: waiting for a connection, and clocks that differ."""
SETTLES_EVERY = timedelta(minutes=5)
LATE = timedelta(days=2)
START = datetime(2000, 1, 1, tzinfo=UTC)


class Head(NamedTuple):
    """How far the ledger is."""

    size: int
    frontier: bytes
    settled_at: datetime


class Waiting(NamedTuple):
    """What has no place yet, and since when nothing older can come any more.

    The head was read before them: if it is another one when they are appended, another worker was faster.
    """

    head: Head
    events: list[dict[str, Any]]
    audit: list[dict[str, Any]]
    quiet_since: datetime

    @property
    def is_all(self) -> bool:
        return max(len(self.events), len(self.audit)) < BATCH


def chores() -> tuple[Chore, ...]:
    """The worker's chores for the ledger."""
    return (
        Chore("ledger", EVERY, seal_new, everywhere=True),
        Chore("ledger-late", timedelta(days=1), seal_late),
    )


def seal_new() -> None:
    """Seal what came since the last time, unless another worker does."""
    waiting = find_waiting()
    if not waiting.events and not waiting.audit:
        _settle(waiting)
    elif win("ledger", timedelta(seconds=1.5)):  # at most one winner in half a second
        seal(waiting)


def seal(waiting: Waiting | None = None) -> int:
    """Seal all that waits, and write the newest checkpoint outside of the database. Returns how many were sealed."""
    sealed, waiting = 0, waiting or find_waiting()
    while waiting.events or waiting.audit:
        count = _append(waiting)
        sealed += count
        if not count or waiting.is_all or stopping().is_set():
            break
        waiting = find_waiting(waiting)
    outside.write_new()
    return sealed


def seal_late() -> None:
    """Seal events that came late, as by a server whose clock was minutes behind. Older ones are left to `verify`."""
    head = read_head()
    with driver_connection(writes=False) as connection:
        rows = run(connection, LATE_EVENTS, {"since": as_param(utcnow() - LATE), "limit": BATCH})
        events = _by_name(rows)
    if events:
        _append(Waiting(head, events, [], START))


def find_waiting(after: Waiting | None = None) -> Waiting:
    """The oldest events and audit entries without a place; with `after`, the next of the same round."""
    head, quiet = read_head(), after.quiet_since if after else _quiet_since()
    first = first_id(head.settled_at)
    if after and after.events:
        first = after.events[-1]["id"]
    last_audit = after.audit[-1]["id"] if after and after.audit else 0
    with driver_connection(writes=False) as connection:
        events = _by_name(run(connection, NEW_EVENTS, {"first": first, "limit": BATCH}))
        audit = _by_name(
            run(connection, NEW_AUDIT, {"since": as_param(head.settled_at), "after": last_audit, "limit": BATCH})
        )
    return Waiting(head, events, audit, quiet)


def first_id(settled_at: datetime) -> UUID | str:
    """The smallest id that an event of this time or later can have (RFC 9562, version 7)."""
    return uuid_param(UUID(int=int(settled_at.timestamp() * 1000) << 80))


def read_head() -> Head:
    """The ledger's newest state; it is made when it is first asked for."""
    with driver_connection(writes=False) as connection:
        row = first_by_name(run(connection, HEAD, {}))
    if row is None:
        _begin()
        return Head(0, b"", START)
    return Head(row["size"], bytes(row["frontier"]), read_instant(row["settled_at"]) or START)


def keep_checkpoint() -> str:
    """Keep the newest checkpoint for good, and return it; empty before anything was sealed."""
    with driver_connection() as connection:
        run(connection, KEEP_CHECKPOINT, {"since": as_param(utcnow() + timedelta(days=1))})
        row = first_by_name(run(connection, HEAD, {}))
    return str(row["note"]) if row else ""


def _append(waiting: Waiting) -> int:
    """Append a batch. Returns how many: none if another worker was faster."""
    head = waiting.head
    frontier = Frontier(head.size, head.frontier)
    made = [(row["id"], None, leaf.of_event(row)) for row in waiting.events]
    made += [(None, row["id"], leaf.of_audit(row)) for row in waiting.audit]
    nodes = [node for _event, _audit, commitment in made for node in frontier.append(commitment.leaf)]
    at = utcnow()
    values = {
        "before": head.size,
        "size": frontier.size,
        "frontier": frontier.hashes(),
        "note": signed_note.sign(frontier.size, frontier.root(), at),
        "at": as_param(at),
        "is_all": waiting.is_all,
        "settled_at": as_param(waiting.quiet_since if waiting.is_all else head.settled_at),
    }
    if not (_append_postgresql if is_postgresql() else _append_sqlite)(values, made, nodes):
        return 0
    return len(made)


def _append_postgresql(
    values: dict[str, Any], made: Sequence[tuple[Any, Any, Commitment]], nodes: Sequence[tuple[int, int, bytes]]
) -> bool:
    commitments = [commitment for _event, _audit, commitment in made]
    lists = {
        "positions": list(range(values["before"], values["size"])),
        "event_ids": [event for event, _audit, _commitment in made],
        "audit_ids": [audit for _event, audit, _commitment in made],
        "leaves": [each.leaf for each in commitments],
        "personal": [each.personal for each in commitments],
        "visits": [each.visit for each in commitments],
        "heights": [height for height, _position, _hash in nodes],
        "places": [position for _height, position, _hash in nodes],
        "hashes": [hash_ for _height, _position, hash_ in nodes],
    }
    with driver_connection() as connection, together(connection):
        is_ours = run(connection, APPEND_POSTGRESQL, {**values, **lists}).fetchone() is not None
        if is_ours:
            _keep_first_of_day(connection, values)
    return is_ours


def _append_sqlite(
    values: dict[str, Any], made: Sequence[tuple[Any, Any, Commitment]], nodes: Sequence[tuple[int, int, bytes]]
) -> bool:
    guard, entry, node = APPEND_SQLITE
    with driver_connection() as connection:
        assert isinstance(connection, sqlite3.Connection)  # noqa: S101  # for the type's sake
        if not run(connection, guard, values).rowcount:
            return False
        rows = (
            {"position": position, "event_id": event, "audit_id": audit, **commitment._asdict()}
            for position, (event, audit, commitment) in enumerate(made, values["before"])
        )
        connection.executemany(entry, rows)
        connection.executemany(node, (dict(zip(("height", "position", "hash"), each, strict=True)) for each in nodes))
        _keep_first_of_day(connection, values)
    return True


def _keep_first_of_day(connection: DriverConnection, values: dict[str, Any]) -> None:
    """Not while older events still wait, as after an upgrade: behind a kept checkpoint they would seem back-dated."""
    if values["is_all"]:
        run(connection, KEEP_CHECKPOINT, {"since": _today()})


def _begin() -> None:
    """Make the head of a ledger that is empty."""
    at = utcnow()
    frontier = Frontier()
    values = {"frontier": frontier.hashes(), "note": signed_note.sign(0, frontier.root(), at), "at": as_param(at)}
    with driver_connection() as connection:
        run(connection, BEGIN_HEAD, values)


def _settle(waiting: Waiting) -> None:
    """Pass over tests and the demonstration, which get no place, so that they are not looked at again and again."""
    if waiting.quiet_since - waiting.head.settled_at > SETTLES_EVERY:
        with driver_connection(durable=False) as connection:
            run(connection, SETTLE, {"at": as_param(waiting.quiet_since)})


def _quiet_since() -> datetime:
    """Before this, nothing uncommitted can have begun."""
    if not is_postgresql():
        return utcnow() - MARGIN
    with driver_connection(writes=False) as connection:
        (begun,) = run(connection, QUIET_SINCE_POSTGRESQL, {}).fetchone()
    return (read_instant(begun) or utcnow()) - MARGIN


def _today() -> datetime | str:
    return as_param(datetime.combine(utcnow().date(), datetime.min.time(), UTC))


def as_param(value: datetime) -> datetime | str:
    """A time as the driver of this engine takes it."""
    return value if is_postgresql() else sqlite_time(value)


def _by_name(rows: Any) -> list[dict[str, Any]]:
    fetched = rows.fetchall()
    names = [column[0] for column in rows.description or ()]
    return [dict(zip(names, row, strict=True)) for row in fetched]
