"""Undoes an import, some rows at a time: contacts that it added are deleted, changed ones are as before.

What people did since stays: a sign-up, an answer changed, an unsubscribe. Such rows are kept, and counted as kept. The
consent events stay as they are, without their personal payload for people who go: the proof is append-only.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, true, update

from signup.consent.consent_event import PAYLOAD, ConsentEvent, ConsentType
from signup.consent.subscription import Subscription, TimedState, read_time, settle_standing, stand_as
from signup.consent.tracking import TrackingConsent
from signup.contacts.contact import Contact
from signup.contacts.legal_hold import is_held
from signup.contacts.value_change import LANGUAGE, NAME, ChangeKind, ChangeOrigin
from signup.counts import tally
from signup.counts.event import Event
from signup.counts.tally import Measure
from signup.duplicates.merge import ContactMerge
from signup.files.import_run import UNDONE, WRITTEN, ImportOutcome, ImportRow, ImportRun
from signup.ground.db import db
from signup.imports.import_change import ContactAfter, ContactBefore
from signup.mailer.message import Message
from signup.signups.signup import Signup

STEP_ROWS = 500


@dataclass
class _Undoing:
    """One row with what it changed, and how that stands now."""

    row: ImportRow
    contact: Contact | None
    subscription: Subscription | None
    is_used: bool
    """Something else stands on the contact: a sign-up, a mail, another import, another list. For who works with some
    lists: of this list."""
    is_shared: bool = False
    """Another list has the contact by now."""


def step(run: ImportRun) -> Counter[str]:
    """Undo the rows before `run.line`, the last first, and move it. In an open transaction; returns how many."""
    rows = list(
        db.session.scalars(
            select(ImportRow)
            .where(ImportRow.run_id == run.id, ImportRow.outcome.in_(WRITTEN), ImportRow.undo.is_(None))
            .where(ImportRow.line < run.line if run.line else true())
            .order_by(ImportRow.line.desc())
            .limit(STEP_ROWS)
        )
    )
    done: Counter[str] = Counter()
    counts: list[dict[str, Any]] = []
    gone: list[_Undoing] = []
    for one in _look(run, rows):
        why = _take_back(run, one, counts)
        one.row.undo, one.row.reason = ("kept", why) if why else (UNDONE, "")
        done[one.row.undo] += 1
        if not why and one.row.outcome == ImportOutcome.CREATED and not one.is_shared:
            gone.append(one)
    db.session.flush()
    _delete(run, gone)
    tally.count(_summed(counts))
    db.session.flush()
    run.line = rows[-1].line if rows else run.line
    db.session.expunge_all()
    return done


def _look(run: ImportRun, rows: list[ImportRow]) -> list[_Undoing]:
    ids = [row.contact_id for row in rows]
    # The subscription before its contact, as confirming and unsubscribing lock them.
    held = select(Subscription).where(Subscription.contact_id.in_(ids)).order_by(Subscription.id)
    found = db.session.scalars(held.with_for_update(of=Subscription).execution_options(populate_existing=True))
    subscriptions: dict[int, list[Subscription]] = {}
    for one in found.unique():
        subscriptions.setdefault(one.contact_id, []).append(one)
    people = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update()
    contacts = {one.id: one for one in db.session.scalars(people.execution_options(populate_existing=True))}
    used, looked = _used(run, ids), []
    for row in rows:
        entries = subscriptions.get(row.contact_id or 0, [])
        own = next((entry for entry in entries if entry.list_id == run.list_id), None)
        is_shared = any(entry.list_id != run.list_id for entry in entries)
        is_used = row.contact_id in used or (is_shared and not run.is_bounded)
        looked.append(_Undoing(row, contacts.get(row.contact_id or 0), own, is_used, is_shared))
    return looked


def _used(run: ImportRun, ids: list[int | None]) -> set[int | None]:
    other = and_(
        ImportRow.contact_id == Contact.id,
        ImportRow.run_id != run.id,
        ImportRow.outcome.in_(WRITTEN),
        or_(ImportRow.undo.is_(None), ImportRow.undo != UNDONE),
    )
    asked, mailed = Signup.contact_id == Contact.id, Message.contact_id == Contact.id
    if run.is_bounded:  # what other lists did with the contact is not told by what an undo leaves
        own_runs = select(ImportRun.id).where(ImportRun.list_id == run.list_id)
        asked, mailed = and_(asked, Signup.list_id == run.list_id), and_(mailed, Message.list_id == run.list_id)
        other = and_(other, ImportRow.run_id.in_(own_runs))
    stands_on = or_(
        exists().where(asked),
        exists().where(mailed),
        exists().where(or_(ContactMerge.survivor_id == Contact.id, ContactMerge.gone_id == Contact.id)),
        exists().where(other),
        exists().where(TrackingConsent.contact_id == Contact.id),
        is_held(),
    )
    return set(db.session.scalars(select(Contact.id).where(Contact.id.in_(ids), stands_on)))


USED, MOVED, CHANGED = "kept-used", "kept-state", "kept-values"


def _take_back(run: ImportRun, one: _Undoing, counts: list[dict[str, Any]]) -> str:
    """Undo one row; why something of it had to stay, else nothing."""
    contact, subscription, change = one.contact, one.subscription, one.row.change or {}
    if contact is None or subscription is None:
        return "" if contact is None else MOVED
    after: ContactAfter = change["after"]
    is_ours = subscription.state == after["state"]
    if one.row.outcome == ImportOutcome.CREATED:
        if one.is_used or not is_ours:
            return USED if one.is_used else MOVED
        is_gone = _leave_to_others(run, one, counts) if one.is_shared else _forget(run, one, after, counts)
        return "" if is_gone else CHANGED
    before: ContactBefore = change["before"]
    whole = _restore(run, contact, before, after) & _restore_card(subscription, before, after)
    changed = "" if whole else CHANGED
    if one.row.outcome == ImportOutcome.UPDATED and before["state"] == after["state"]:
        return changed
    if not is_ours or (one.row.outcome == ImportOutcome.JOINED and _has_signup(subscription)):
        return USED if is_ours else MOVED
    if one.row.outcome == ImportOutcome.JOINED:
        _remove(run, subscription, counts)
    else:
        counts += stand_as(subscription, TimedState.read(before, "state_confirmed_at"))
    _note(run, contact, contact.address)
    contact.confirmed_at = read_time(before["confirmed_at"])
    counts += settle_standing(contact)
    return changed


def _forget(run: ImportRun, one: _Undoing, after: ContactAfter, counts: list[dict[str, Any]]) -> bool:
    """Take somebody out whom nothing but this import brought; False where their values are not as it left them."""
    contact, subscription = one.contact, one.subscription
    if contact is None or subscription is None:
        return False
    if (contact.name, contact.language, contact.answers) != (after["name"], after["language"], after["answers"]):
        return False
    counts.append({"measure": Measure.STANDING + contact.standing, "n": -1})
    counts += _off_the_list(run, subscription)
    return True


def _leave_to_others(run: ImportRun, one: _Undoing, counts: list[dict[str, Any]]) -> bool:
    """Take somebody off the list whom another list has by now: there they stay, with what is known of them."""
    if one.contact is None or one.subscription is None:
        return False
    _remove(run, one.subscription, counts)
    _note(run, one.contact, one.contact.address)
    counts += settle_standing(one.contact)
    return True


def _delete(run: ImportRun, gone: list[_Undoing]) -> None:
    """Delete whom `_forget` let go, all together; of their proof only what is not personal stays."""
    ids = [one.row.contact_id for one in gone]
    mine = (ConsentEvent.contact_id.in_(ids), ConsentEvent.id.in_([one.row.event_id for one in gone]))
    quick = {"synchronize_session": False}
    on_list = delete(Subscription).where(Subscription.contact_id.in_(ids), Subscription.list_id == run.list_id)
    db.session.execute(on_list, execution_options=quick)
    db.session.execute(delete(Event).where(Event.contact_id.in_(ids)), execution_options=quick)
    db.session.execute(update(ConsentEvent).where(*mine).values(dict.fromkeys(PAYLOAD)), execution_options=quick)
    db.session.execute(delete(Contact).where(Contact.id.in_(ids)), execution_options=quick)
    for one in gone:
        if one.contact:
            _note(run, one.contact, None)


def _restore(run: ImportRun, contact: Contact, before: ContactBefore, after: ContactAfter) -> bool:
    """Put back what still is as the import left it; False where somebody changed it since."""
    sides = {
        "name": (before["name"], after["name"]),
        "language": (before["language"], after["language"]),
        "answers": (before["answers"], after["answers"]),
    }
    changed = {name for name, (was, became) in sides.items() if was != became}
    free = {name for name in changed if getattr(contact, name) == sides[name][1]}
    values = {name: sides[name][0] if name in free else getattr(contact, name) for name in ("name", "language")}
    answers = dict.fromkeys(contact.answers) | before["answers"] if "answers" in free else {}
    changes = {**answers, NAME: values["name"], LANGUAGE: values["language"]}
    contact.change_answers(changes, ChangeOrigin(ChangeKind.IMPORT_UNDO, run.id))
    if "name" in free:
        contact.name_key = before["name_key"]
    return free == changed


def _restore_card(subscription: Subscription, before: ContactBefore, after: ContactAfter) -> bool:
    """Put the list's card back; False where something was given since."""
    card = before.get("given")
    if card is None or card == after["given"]:  # the list had no card: it goes as a whole
        return True
    is_ours: bool = subscription.given == after["given"]
    if is_ours:
        subscription.given = card
    return is_ours


def _remove(run: ImportRun, subscription: Subscription, counts: list[dict[str, Any]]) -> None:
    counts += _off_the_list(run, subscription)
    db.session.delete(subscription)


def _off_the_list(run: ImportRun, subscription: Subscription) -> list[dict[str, Any]]:
    measures = (Measure.IN_STATE + subscription.state, Measure.IMPORTED)
    return [{"list_id": run.list_id, "measure": measure, "n": -1} for measure in measures]


def _has_signup(subscription: Subscription) -> bool:
    asked = select(Signup.id).where(
        Signup.contact_id == subscription.contact_id, Signup.list_id == subscription.list_id
    )
    return db.session.execute(asked.limit(1)).first() is not None


def _note(run: ImportRun, contact: Contact, address: str | None) -> None:
    kind = ConsentType.ERASED if address is None else ConsentType.CORRECTED
    event = ConsentEvent(type=kind, contact_id=contact.id, list_id=run.list_id, method="import-undo")
    event.locale, event.address = contact.language, address
    if address is None:
        event.salt = None
    db.session.add(event)


def _summed(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: Counter[tuple[int, str]] = Counter()
    for row in counts:
        sums[row.get("list_id", 0), str(row["measure"])] += row.get("n", 1)
    return [{"list_id": list_id, "measure": measure, "n": n} for (list_id, measure), n in sums.items() if n]
