"""Sends reminders: whoever signed up and has not confirmed gets one or two more mails with the same link.

One in ten, drawn by a keyed hash of the sign-up's id, gets none: what the reminder brings is measured, not believed.
The mail holds no code: a code is for the form that is still open, and a day later none is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, case, cast, literal, or_, select, update
from sqlalchemy.orm import aliased

from signup.addresses import address as addresses
from signup.consent.mailable import is_suppressed, is_unanswered
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, hash_of
from signup.counts.step import Step
from signup.forms.form import Form, FormVersion
from signup.forms.look_in_mail import own_mail
from signup.ground import tokens
from signup.ground.broker import ring
from signup.ground.db import db, transaction, upsert
from signup.ground.dialect import now
from signup.ground.errors import TooMany
from signup.ground.jobs import stopping
from signup.ground.tokens import TokenPurpose
from signup.limits.governor import governor
from signup.limits.limit_rule import reminder_rules
from signup.mailer import compose, deliver
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.signups.count_step import count_step
from signup.signups.signup import Signup, SignupState
from signup.signups.store_signup import FIRST_REMINDER

BATCH = 200
SECOND_REMINDER = timedelta(hours=72)
"""After the sign-up, like the first one."""
AFTER_MAIL = timedelta(hours=12)
"""When the relay was long away: a reminder never follows its mail at once."""
LOOK_AGAIN = timedelta(hours=1)
HOLDOUT = 10
"""One in so many sign-ups is not reminded."""
REMINDED, HELD_OUT = "reminded", "holdout"


@dataclass(frozen=True)
class Due:
    """A sign-up whose reminder is due, with what its mail needs. `may_go`: not held out, and the governor agrees."""

    id: int
    uid: UUID
    contact_id: int
    list_id: int
    subscription_id: int
    address: str
    address_key: str
    reminded: int
    reminders: int
    is_drawn: bool
    template: str
    may_go: bool


def remind() -> None:
    """Remind in small transactions until nobody is due."""
    while not stopping().is_set():
        ids = list(db.session.scalars(select(Signup.id).where(_is_due()).order_by(Signup.remind_at).limit(BATCH)))
        db.session.rollback()
        if not ids:
            return
        _remind_some(ids)


def is_held_out(uid: UUID) -> bool:
    """Whether this sign-up is of the tenth that gets no reminder. The same answer for ever, and known to us alone."""
    return int(tokens.keys().hash(f"holdout:{uid.hex}")[:8], 16) % HOLDOUT == 0


def _is_due() -> ColumnElement[bool]:
    return and_(Signup.remind_at.is_not(None), Signup.remind_at <= now())


def _remind_some(ids: Sequence[int]) -> None:
    due = _asked(ids)
    db.session.rollback()
    with transaction():
        rows = select(Signup.id).where(Signup.id.in_(ids), _is_due()).with_for_update(skip_locked=True, of=Signup)
        locked = set(db.session.scalars(rows))
        still = [row for row in due if row.id in locked]
        _draw(row for row in still if not row.is_drawn)
        _write([row for row in still if row.may_go])
        _put_off(locked - {row.id for row in still})
        _settle(still)
    ring(deliver.ACTOR)


def _asked(ids: Sequence[int]) -> list[Due]:
    """Those of `ids` that a reminder is for: pending, their mail arrived, nothing newer or better in its place."""
    first, newer = aliased(Message), aliased(Signup)
    is_newest = ~(
        select(newer.id)
        .where(newer.contact_id == Signup.contact_id, newer.id > Signup.id, newer.list_id == Signup.list_id)
        .exists()
    )
    asked = (Signup.id, Signup.uid, Signup.contact_id, Signup.list_id, Signup.subscription_id, Signup.language)
    query = (
        select(*asked, Signup.reminded, Signup.trial, Contact.address, Contact.address_key, FormVersion, Form)
        .join(Subscription, Subscription.id == Signup.subscription_id)
        .join(Contact, Contact.id == Signup.contact_id)
        .join(FormVersion, FormVersion.id == Signup.form_version_id)
        .join(Form, Form.id == Signup.form_id)
        .join(first, first.dedupe_key == _first_mail())
        .where(Signup.id.in_(ids), Signup.state == SignupState.PENDING, Signup.expires_at > now())
        .where(first.state == MessageState.SENT, first.sent_at <= now(-AFTER_MAIL), is_newest)
        .where(is_unanswered(Subscription, Signup), ~is_suppressed(first.recipient_hash))
    )
    found = []
    for row in db.session.execute(query).all():
        # What the sign-up was told, or less when the form's owner has changed their mind.
        reminders = min(row.FormVersion.definition.reminders, row.Form.version.definition.reminders)
        if row.reminded < reminders:
            found.append(_due(row, reminders))
    return found


def _due(row: Any, reminders: int) -> Due:
    return Due(
        id=row.id,
        uid=row.uid,
        contact_id=row.contact_id,
        list_id=row.list_id,
        subscription_id=row.subscription_id,
        address=row.address,
        address_key=row.address_key,
        reminded=row.reminded,
        reminders=reminders,
        is_drawn=row.trial is not None,
        template=compose.template_for(
            MessageKind.REMINDER, row.language, row.Form.list, own_mail(row.FormVersion.definition)
        ),
        may_go=not is_held_out(row.uid) and _admit(row.address, row.list_id),
    )


def _first_mail() -> ColumnElement[str]:
    return literal("confirm:") + cast(Signup.id, String) + literal(":1")


def _admit(address: str, list_id: int) -> bool:
    """Whether the promise of at most so many mails to an address that does not confirm has room for one more."""
    try:
        canonical = tokens.keys().hash(addresses.stored(address).canonical)
        governor().admit(reminder_rules(canonical, list_id))
    except TooMany:
        return False
    return True


def _draw(due: Iterable[Due]) -> None:
    """Record who of those due is reminded and who is held out, and count both."""
    groups: dict[str, list[int]] = {REMINDED: [], HELD_OUT: []}
    for row in due:
        groups[HELD_OUT if is_held_out(row.uid) else REMINDED].append(row.id)
    for name, ids in groups.items():
        if ids:
            db.session.execute(update(Signup).where(Signup.id.in_(ids)).values(trial=name))
            count_step(literal(Step.TRIED + name), Signup.id.in_(ids))


def _write(due: Sequence[Due]) -> None:
    if due:
        rows = [_message(row) for row in due]
        db.session.execute(upsert(Message).values(rows).on_conflict_do_nothing(index_elements=["dedupe_key"]))


def _message(due: Due) -> dict[str, Any]:
    keys, number = tokens.keys(), due.reminded + 1
    return {
        "kind": MessageKind.REMINDER,
        "priority": MessageKind.REMINDER.rules.priority,
        "recipient": due.address,
        "recipient_hash": hash_of(due.address_key),
        "template_hash": due.template,
        "data": {"token": keys.sign(TokenPurpose.CONFIRM, due.uid), "is_last": number >= due.reminders},
        "dedupe_key": f"confirm:{due.id}:{number + 1}",
        "contact_id": due.contact_id,
        "list_id": due.list_id,
        "signup_id": due.id,
        "subscription_id": due.subscription_id,
    }


def _settle(due: Sequence[Due]) -> None:
    """Count what was written, and set the time of the next look or none."""
    written = [row.id for row in due if row.may_go]
    again = [row.id for row in due if row.may_go and row.reminded + 1 < row.reminders]
    following = case((Signup.id.in_(again), now(SECOND_REMINDER - FIRST_REMINDER)), else_=None)
    counted = case((Signup.id.in_(written), Signup.reminded + 1), else_=Signup.reminded)
    changes = {"reminded": counted, "remind_at": following}
    db.session.execute(update(Signup).where(Signup.id.in_([row.id for row in due])).values(changes))


def _put_off(ids: set[int]) -> None:
    """Those whose first mail still waits are looked at again in an hour; the others never."""
    waits = (
        select(Message.id)
        .where(Message.dedupe_key == _first_mail(), Signup.state == SignupState.PENDING)
        .where(
            or_(
                Message.state.in_((MessageState.READY, MessageState.CLAIMED, MessageState.HANDED, MessageState.RETRY)),
                Message.sent_at > now(-AFTER_MAIL),
            )
        )
        .exists()
    )
    later = case((waits, now(LOOK_AGAIN)), else_=None)
    db.session.execute(update(Signup).where(Signup.id.in_(ids)).values(remind_at=later))
