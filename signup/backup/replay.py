"""After a restore: everybody who left since the backup leaves again, before anybody is mailed.

It may run twice, and goes on where it died: what is already so stays.
"""

from collections import Counter
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, delete, select, update

from signup.access import audit
from signup.backup.database_copy import PENDING
from signup.campaigns.lifecycle import hold_all
from signup.consent import tracking
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.partner import purpose_of
from signup.consent.subscription import Subscription, SubscriptionState, leave
from signup.consent.suppression import Suppression
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction, upsert
from signup.ground.dialect import now
from signup.ground.errors import LegallyHeld
from signup.ground.jobs import Beat
from signup.ground.urls import settings
from signup.ledger import journal, outside, seal
from signup.ledger.journal import Withdrawal
from signup.mailer.message import Message, MessageState
from signup.privacy import traces
from signup.privacy.erase import ErasureOrder, erase
from signup.signups import co_registration
from signup.signups.signup import Signup, SignupState

METHOD = "restore"
MAYBE_SENT = "restored from a backup: what went out after it is not known, and would go a second time"
OVERLAP = timedelta(minutes=10)
"""A transaction may have begun before the backup and ended after it."""

log = structlog.get_logger()


def finish(begun: datetime, stamp: str) -> Counter[str]:
    """Replay the journal since the backup, then let mails go. Returns how many of what."""
    folder, done = settings().outside_folder, Counter[str]()
    for stopped in journal.read_stopped(folder, begun - OVERLAP):
        with transaction():
            row = upsert(Suppression).values(address_hash=stopped.hash, reason=stopped.reason).on_conflict_do_nothing()
            done["stop list"] += db.session.execute(row).rowcount  # type: ignore[attr-defined]  # an insert has it
    for withdrawal in journal.read_withdrawals(folder, begun - OVERLAP):
        with transaction():
            if what := _replay(withdrawal):
                done[what] += 1
    traces.wipe()
    with transaction():
        hold_all(MAYBE_SENT)
        _let_mails_go()
        audit.note(None, "restored", backup=begun.isoformat(), done=dict(done))
    outside.begin_anew(stamp, seal.read_head().size)
    seal.seal()
    log.info("restore.finished", **{what.replace(" ", "_"): n for what, n in done.items()})
    return done


def _replay(withdrawal: Withdrawal) -> str:
    """Do again what the restored database does not know. Returns what was done; empty for nothing."""
    at = datetime.fromisoformat(withdrawal.at)
    same = (
        ConsentEvent.contact_id == withdrawal.contact,
        ConsentEvent.list_id == withdrawal.list,
        ConsentEvent.type == withdrawal.type,
        ConsentEvent.at == at,
    )
    if db.session.scalar(select(ConsentEvent.id).where(*same).limit(1)) is not None:
        return ""
    match withdrawal.type:
        case ConsentType.ERASED:
            return _erase(withdrawal)
        case ConsentType.WITHDRAWN:
            return _withdraw(withdrawal)
        case ConsentType.TRACKING_WITHDRAWN:
            return _stop_tracking(withdrawal)
        case ConsentType.DISOWNED:
            return _disown(withdrawal)
    return "unsubscription" if _leave(withdrawal.contact, withdrawal.list) else ""


def _erase(withdrawal: Withdrawal) -> str:
    address = db.session.scalar(select(Contact.address).where(Contact.id == withdrawal.contact))
    if address is None:
        return ""
    try:
        erase(address, ErasureOrder(METHOD))
    except LegallyHeld:
        lists = list(db.session.scalars(select(Subscription.list_id).where(_of(withdrawal.contact))))
        return "hold" if [list_id for list_id in lists if _leave(withdrawal.contact, list_id)] else ""
    return "erasure"


def _withdraw(withdrawal: Withdrawal) -> str:
    partners = co_registration.of_contact(withdrawal.contact)
    kept = {box.id for box, is_on in partners if is_on and purpose_of(box.id) != withdrawal.purpose}
    if len(kept) == sum(is_on for _box, is_on in partners):
        return ""
    co_registration.settle(withdrawal.contact, kept, {"method": METHOD})
    return "withdrawal"


def _stop_tracking(withdrawal: Withdrawal) -> str:
    mine = select(Subscription).where(_of(withdrawal.contact), Subscription.list_id == withdrawal.list)
    subscription = db.session.scalar(mine.with_for_update(of=Subscription))
    if subscription is None or (withdrawal.list, withdrawal.purpose) not in tracking.granted(withdrawal.contact):
        return ""
    proof = {"controller": subscription.list.controller, "method": METHOD}
    tracking.withdraw(subscription, [withdrawal.purpose], None, proof)
    return "withdrawal"


def _disown(withdrawal: Withdrawal) -> str:
    pending = (
        Signup.contact_id == withdrawal.contact,
        Signup.list_id == withdrawal.list,
        Signup.state == SignupState.PENDING,
    )
    statement = update(Signup).where(*pending).values(state=SignupState.DISOWNED, remind_at=None).returning(Signup.id)
    return "disowned sign-up" if db.session.scalars(statement).all() else ""


def _leave(contact_id: int, list_id: int) -> bool:
    running = select(Subscription.id).where(_of(contact_id), Subscription.list_id == list_id)
    subscription_id = db.session.scalar(running.where(Subscription.state != SubscriptionState.UNSUBSCRIBED))
    return subscription_id is not None and leave(subscription_id, METHOD)


def _of(contact_id: int) -> ColumnElement[bool]:
    return Subscription.contact_id == contact_id


def _let_mails_go() -> None:
    held = Message.state == MessageState.RETRY, Message.not_before > now(timedelta(days=36_500))
    db.session.execute(
        update(Message).where(*held).values(not_before=now()), execution_options={"synchronize_session": False}
    )
    db.session.execute(delete(Beat).where(Beat.name == PENDING))
