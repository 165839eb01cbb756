"""A bulk edit: which contacts, which change, how far it is. Each value keeps its history and can be restored.

The row is the log entry and the job at once; the work is in `bulk_work`.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, String, case, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.audience.rule import EVERYONE, parse, to_content
from signup.audience.search import Search, conditions
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.query_planning import plan_for_once

UNFINISHED = ("waiting", "running")


class Action(StrEnum):
    """What the bulk edit does to each contact."""

    SET = "set"
    CLEAR = "clear"
    ADD = "add"
    """Adds a choice to those that a contact has."""
    REMOVE = "remove"
    TAG = "tag"
    UNTAG = "untag"
    UNSUBSCRIBE = "unsubscribe"
    ERASE = "erase"
    """Deletes the contacts for good (`signup.privacy.erase`)."""


OF_TAGS = (Action.TAG, Action.UNTAG)
FOR_GOOD = (Action.UNSUBSCRIBE, Action.ERASE)
"""What cannot be undone."""
OBJECTED = "objected"
"""Under this name the value of an erasure says whether its people never want email again."""


class BulkEdit(Base):
    """One change to many contacts."""

    __tablename__ = "bulk_edit"
    __table_args__ = (Index("ix_bulk_edit_state", "state"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    actor: Mapped[str] = mapped_column(String(254))
    operator_id: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(12))
    field: Mapped[str] = mapped_column(String(60), default="", comment="an answer's key, @name or @language")
    value: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="under `to`; of an unsubscribe the list's id")
    selection: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="ids, or the search that found them")
    last_id: Mapped[int] = mapped_column(comment="the newest contact when it began: later ones are not meant")
    task: Mapped[str] = mapped_column(String(6), default="edit", comment="edit or undo")
    state: Mapped[str] = mapped_column(String(10), default="waiting", comment="as of an import")
    total: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int] = mapped_column(default=0, comment="looked at so far")
    changed: Mapped[int] = mapped_column(default=0)
    at_id: Mapped[int] = mapped_column(default=0, comment="the last one done: where a next worker goes on")
    attempt: Mapped[int] = mapped_column(default=0)
    stumbles: Mapped[int] = mapped_column(default=0, server_default="0", comment="claims in a row that came no further")
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    finished_at: Mapped[datetime | None]

    @property
    def can_undo(self) -> bool:
        """Whether values can be restored. People who were unsubscribed or erased come back only by themselves."""
        is_idle = self.state not in UNFINISHED
        return self.action not in FOR_GOOD and is_idle and not (self.task == "undo" and self.state == "done")

    def changed_to(self, value: Any) -> Any:
        """The new value of a contact."""
        to = self.value.get("to")
        match Action(self.action):
            case Action.ADD | Action.REMOVE:
                had = value if isinstance(value, list) else []
                kept = [one for one in had if one != to]
                return (had if to in had else [*had, to]) if self.action == Action.ADD else kept or None
            case Action.CLEAR:
                return None
            case _:
                return to


def selection_of(search: Search, ids: list[int] | None = None) -> dict[str, Any]:
    """The selection as a bulk edit stores it: these contacts, or those that a search finds."""
    if ids is not None:
        return {"ids": sorted(ids)}
    rules = {"rule": to_content(search.rule), "also": to_content(search.also)}
    own = {"text": search.text, "list_id": search.list_id, "state": search.state, "tests": search.tests}
    return {**own, "hidden": sorted(search.hidden), **rules}


def selected(selection: dict[str, Any]) -> Select[Any]:
    """The ids of the selected contacts."""
    if "ids" in selection:
        return select(Contact.id).where(Contact.id.in_(selection["ids"]))
    rule, also = (parse(kept) if (kept := selection.get(name)) else EVERYONE for name in ("rule", "also"))
    search = Search(selection["text"], selection["list_id"], selection["state"], rule, also=also)
    search = replace(search, tests=bool(selection.get("tests")), hidden=frozenset(selection.get("hidden", ())))
    query = select(Contact.id).where(*conditions(search))
    if search.list_id is not None:
        query = query.join(Subscription, Subscription.contact_id == Contact.id)
    return query


def begin(run: BulkEdit) -> None:
    """Store a bulk edit with the number of its contacts. Needs an open transaction; ring after it."""
    plan_for_once()
    run.total = db.session.scalar(select(func.count()).select_from(selected(run.selection).subquery())) or 0
    run.last_id = db.session.scalar(select(func.max(Contact.id))) or 0
    db.session.add(run)
    db.session.flush()


def undo(run_id: int) -> bool:
    """Ask for the values to be restored. Returns whether that can begin now. Needs an open transaction."""
    idle = (BulkEdit.id == run_id, BulkEdit.state.not_in(UNFINISHED), BulkEdit.action.not_in(FOR_GOOD))
    goes_on = BulkEdit.task == "undo"
    fresh = {name: case((goes_on, getattr(BulkEdit, name)), else_=0) for name in ("rows", "changed", "at_id")}
    total = case((goes_on, BulkEdit.total), else_=BulkEdit.changed)
    values = fresh | {"total": total, "task": "undo", "state": "waiting", "attempt": 0, "finished_at": None}
    query = update(BulkEdit).where(*idle, ~(goes_on & (BulkEdit.state == "done"))).values(values)
    return db.session.execute(query.returning(BulkEdit.id)).first() is not None


def cancel(run_id: int) -> None:
    """Stop a bulk edit. What it has done stays, and can be restored. Needs an open transaction."""
    unfinished = (BulkEdit.id == run_id, BulkEdit.state.in_(UNFINISHED))
    ended = {"state": "cancelled", "owner": None, "lease_until": None, "finished_at": now()}
    db.session.execute(update(BulkEdit).where(*unfinished).values(ended))
