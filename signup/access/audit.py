"""The audit trail: what an operator did, to what, from where. Written in the same transaction and never changed."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import g, has_request_context, request
from sqlalchemy import Index, LargeBinary, Select, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.access.operator import Operator
from signup.consent.mailing_list import MailingList
from signup.consent.snapshot import digest
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.driver_sql import to_json

SALT_BYTES = 16
STRANGER, CONSOLE = "–", "console"
"""Who did it, where no operator did. Of a program, `g.program` says who."""


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
    salt: Mapped[bytes | None] = mapped_column(
        LargeBinary, default=lambda: secrets.token_bytes(SALT_BYTES), comment="goes with what is personal"
    )


def note(actor: Operator | None, action: str, what: str = "", **detail: Any) -> None:
    """Record that `actor` (None: a program, a stranger, the console) did `action` to `what`. Needs an open transaction.

    `list`, an id or a short name, says what list it was about; without, the one that the object of the address is of.
    """
    is_asked = has_request_context()
    nobody = g.get("program", STRANGER) if is_asked else CONSOLE
    entry = AuditEntry(operator_id=actor and actor.id, actor=actor.address if actor else nobody)
    entry.ip = request.remote_addr if is_asked else None
    entry.role = actor.role if actor else ""
    entry.action, entry.object, entry.detail = action, what[:120], detail
    entry.list_id = _list_id(detail.get("list"))
    db.session.add(entry)


def _list_id(given: Any) -> Any:
    if isinstance(given, str):
        return select(MailingList.id).where(MailingList.slug == given).scalar_subquery()
    if given is not None or not has_request_context():
        return given
    about, values = g.get("about"), request.view_args or {}
    lists = set(about.lists(values[about.argument]) or ()) if about and about.argument in values else set()
    return lists.pop() if len(lists) == 1 else None


@dataclass(frozen=True)
class AuditFilter:
    """A filter of the trail. Empty values filter nothing. `until` is the first instant that is left out."""

    operator_id: int | None = None
    actor: str = ""
    action: str = ""
    object: str = ""
    list_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    lists: frozenset[int] | None = None
    """The lists whose entries may be seen, besides entries about no list. None: all lists."""

    def query(self) -> Select[AuditEntry]:
        """The entries that pass the filter, the newest first."""
        query = select(AuditEntry).order_by(AuditEntry.id.desc())
        for column, value in (
            (AuditEntry.operator_id, self.operator_id),
            (AuditEntry.actor, self.actor),
            (AuditEntry.action, self.action),
            (AuditEntry.list_id, self.list_id),
        ):
            if value not in {None, ""}:
                query = query.where(column == value)
        if self.lists is not None:
            query = query.where(or_(AuditEntry.list_id.is_(None), AuditEntry.list_id.in_(self.lists)))
        if self.object:
            query = query.where(AuditEntry.object.startswith(self.object, autoescape=True))
        if self.since:
            query = query.where(AuditEntry.at >= self.since)
        return query.where(AuditEntry.at < self.until) if self.until else query

    def told(self) -> dict[str, Any]:
        """The filter as the log records it: what was asked for, and about whom."""
        asked = {name: value for name, value in asdict(self).items() if name != "lists"}
        return {name: str(value) for name, value in asked.items() if value not in {None, ""}}


COLUMNS = ("at", "actor", "role", "ip", "action", "object", "list", "changed", "before", "after", "detail")


def cells(entry: AuditEntry, lists: Mapping[int, str]) -> list[str]:
    """An entry as a line of a CSV file, in the order of `COLUMNS`; `lists` has the lists' names by id."""
    rest = {name: value for name, value in entry.detail.items() if name not in {"changed", "before", "after"}}
    return [
        entry.at.isoformat(timespec="milliseconds"),
        entry.actor,
        entry.role,
        entry.ip or "",
        entry.action,
        entry.object,
        lists.get(entry.list_id or 0, ""),
        " ".join(map(str, entry.detail.get("changed", ()))),
        str(entry.detail.get("before", "")),
        str(entry.detail.get("after", "")),
        to_json(rest) if rest else "",
    ]


def list_names() -> dict[int, str]:
    """The short names of all lists, by id."""
    return {row.id: row.slug for row in db.session.execute(select(MailingList.id, MailingList.slug))}


def change(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What changed, by name, with a digest of the value before and after: this proves a change without repeating it."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {"changed": names, "before": _digest(before), "after": _digest(after)}


def _digest(values: Mapping[str, Any]) -> str:
    return digest(to_json({name: str(values[name]) for name in sorted(values)}))[:16]
