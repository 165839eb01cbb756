"""How the ledger is right now: its size, what waits, the newest checkpoint, whether the folder outside agrees."""

from base64 import b64decode
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from signup.ground.db import db
from signup.ground.driver_sql import driver_connection, first_by_name, run
from signup.ledger import ledger_check, outside, signed_note
from signup.ledger.inclusion import LedgerView
from signup.ledger.ledger_entry import LedgerHead
from signup.ledger.merkle import is_prefix
from signup.ledger.seal import START, as_param, first_id
from signup.ledger.seal_sql import WAITING
from signup.ledger.signed_note import BadNote

LATE = timedelta(minutes=5)
"""After which an event that is not sealed is a sign that no worker seals."""


class OutsideState(StrEnum):
    """What the folder outside of the database says of the ledger."""

    AGREES = "agrees"
    ABSENT = "absent"
    """No checkpoint lies there: nothing is sealed yet, or the worker runs on another machine."""
    CONTRADICTS = "contradicts"
    UNREADABLE = "unreadable"
    """No checkpoint, or none that our keys signed."""


class LedgerState(NamedTuple):
    """The newest checkpoint, and what it does not cover yet."""

    size: int
    root: str
    note: str
    at: datetime | None
    waiting: int
    waits: timedelta
    """How long the oldest of these waits."""

    @property
    def is_late(self) -> bool:
        return self.waits > LATE


def read_state() -> LedgerState:
    """Read it anew; cheap, as only what is newer than the last sealing is looked at."""
    head = db.session.get(LedgerHead, 1, populate_existing=True)
    settled_at = (head.settled_at if head else None) or START
    bounds = {"first": first_id(settled_at), "since": as_param(settled_at)}
    with driver_connection(writes=False) as connection:
        waiting = first_by_name(run(connection, WAITING, bounds)) or {"n": 0, "age": None}
    waits = timedelta(seconds=max(0.0, float(waiting["age"] or 0)))
    if head is None or not head.size:
        return LedgerState(0, "", "", None, waiting["n"], waits)
    root = b64decode(head.note.split("\n")[2]).hex()
    return LedgerState(head.size, root, head.note, head.at, waiting["n"], waits)


def look_outside() -> OutsideState:
    """Whether the newest checkpoint outside is of this very ledger. The whole check looks at all of them."""
    view = LedgerView()
    try:
        trees = [tree for tree in outside.read_checkpoints() if tree.size]
        if not trees:
            return OutsideState.ABSENT
        tree = trees[-1]
        if tree.size > view.size:
            return OutsideState.CONTRADICTS
        root = signed_note.read(view.note, signed_note.public_keys()).root
    except (BadNote, OSError, UnicodeDecodeError):
        return OutsideState.UNREADABLE
    is_same = is_prefix(tree.size, tree.root, view.size, root, view.consistency(tree.size))
    return OutsideState.AGREES if is_same else OutsideState.CONTRADICTS


def trouble() -> str:
    """What is wrong with the ledger, for whoever watches the service; empty: nothing that is known."""
    last, state = ledger_check.newest(is_done=True), read_state()
    if last and last.is_bad:
        return f"the check of {last.finished_at:%Y-%m-%d %H:%M} UTC found {last.problems} problems"
    return f"{state.waiting} events wait to be sealed, the oldest for {state.waits}" if state.is_late else ""
