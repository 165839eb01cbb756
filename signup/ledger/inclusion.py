"""Proofs for single entries: the path from a leaf to the root that a checkpoint signs."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from signup.ground.driver_sql import driver_connection, first_by_name, run, uuid_param
from signup.ledger import leaf
from signup.ledger.merkle import Tree
from signup.ledger.seal_sql import HEAD

_ENTRY = "SELECT position, leaf, personal_hash, visit_hash FROM ledger_entry WHERE event_id = :id"
_LEAVES = "SELECT leaf FROM ledger_entry WHERE position >= :first AND position < :end ORDER BY position"
_NODES = """
    SELECT hash FROM ledger_node
    WHERE height = :height AND position >= :first AND position < :end ORDER BY position
"""


class Inclusion(NamedTuple):
    """An event's place in the ledger, its hashes, and the path from its leaf to the root of a checkpoint."""

    position: int
    leaf: bytes
    personal_hash: bytes
    visit_hash: bytes
    path: list[bytes]


class LedgerView:
    """The ledger as its newest checkpoint signs it; all proofs of one view lead to that checkpoint."""

    def __init__(self) -> None:
        with driver_connection(writes=False) as connection:
            head = first_by_name(run(connection, HEAD, {}))
        self.note = str(head["note"]) if head else ""
        self._tree = Tree(head["size"] if head else 0, _read)

    @property
    def size(self) -> int:
        return self._tree.size

    def inclusion(self, event_ids: Iterable[UUID]) -> dict[UUID, Inclusion]:
        """The proofs of these events; one that was not sealed when the checkpoint was signed has none yet."""
        found = {}
        for event_id in event_ids:
            with driver_connection(writes=False) as connection:
                row = first_by_name(run(connection, _ENTRY, {"id": uuid_param(event_id)}))
            if row is not None and row["position"] < self.size:
                leaf_, personal, visit = (bytes(row[name]) for name in ("leaf", "personal_hash", "visit_hash"))
                path = self._tree.inclusion(row["position"])
                found[event_id] = Inclusion(row["position"], leaf_, personal, visit, path)
        return found

    def consistency(self, first: int) -> list[bytes]:
        """The proof that the ledger of `first` entries is the beginning of this one."""
        return self._tree.consistency(first)


def sealed_event(row: leaf.Row, proof: Inclusion) -> dict[str, Any]:
    """What `verify_receipt.py` needs of one event: the header, what is left of the payload and its salts, the path."""
    salt, is_there = row["salt"] or b"", row["salt"] is not None
    visit = {name: row[name] for name in leaf.VISIT} if len(salt) > leaf.PERSONAL_SALT else None
    return {
        "header": leaf.without_nulls(leaf.event_header(row)),
        "personal": leaf.without_nulls(leaf.personal_payload(row)) if is_there else None,
        "personal_salt": salt[: leaf.PERSONAL_SALT].hex(),
        "personal_hash": proof.personal_hash.hex(),
        "visit": None if visit is None else leaf.without_nulls(visit),
        "visit_salt": salt[leaf.PERSONAL_SALT :].hex(),
        "visit_hash": proof.visit_hash.hex(),
        "leaf": proof.leaf.hex(),
        "position": proof.position,
        "path": [step.hex() for step in proof.path],
    }


def _read(height: int, first: int, count: int) -> list[bytes]:
    statement = _NODES if height else _LEAVES
    span = {"first": first, "end": first + count, **({"height": height} if height else {})}
    with driver_connection(writes=False) as connection:
        return [bytes(hash_) for (hash_,) in run(connection, statement, span).fetchall()]
