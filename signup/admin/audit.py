"""The audit trail: what an operator did, to what, from where. Written in the transaction that did it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.admin.operator import Operator
from signup.consent.snapshot import digest
from signup.db import Base, db, now, to_json


class AuditEntry(Base):
    """One action. `detail` holds digests and counts, never personal data."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_list_id_id", "list_id", "id"),
        Index("ix_audit_entry_action_id", "action", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=now())
    operator_id: Mapped[int | None] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(16), default="")
    ip: Mapped[str | None] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(40))
    object: Mapped[str] = mapped_column(String(120), default="")
    list_id: Mapped[int | None] = mapped_column(comment="the list it was about, if any")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


def note(actor: Operator | None, action: str, what: str = "", **detail: Any) -> None:
    """Write down that `actor` (None: a stranger) did `action` to `what`. Needs an open transaction."""
    entry = AuditEntry(operator_id=actor and actor.id, actor=actor.address if actor else "–", ip=request.remote_addr)
    entry.role = actor.role if actor else ""
    entry.action, entry.object, entry.detail = action, what[:120], detail
    db.session.add(entry)


def change(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What differs, by name, with a digest of either side: proves a change without repeating it."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {"changed": names, "before": _digest(before), "after": _digest(after)}


def _digest(values: Mapping[str, Any]) -> str:
    return digest(to_json({name: str(values[name]) for name in sorted(values)}))[:16]
