"""Does bulk edits: claimed, leased and fenced like imports, by a worker or at once.

Contacts are done by id, some in each transaction, with the last id written down in it: whoever goes on after a crash
does nobody twice.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import case, select, update

from signup.bulk.bulk_edit import OBJECTED, OF_TAGS, UNFINISHED, Action, BulkEdit, selected
from signup.consent.given_values import correct, hold
from signup.consent.subscription import Subscription, leave
from signup.contacts.contact import Contact
from signup.contacts.tag import find_tag, put_on, take_off
from signup.contacts.value_change import ChangeKind, ChangeOrigin, ValueChange
from signup.ground.broker import ring
from signup.ground.db import db, is_outage, transaction
from signup.ground.dialect import now
from signup.ground.errors import LegallyHeld
from signup.ground.jobs import OWNER, claim, stopping
from signup.ground.query_planning import plan_for_once
from signup.privacy import traces
from signup.privacy.erase import ErasureOrder, erase

ACTOR = "bulk"
LEASE = timedelta(seconds=60)
MAX_STUMBLES = 5
STEP = 500
ERASE_STEP = 20
"""An erasure looks for each person in every table and folder."""
AT_ONCE = 200
"""Up to so many contacts are changed while the operator waits."""
WAIT_SECONDS = 0.5

log = structlog.get_logger()


class _TakenOver(Exception):
    """Another process has taken the bulk edit over."""


def perform(_ids: list[int] | None = None) -> None:
    """The actor: do the bulk edits that wait. The ids only wake it."""
    while not stopping().is_set() and (run := _claim()):
        _work(run)


def run_now(run_id: int) -> BulkEdit:
    """Do the bulk edit in this process, or wait for the worker that has it. Returns it at its end."""
    if claimed := _claim(run_id):
        _work(claimed)
    while (run := _read(run_id)).state in UNFINISHED and not stopping().is_set():
        time.sleep(WAIT_SECONDS)
    return run


def _claim(run_id: int | None = None) -> BulkEdit | None:
    return claim(BulkEdit, LEASE, run_id, stumbles=BulkEdit.stumbles + 1)


def sweep() -> None:
    """The chore: release what a dead worker held, and ring for what waits."""
    crashed = BulkEdit.stumbles >= MAX_STUMBLES
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


def _work(run: BulkEdit) -> None:
    step: Callable[[BulkEdit], int] = _undo_some if run.task == "undo" else _edit_some
    try:
        while True:
            if stopping().is_set():
                _end(run, "waiting", stumbles=0)
                return
            with transaction():
                done = step(run)
                progress: dict[str, Any] = {"rows": run.rows, "changed": run.changed, "at_id": run.at_id}
                progress |= {"lease_until": now(LEASE), "stumbles": 0}
                _note(run, progress)
                db.session.expunge_all()
            if not done:
                if run.action == Action.ERASE:
                    traces.wipe()
                    _end(run, "done", finished_at=now(), selection={"ids": []})
                else:
                    _end(run, "done", finished_at=now())
                return
    except _TakenOver:
        log.info("bulk.lost", run=run.id, attempt=run.attempt)
    except Exception as error:
        if is_outage(error):  # the lease will end, and the next worker go on
            raise
        log.exception("bulk.failed", run=run.id)
        _end(run, "failed", finished_at=now())


def _note(run: BulkEdit, progress: dict[str, Any]) -> None:
    if not _update(run, **progress):
        raise _TakenOver


def _end(run: BulkEdit, state: str, **values: Any) -> None:
    with transaction():
        _update(run, state=state, owner=None, lease_until=None, **values)


def _update(run: BulkEdit, **values: Any) -> bool:
    """Update a bulk edit that this process still has: running, at the same attempt."""
    ours = (
        BulkEdit.id == run.id,
        BulkEdit.state == "running",
        BulkEdit.owner == OWNER,
        BulkEdit.attempt == run.attempt,
    )
    changed = db.session.scalar(update(BulkEdit).where(*ours).values(**values).returning(BulkEdit.id))
    return changed is not None


def _edit_some(run: BulkEdit) -> int:
    """Change the next contacts and move `run` on. Returns how many there were."""
    plan_for_once()
    some = selected(run.selection).where(Contact.id > run.at_id, Contact.id <= run.last_id)
    step = ERASE_STEP if run.action == Action.ERASE else STEP
    ids = list(db.session.scalars(some.order_by(Contact.id).limit(step)))
    if not ids:
        return 0
    run.changed += DOES.get(Action(run.action), _change)(run, ids)
    run.rows, run.at_id = run.rows + len(ids), ids[-1]
    return len(ids)


def _change(run: BulkEdit, ids: list[int]) -> int:
    origin, changed = ChangeOrigin(ChangeKind.BULK, run.id, run.actor), 0
    cards = _locked_subscriptions(ids)
    for contact in _locked_contacts(ids):
        value = run.changed_to(contact.values.get(run.field))
        changed += bool(correct(contact, cards[contact.id], {run.field: value}, origin))
    return changed


def _tag(run: BulkEdit, ids: list[int]) -> int:
    return put_on(find_tag(run.value["to"]), _ids_locked(ids), ChangeOrigin(ChangeKind.BULK, run.id, run.actor))


def _untag(run: BulkEdit, ids: list[int]) -> int:
    return take_off(find_tag(run.value["to"]), _ids_locked(ids), ChangeOrigin(ChangeKind.BULK, run.id, run.actor))


def _ids_locked(ids: list[int]) -> list[int]:
    return [contact.id for contact in _locked_contacts(ids)]


def _unsubscribe(run: BulkEdit, ids: list[int]) -> int:
    entries = select(Subscription.id).where(Subscription.contact_id.in_(ids)).order_by(Subscription.id)
    if list_id := run.value.get("list_id"):
        entries = entries.where(Subscription.list_id == list_id)
    return sum(leave(entry, "operator") for entry in db.session.scalars(entries).all())


def _erase(run: BulkEdit, ids: list[int]) -> int:
    """Erase these contacts but those on legal hold; returns how many people that were."""
    order, done = ErasureOrder("operator", bool(run.value.get(OBJECTED))), 0
    for contact_id in ids:
        address = db.session.scalar(select(Contact.address_key).where(Contact.id == contact_id))
        with suppress(LegallyHeld):
            done += bool(address and erase(address, order).contacts)  # a part of somebody before is gone already
    return done


DOES: dict[Action, Callable[[BulkEdit, list[int]], int]] = {
    Action.TAG: _tag,
    Action.UNTAG: _untag,
    Action.UNSUBSCRIBE: _unsubscribe,
    Action.ERASE: _erase,
}
"""What is done to some contacts, where it is no change of a value; each returns how many it changed."""


def _undo_some(run: BulkEdit) -> int:
    """Restore the next values that are still as the bulk edit left them."""
    done = (ValueChange.kind == ChangeKind.BULK, ValueChange.source_id == run.id, ValueChange.id > run.at_id)
    changes = list(db.session.scalars(select(ValueChange).where(*done).order_by(ValueChange.id).limit(STEP)))
    ids = [change.contact_id for change in changes]
    if run.action in OF_TAGS:
        return _undo_tags(run, changes)
    cards = _locked_subscriptions(ids)
    contacts = {one.id: one for one in _locked_contacts(ids)}
    for change in changes:
        contact = contacts.get(change.contact_id)
        if contact is not None and contact.values.get(change.field) == change.new:
            origin = ChangeOrigin(ChangeKind.BULK_UNDO, run.id, run.actor)
            correct(contact, cards[contact.id], {change.field: change.old}, origin)
            run.changed += change.field == run.field
    run.rows += sum(change.field == run.field for change in changes)
    run.at_id = changes[-1].id if changes else run.at_id
    return len(changes)


def _undo_tags(run: BulkEdit, changes: list[ValueChange]) -> int:
    """Take the tag off those who got it, or give it back to those who had it."""
    undo = take_off if run.action == Action.TAG else put_on
    people = _ids_locked([change.contact_id for change in changes])
    run.changed += undo(find_tag(run.value["to"]), people, ChangeOrigin(ChangeKind.BULK_UNDO, run.id, run.actor))
    run.rows += len(changes)
    run.at_id = changes[-1].id if changes else run.at_id
    return len(changes)


def _locked_subscriptions(ids: list[int]) -> defaultdict[int, list[Subscription]]:
    """The contacts' subscriptions, locked before the contacts."""
    found: defaultdict[int, list[Subscription]] = defaultdict(list)
    for entry in hold(ids):
        found[entry.contact_id].append(entry)
    return found


def _locked_contacts(ids: list[int]) -> list[Contact]:
    people = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update()
    return list(db.session.scalars(people.execution_options(populate_existing=True)))
