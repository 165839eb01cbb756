"""What a leaf of the ledger commits to: an event's header in clear, and what is personal by salted hashes alone.

leaf = SHA-256(0x00 ‖ header ‖ SHA-256(personal hash ‖ visit hash)), and header and payloads are JSON as RFC 8785 writes
it, without members that are null. So a column that is added later changes no old leaf, an erasure leaves every leaf as
it was, and nobody can guess what was erased from its hash. `verify_receipt.py` does the same again, without this file.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from signup.access.audit import AuditEntry
from signup.consent.coarse_visit import coarse_agent, coarse_ip
from signup.consent.consent_event import GUARDED, SALT_BYTES, ConsentEvent
from signup.ledger.merkle import leaf_hash

PERSONAL_SALT = SALT_BYTES // 2
"""The first bytes of an event's salt; the rest belongs to the visit, and goes when that is coarsened."""
VISIT = ("agent", "ip")
AUDIT_HEADER = ("action", "at", "id", "list_id", "operator_id", "role")
AUDIT_PERSONAL = ("actor", "detail", "ip", "object")
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode

Row = Mapping[str, Any]
"""A row as hand-written SQL or the ORM gives it, by column."""


class Commitment(NamedTuple):
    """The hashes of one row: the leaf, and the two it is made from. Visit hash: empty for the audit trail."""

    leaf: bytes
    personal: bytes
    visit: bytes


def event_columns() -> tuple[str, ...]:
    """The columns of a consent event that a leaf is made from: all of them."""
    return tuple(column.name for column in ConsentEvent.__table__.columns)


def audit_columns() -> tuple[str, ...]:
    """The columns of an audit entry that a leaf is made from: all of them."""
    return tuple(column.name for column in AuditEntry.__table__.columns)


def of_event(row: Row) -> Commitment:
    """The hashes of a consent event whose payload is there."""
    return event_leaf(row, personal_hash(row), visit_hash(row))


def event_leaf(row: Row, personal: bytes, visit: bytes) -> Commitment:
    """The hashes of a consent event, by what is known of its payload."""
    return _commit(canonical(event_header(row)), personal, visit)


def of_audit(row: Row) -> Commitment:
    """The hashes of an audit entry whose payload is there."""
    payload = {name: row[name] for name in AUDIT_PERSONAL} | {"detail": as_document(row["detail"])}
    return audit_leaf(row, _salted(row["salt"], payload))


def audit_leaf(row: Row, personal: bytes) -> Commitment:
    """The hashes of an audit entry, by what is known of its payload."""
    header = {"of": "audit", **{name: row[name] for name in AUDIT_HEADER}, "at": as_time(row["at"])}
    return _commit(canonical(header), personal, b"")


def event_header(row: Row) -> dict[str, Any]:
    """The header of a consent event as its leaf has it."""
    values = {name: value for name in GUARDED if (value := row[name]) is not None}
    return values | {"of": "consent", "id": as_id(row["id"]), "at": as_time(row["at"])}


def personal_payload(row: Row) -> dict[str, Any]:
    """What the personal hash is made from: the visit in its coarse form, which outlasts the full one."""
    return {
        "address": row["address"],
        "agent": coarse_agent(row["agent"]),
        "answers": as_document(row["answers"]),
        "ip": coarse_ip(row["ip"]),
        "page": row["page"],
        "referrer": row["referrer"],
    }


def personal_hash(row: Row) -> bytes:
    """The hash of the personal payload and the first half of the salt."""
    return _salted((row["salt"] or b"")[:PERSONAL_SALT], personal_payload(row))


def visit_hash(row: Row) -> bytes:
    """The hash of IP and agent in full, and the second half of the salt."""
    return _salted((row["salt"] or b"")[PERSONAL_SALT:], {name: row[name] for name in VISIT})


def canonical(values: Mapping[str, Any]) -> bytes:
    """JSON as RFC 8785 writes it, without members that are null."""
    return _write(without_nulls(values)).encode(errors="surrogatepass")


def without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    """The members that a hash is made from."""
    return {name: value for name, value in values.items() if value is not None}


def as_id(value: UUID | str) -> str:
    """An id as 32 hex digits, from either engine."""
    return value.hex if isinstance(value, UUID) else value


def as_time(value: datetime | str) -> str:
    """A time as `2026-11-30T09:00:00.000Z`, from either engine."""
    if isinstance(value, str):
        return f"{value.replace(' ', 'T')}Z"
    return value.astimezone(UTC).replace(tzinfo=None).isoformat("T", "milliseconds") + "Z"


def as_document(value: Any) -> Any:
    """A JSON document, from either engine."""
    return json.loads(value) if isinstance(value, str) else value


def _commit(header: bytes, personal: bytes, visit: bytes) -> Commitment:
    return Commitment(leaf_hash(header + hashlib.sha256(personal + visit).digest()), personal, visit)


def _salted(salt: bytes | None, payload: Mapping[str, Any]) -> bytes:
    return hashlib.sha256((salt or b"") + canonical(payload)).digest()
