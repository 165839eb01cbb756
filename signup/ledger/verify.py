"""Checks the whole ledger: every event and audit entry against its leaf, the tree, every checkpoint, every snapshot.

What was changed, deleted, moved, added or set back, by whoever can write the database, is found and named, the first
first. It reads only, and in chunks: the ledger may grow meanwhile.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from signup.consent.coarse_visit import coarse_agent, coarse_ip
from signup.consent.consent_event import PAYLOAD
from signup.ground.clock import utcnow
from signup.ground.dialect import read_instant
from signup.ground.driver_sql import driver_connection, first_by_name, run
from signup.ground.keep_time import keep_time
from signup.ledger import leaf, outside, signed_note, verify_snapshots
from signup.ledger.leaf import PERSONAL_SALT, as_id
from signup.ledger.merkle import Frontier
from signup.ledger.seal_sql import HEAD
from signup.ledger.signed_note import BadNote, PublicKey, SignedTree
from signup.ledger.verify_sql import AUDIT, CHECKPOINTS, ENTRIES, ERASED, EXPIRED, NODES, UNSEALED

CHUNK = 2_000
SEALED_WITHIN = timedelta(minutes=10)
"""A real event that is older and has no place was not written by us, or no worker runs."""
GRACE = timedelta(hours=1)
"""How much older than a checkpoint an event behind it may be."""
FOR_EVER = timedelta(days=36_525)


def ages() -> tuple[timedelta, timedelta]:
    """After how long visits may be coarse and the trail blank: no sooner than this service does it."""
    return keep_time("keep_ip_days") or FOR_EVER, keep_time("keep_audit_months") or FOR_EVER


class Problem(NamedTuple):
    """Something that contradicts the ledger: where, and what. `id` names the event, audit entry or snapshot."""

    position: int | None
    id: str
    what: str

    def __str__(self) -> str:
        place = "" if self.position is None else f"entry {self.position}: "
        return f"{place}{self.id}: {self.what}" if self.id else f"{place}{self.what}"


class Allowed(NamedTuple):
    """Which payloads may be gone: coarse visits and blank audit entries by their age, others by an erasure."""

    coarse_before: datetime
    audit_before: datetime
    erased: frozenset[int]
    """Contacts."""
    expired: frozenset[int]
    """Sign-ups."""


class Verification:
    """One check of the whole ledger. `problems` yields what is wrong, in the order of the ledger.

    `pulse` is called after each chunk; what it raises ends the check.
    """

    def __init__(
        self,
        coarse_after: timedelta,
        audit_after: timedelta,
        trusted: list[PublicKey] | None = None,
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self.size = self.checked = 0
        self._pulse = pulse
        self._ages = coarse_after, audit_after
        self._trusted = trusted or signed_note.public_keys()
        self._signed: list[SignedTree] = []
        self._floor = datetime(2000, 1, 1, tzinfo=UTC)

    def problems(self) -> Iterator[Problem]:
        """Check everything. The caller may stop at the first."""
        with driver_connection(writes=False) as connection:
            head = first_by_name(run(connection, HEAD, {}))
        if head is not None:
            self.size = head["size"]
            yield from self._read_signed(str(head["note"]))
            yield from self._check_tree(bytes(head["frontier"]))
        yield from _unsealed()
        yield from verify_snapshots.problems(lambda id_, what: Problem(None, id_, what))

    def _read_signed(self, newest: str) -> Iterator[Problem]:
        with driver_connection(writes=False) as connection:
            notes = [note for (note,) in run(connection, CHECKPOINTS, {}).fetchall()]
        for note in (*notes, newest):
            try:
                self._signed.append(signed_note.read(note, self._trusted))
            except BadNote as error:
                yield Problem(None, "checkpoint", str(error))
        if not any(tree.size == self.size for tree in self._signed):
            yield Problem(None, "checkpoint", f"none is signed for the {self.size} entries of the ledger")
        try:
            self._signed += outside.read_checkpoints(self._trusted)
        except BadNote as error:
            yield Problem(None, "checkpoint outside of the database", str(error))
        self._signed.sort()
        for tree in self._signed:
            if tree.size > self.size:
                yield Problem(None, "", f"set back: {tree.size} entries were signed at {tree.at}, {self.size} are left")

    def _check_tree(self, frontier_hashes: bytes) -> Iterator[Problem]:
        frontier, nodes, allowed = Frontier(), _nodes(), self._allowed()
        for position, entry in self._entries():
            yield from self._check_signed(frontier)
            if entry is None:
                yield Problem(position, "", "the entry is missing")
                return
            yield from _check_entry(position, entry, allowed, self._floor)
            for height, place, hash_ in frontier.append(bytes(entry["leaf"])):
                if nodes.pop((height, place), None) != hash_:
                    yield Problem(position, "", f"a stored node contradicts the {1 << height} entries below it")
            self.checked += 1
        yield from self._check_signed(frontier)
        if frontier.hashes() != frontier_hashes:
            yield Problem(None, "", "the head of the ledger contradicts its entries")
        if beyond := [place for place in nodes if (place[1] + 1) << place[0] <= self.size]:
            yield Problem(None, "", f"{len(beyond)} stored nodes are of no entry")

    def _check_signed(self, frontier: Frontier) -> Iterator[Problem]:
        """Compare the tree with what was signed at its present size."""
        while self._signed and self._signed[0].size <= frontier.size:
            tree = self._signed.pop(0)
            self._floor = max(self._floor, tree.at - GRACE)
            if tree.root != frontier.root():
                yield Problem(tree.size - 1, "", f"the first {tree.size} entries are not those signed at {tree.at}")

    def _entries(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        for low in range(0, self.size, CHUNK):
            high = min(low + CHUNK, self.size)
            self._pulse()
            entries = {entry["position"]: entry for entry in _chunk(low, high)}
            yield from ((position, entries.get(position)) for position in range(low, high))

    def _allowed(self) -> Allowed:
        with driver_connection(writes=False) as connection:
            erased = {contact for (contact,) in run(connection, ERASED, {}).fetchall()}
            expired = {signup for (signup,) in run(connection, EXPIRED, {}).fetchall()}
        coarse_after, audit_after = self._ages
        now = utcnow()
        return Allowed(now - coarse_after, now - audit_after, frozenset(erased), frozenset(expired))


def _check_entry(position: int, entry: dict[str, Any], allowed: Allowed, floor: datetime) -> Iterator[Problem]:
    row = entry["row"]
    if row is None:
        yield Problem(position, _name(entry), "was deleted")
        return
    check = _event_problem if entry["audit_id"] is None else _audit_problem
    if what := check(entry, row, allowed):
        yield Problem(position, _name(entry), what)
    at = read_instant(row["at"])
    if at is not None and at < floor:
        yield Problem(position, _name(entry), f"back-dated: it says {at}, and stands behind a later checkpoint")


def _event_problem(entry: dict[str, Any], row: dict[str, Any], allowed: Allowed) -> str:
    personal, visit, salt = bytes(entry["personal_hash"]), bytes(entry["visit_hash"]), row["salt"]
    if leaf.event_leaf(row, personal, visit).leaf != bytes(entry["leaf"]):
        return "its header was changed"
    if salt is None and all(row[name] is None for name in PAYLOAD):
        is_allowed = row["contact_id"] in allowed.erased or (row["signup_id"] or 0) in allowed.expired
        was_empty = leaf.personal_hash(row) == personal and leaf.visit_hash(row) == visit
        return "" if is_allowed or was_empty else "its payload is gone, and nobody erased this contact"
    if salt is None or leaf.personal_hash(row) != personal:
        return "its payload was changed"
    if len(salt) > PERSONAL_SALT:
        return "" if leaf.visit_hash(row) == visit else "its IP address, browser or salt was changed"
    at = read_instant(row["at"])
    is_coarse = coarse_ip(row["ip"]) == row["ip"] and coarse_agent(row["agent"]) == row["agent"]
    if not is_coarse or (at and at > allowed.coarse_before):
        return "its IP address or browser was changed"
    return ""


def _audit_problem(entry: dict[str, Any], row: dict[str, Any], allowed: Allowed) -> str:
    personal = bytes(entry["personal_hash"])
    if leaf.audit_leaf(row, personal).leaf != bytes(entry["leaf"]):
        return "its header was changed"
    if row["salt"] is None:
        at = read_instant(row["at"])
        is_blank = not row["actor"] and not row["ip"] and not row["object"] and not leaf.as_document(row["detail"])
        return "" if is_blank and at and at < allowed.audit_before else "its payload is gone before its time"
    return "" if leaf.of_audit(row).personal == personal else "its payload was changed"


def _name(entry: dict[str, Any]) -> str:
    return f"audit entry {entry['audit_id']}" if entry["event_id"] is None else f"event {as_id(entry['event_id'])}"


def _chunk(low: int, high: int) -> list[dict[str, Any]]:
    """The entries from `low` to before `high`, each with the row it is of."""
    with driver_connection(writes=False) as connection:
        span = {"low": low, "high": high}
        entries = _rows(run(connection, ENTRIES, span))
        audit = {row["id"]: row for row in _rows(run(connection, AUDIT, span))} if _has_audit(entries) else {}
    for entry in entries:
        of_audit = entry["audit_id"] is not None
        entry["row"] = audit.get(entry["audit_id"]) if of_audit else (entry if entry["id"] is not None else None)
    return entries


def _has_audit(entries: list[dict[str, Any]]) -> bool:
    return any(entry["audit_id"] is not None for entry in entries)


def _nodes() -> dict[tuple[int, int], bytes]:
    with driver_connection(writes=False) as connection:
        rows = run(connection, NODES, {}).fetchall()
    return {(height, position): bytes(hash_) for height, position, hash_ in rows}


def _unsealed() -> Iterator[Problem]:
    with driver_connection(writes=False) as connection:
        ids = run(connection, UNSEALED, {"seconds": SEALED_WITHIN.total_seconds()}).fetchall()
    for (id_,) in ids:
        yield Problem(None, f"event {as_id(id_)}", "is not in the ledger, and is no new one")


def _rows(rows: Any) -> list[dict[str, Any]]:
    fetched = rows.fetchall()
    names = [column[0] for column in rows.description or ()]
    return [dict(zip(names, row, strict=True)) for row in fetched]
