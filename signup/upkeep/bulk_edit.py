"""Many contacts changed at once: which, what of them, how far it is. Each value keeps its history and can be put back.

The row is the log entry and the job at once, claimed, leased and fenced like an import. Contacts are done by id, some
in each transaction, with the last id written down in it: whoever goes on after a crash does nobody twice.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Index, Select, String, case, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.audience.rule import EVERYONE, parse, to_content
from signup.audience.search import Search, conditions
from signup.broker import ring
from signup.clock import uuid7
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.value_change import Kind, Origin, ValueChange
from signup.db import Base, db, is_outage, now, plan_for_once, transaction
from signup.forms.unsubscribe import leave
from signup.jobs import OWNER, stopping

ACTOR = "bulk"
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
STEP = 500
AT_ONCE = 200
"""Up to so many are done while the operator waits."""
WAIT_SECONDS = 0.5
UNFINISHED = ("waiting", "running")

log = structlog.get_logger()


class Action(StrEnum):
    """What is done to each contact."""

    SET = "set"
    CLEAR = "clear"
    ADD = "add"
    """A choice, beside those a contact has."""
    REMOVE = "remove"
    UNSUBSCRIBE = "unsubscribe"


class _Lost(Exception):
    """The run is no longer ours."""


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
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    finished_at: Mapped[datetime | None]

    @property
    def can_undo(self) -> bool:
        """Whether values can be put back: people who left come back only by themselves."""
        is_idle = self.state not in UNFINISHED
        return self.action != Action.UNSUBSCRIBE and is_idle and not (self.task == "undo" and self.state == "done")

    def changed_to(self, value: Any) -> Any:
        """What becomes of a contact's value."""
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
    """What is meant, as a run keeps it: these contacts, or whoever a search finds."""
    if ids is not None:
        return {"ids": sorted(ids)}
    rules = {"rule": to_content(search.rule), "also": to_content(search.also)}
    return {"text": search.text, "list_id": search.list_id, "state": search.state, **rules}


def selected(selection: dict[str, Any]) -> Select[Any]:
    """The contacts' ids."""
    if "ids" in selection:
        return select(Contact.id).where(Contact.id.in_(selection["ids"]))
    rule, also = (parse(kept) if (kept := selection.get(name)) else EVERYONE for name in ("rule", "also"))
    search = Search(selection["text"], selection["list_id"], selection["state"], rule, also=also)
    query = select(Contact.id).where(*conditions(search))
    if search.list_id is not None:
        query = query.join(Subscription, Subscription.contact_id == Contact.id)
    return query


def begin(run: BulkEdit) -> None:
    """Write a run down with how many it means. Needs an open transaction; ring for it after."""
    plan_for_once()
    run.total = db.session.scalar(select(func.count()).select_from(selected(run.selection).subquery())) or 0
    run.last_id = db.session.scalar(select(func.max(Contact.id))) or 0
    db.session.add(run)
    db.session.flush()


def undo(run_id: int) -> bool:
    """Let the values be put back. Needs an open transaction; returns whether that may begin now."""
    idle = (BulkEdit.id == run_id, BulkEdit.state.not_in(UNFINISHED), BulkEdit.action != Action.UNSUBSCRIBE)
    goes_on = BulkEdit.task == "undo"
    fresh = {name: case((goes_on, getattr(BulkEdit, name)), else_=0) for name in ("rows", "changed", "at_id")}
    total = case((goes_on, BulkEdit.total), else_=BulkEdit.changed)
    values = fresh | {"total": total, "task": "undo", "state": "waiting", "attempt": 0, "finished_at": None}
    query = update(BulkEdit).where(*idle, ~(goes_on & (BulkEdit.state == "done"))).values(values)
    return db.session.execute(query.returning(BulkEdit.id)).first() is not None


def cancel(run_id: int) -> None:
    """End a run; what it has done stays, and can be put back. Needs an open transaction."""
    unfinished = (BulkEdit.id == run_id, BulkEdit.state.in_(UNFINISHED))
    ended = {"state": "cancelled", "owner": None, "lease_until": None, "finished_at": now()}
    db.session.execute(update(BulkEdit).where(*unfinished).values(ended))


def perform(_ids: list[int] | None = None) -> None:
    """The actor: do what waits. The ids only woke us."""
    while not stopping().is_set() and (run := _claim()):
        _work(run)


def run_now(run_id: int) -> BulkEdit:
    """Do the run in this process, or wait for the worker that was quicker; returns it as it ended."""
    if claimed := _claim(run_id):
        _work(claimed)
    while (run := _read(run_id)).state in UNFINISHED and not stopping().is_set():
        time.sleep(WAIT_SECONDS)
    return run


def sweep() -> None:
    """The chore: hand on what a dead worker left, ring for what waits."""
    crashed = BulkEdit.attempt >= MAX_ATTEMPTS
    outcome = {"state": case((crashed, "failed"), else_="waiting"), "finished_at": case((crashed, now()), else_=None)}
    expired = update(BulkEdit).where(BulkEdit.state == "running", BulkEdit.lease_until < now())
    with transaction():
        db.session.execute(expired.values(owner=None, lease_until=None, **outcome))
        waiting = list(db.session.scalars(select(BulkEdit.id).where(BulkEdit.state == "waiting")))
    if waiting:
        ring(ACTOR, *waiting)


def _read(run_id: int) -> BulkEdit:
    db.session.rollback()
    return db.session.get_one(BulkEdit, run_id, populate_existing=True)


def _claim(run_id: int | None = None) -> BulkEdit | None:
    first = select(BulkEdit.id).where(BulkEdit.state == "waiting").order_by(BulkEdit.id).limit(1)
    if run_id is not None:
        first = first.where(BulkEdit.id == run_id)
    free = first.with_for_update(skip_locked=True).scalar_subquery()
    taken = (
        update(BulkEdit)
        .where(BulkEdit.id == free, BulkEdit.state == "waiting")
        .values(state="running", owner=OWNER, attempt=BulkEdit.attempt + 1, lease_until=now(LEASE))
        .returning(BulkEdit)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    with transaction():
        run = db.session.scalar(taken)
        if run is not None:
            db.session.expunge(run)  # its fence must stay as it was claimed
    return run


def _work(run: BulkEdit) -> None:
    step: Callable[[BulkEdit], int] = _undo_some if run.task == "undo" else _edit_some
    try:
        while True:
            if stopping().is_set():
                _end(run, "waiting")
                return
            with transaction():
                done = step(run)
                progress = {"rows": run.rows, "changed": run.changed, "at_id": run.at_id, "lease_until": now(LEASE)}
                _note(run, progress)
                db.session.expunge_all()
            if not done:
                _end(run, "done", finished_at=now())
                return
    except _Lost:
        log.info("bulk.lost", run=run.id, attempt=run.attempt)
    except Exception as error:
        if is_outage(error):  # the lease will end, and the next worker go on
            raise
        log.exception("bulk.failed", run=run.id)
        _end(run, "failed", finished_at=now())


def _note(run: BulkEdit, progress: dict[str, Any]) -> None:
    if not _update(run, **progress):
        raise _Lost


def _end(run: BulkEdit, state: str, **values: Any) -> None:
    with transaction():
        _update(run, state=state, owner=None, lease_until=None, **values)


def _update(run: BulkEdit, **values: Any) -> bool:
    """Change a run if it is still ours: running, by this process, at this attempt."""
    ours = (
        BulkEdit.id == run.id,
        BulkEdit.state == "running",
        BulkEdit.owner == OWNER,
        BulkEdit.attempt == run.attempt,
    )
    changed = db.session.scalar(update(BulkEdit).where(*ours).values(**values).returning(BulkEdit.id))
    return changed is not None


def _edit_some(run: BulkEdit) -> int:
    """The next contacts; moves `run` on and returns how many there were."""
    plan_for_once()
    some = selected(run.selection).where(Contact.id > run.at_id, Contact.id <= run.last_id)
    ids = list(db.session.scalars(some.order_by(Contact.id).limit(STEP)))
    if not ids:
        return 0
    run.changed += _unsubscribe(run, ids) if run.action == Action.UNSUBSCRIBE else _change(run, ids)
    run.rows, run.at_id = run.rows + len(ids), ids[-1]
    return len(ids)


def _change(run: BulkEdit, ids: list[int]) -> int:
    origin, changed = Origin(Kind.BULK, run.id, run.actor), 0
    for contact in _held(ids):
        value = run.changed_to(contact.values.get(run.field))
        changed += bool(contact.change_answers({run.field: value}, origin))
    return changed


def _unsubscribe(run: BulkEdit, ids: list[int]) -> int:
    entries = select(Subscription.id).where(Subscription.contact_id.in_(ids)).order_by(Subscription.id)
    if list_id := run.value.get("list_id"):
        entries = entries.where(Subscription.list_id == list_id)
    return sum(leave(entry, "operator") for entry in db.session.scalars(entries).all())


def _undo_some(run: BulkEdit) -> int:
    """Put the next values back that still are as the run left them."""
    done = (ValueChange.kind == Kind.BULK, ValueChange.source_id == run.id, ValueChange.id > run.at_id)
    changes = list(db.session.scalars(select(ValueChange).where(*done).order_by(ValueChange.id).limit(STEP)))
    contacts = {one.id: one for one in _held([change.contact_id for change in changes])}
    for change in changes:
        contact = contacts.get(change.contact_id)
        if contact is not None and contact.values.get(change.field) == change.new:
            contact.change_answers({change.field: change.old}, Origin(Kind.BULK_UNDO, run.id, run.actor))
            run.changed += change.field == run.field
    run.rows += sum(change.field == run.field for change in changes)
    run.at_id = changes[-1].id if changes else run.at_id
    return len(changes)


def _held(ids: list[int]) -> list[Contact]:
    people = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update()
    return list(db.session.scalars(people.execution_options(populate_existing=True)))
