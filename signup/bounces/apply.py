"""Does what a notice asks for: ends the subscriptions of a dead address, counts what is passing, warns of our faults.

Only a notice to a return path that we signed, or about a mail and a recipient that we know, or of a provider whose
signature was checked, may end anything: a made-up bounce ends nothing.
"""

from datetime import timedelta
from hashlib import sha256

import structlog
from sqlalchemy import ColumnElement, and_, exists, func, select

from signup.addresses.address import is_same_mailbox, key_of
from signup.bounces.bounce_class import BounceClass, Reason, Returned
from signup.bounces.returned_mail import ReturnedMail
from signup.campaigns import stop_rule
from signup.consent import subscription
from signup.consent.subscription import Subscription
from signup.consent.suppression import COMPLAINT, HARD_BOUNCE, suppress
from signup.contacts.contact import Contact, hash_of
from signup.counts import step
from signup.counts.step import Step
from signup.ground.db import db, upsert
from signup.ground.dialect import now
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.signups.signup import Signup

HOST_TRIES, HOST_WITHIN = 3, timedelta(hours=72)
SOFT_TRIES, SOFT_OVER = 5, timedelta(days=14)
COUNTED = (BounceClass.HARD, BounceClass.SOFT, BounceClass.OURS, BounceClass.COMPLAINT)
SMTP, MAIL = "smtp", "mail"
LOOKED_AT = 50

log = structlog.get_logger()


def take(notice: str, returned: list[Returned], source: str = MAIL) -> bool:
    """Take a notice in. `notice` tells it from others. Needs an open transaction; returns whether it was news."""
    message = _message(returned)
    told = _about(message, returned) if message else None
    return bool(message and told and record(message, told, f"{notice}|{message.id}", source))


def take_from_provider(notice: str, told: Returned, provider: str) -> bool:
    """Take in what a provider says, whose signature was checked. Needs an open transaction; returns as `take`.

    Some name only the address: then it is about the last mail that went there.
    """
    mine = Message.recipient_hash == hash_of(key_of(told.recipient))
    of_id = select(Message).where(Message.uid == told.message_uid, mine)
    last = select(Message).where(mine, Message.state == MessageState.SENT).order_by(Message.id.desc()).limit(1)
    message = db.session.scalar(of_id if told.message_uid else last)
    return bool(message and record(message, told, f"{provider}|{notice}", provider))


def record(message: Message, told: Returned, notice: str, source: str) -> bool:
    """Write down what came of a message, and act on it. Needs an open transaction; returns whether it was news."""
    if told.bounce_class not in COUNTED:
        return False
    row = upsert(ReturnedMail).values(
        key=sha256(notice.encode()).hexdigest(),
        message_id=message.id,
        contact_id=message.contact_id,
        list_id=message.list_id,
        campaign_id=message.campaign_id,
        bounce_class=told.bounce_class.value,
        reason=told.reason.value,
        status=told.status[:11],
        source=source,
        has_ended=False,
    )
    new_id = db.session.scalar(row.on_conflict_do_nothing().returning(ReturnedMail.id))
    if new_id is None:
        return False
    if told.bounce_class == BounceClass.OURS:
        log.warning("bounce.ours", reason=told.reason.value, status=told.status, campaign=message.campaign_id)
    if told.bounce_class == BounceClass.HARD and source != SMTP:
        _count_step(message)
    if message.contact_id is not None and _ends(message, told):
        _end(message, told, source)
        db.session.get_one(ReturnedMail, new_id).has_ended = True
    if message.campaign_id is not None and told.bounce_class in {BounceClass.HARD, BounceClass.COMPLAINT}:
        _check_campaign(message.campaign_id)
    return True


def _check_campaign(campaign_id: int) -> None:
    """Pause a campaign of which too much comes back; what relays refused at once, its own rule counts."""
    of_it = select(func.count(ReturnedMail.message_id.distinct())).where(ReturnedMail.campaign_id == campaign_id)
    hard = of_it.where(ReturnedMail.bounce_class == BounceClass.HARD, ReturnedMail.source != SMTP)
    complaints = of_it.where(ReturnedMail.bounce_class == BounceClass.COMPLAINT)
    stop_rule.check(campaign_id, db.session.scalar(hard) or 0, db.session.scalar(complaints) or 0)


def _message(returned: list[Returned]) -> Message | None:
    uid = next((one.message_uid for one in returned if one.message_uid), None)
    return db.session.scalar(select(Message).where(Message.uid == uid)) if uid else None


def _about(message: Message, returned: list[Returned]) -> Returned | None:
    """What a notice says of the recipient of a message: theirs by name, or the only one to our signed return path."""
    mine = [one for one in returned if _is_same(one.recipient, message.recipient)]
    if mine:
        return mine[0]
    return returned[0] if returned[0].is_trusted else None


def _is_same(one: str, other: str) -> bool:
    return key_of(one) == key_of(other) or is_same_mailbox(one, other)


def _ends(message: Message, told: Returned) -> bool:
    """Whether it is enough to mail the address no longer."""
    if told.bounce_class == BounceClass.COMPLAINT:
        return True
    if told.reason == Reason.HOST_UNKNOWN:
        return _distinct(message, and_(ReturnedMail.reason == told.reason, _since(HOST_WITHIN))) >= HOST_TRIES
    if told.bounce_class == BounceClass.HARD:
        return True
    return told.bounce_class == BounceClass.SOFT and _is_soft_for_long(message)


def _since(span: timedelta) -> ColumnElement[bool]:
    return ReturnedMail.received_at >= now(-span)


def _distinct(message: Message, where: ColumnElement[bool]) -> int:
    count = select(func.count(ReturnedMail.message_id.distinct()))
    return db.session.scalar(count.where(ReturnedMail.contact_id == message.contact_id, where)) or 0


def _is_soft_for_long(message: Message) -> bool:
    """Whether the last mails to the address came back one after the other, for long enough."""
    came_back = exists().where(
        ReturnedMail.message_id == Message.id, ReturnedMail.bounce_class.in_((BounceClass.SOFT, BounceClass.HARD))
    )
    last = (
        select(Message.id, came_back.label("came_back"), (Message.created_at <= now(-SOFT_OVER)).label("is_old"))
        .where(Message.contact_id == message.contact_id, Message.recipient_hash == message.recipient_hash)
        .where(Message.id <= message.id, Message.state.in_((MessageState.SENT, MessageState.FAILED)))
        .order_by(Message.id.desc())
        .limit(LOOKED_AT)
    )
    in_a_row, is_long = 0, False
    for row in db.session.execute(last):
        if not row.came_back:
            break
        in_a_row, is_long = in_a_row + 1, is_long or bool(row.is_old)
    return is_long and in_a_row >= SOFT_TRIES


def _end(message: Message, told: Returned, source: str) -> None:
    is_complaint = told.bounce_class == BounceClass.COMPLAINT
    suppress(message.recipient_hash, COMPLAINT if is_complaint else HARD_BOUNCE)
    contact = db.session.get(Contact, message.contact_id)
    if contact is None or hash_of(contact.address_key) != hash_of(message.recipient.lower()):
        return  # the person has another address by now: only the old one is dead
    method = {SMTP: "smtp", MAIL: "bounce"}.get(source, "provider")
    mine = select(Subscription.id).where(Subscription.contact_id == contact.id).order_by(Subscription.id)
    for subscription_id in list(db.session.scalars(mine)):
        if is_complaint:
            subscription.complain(subscription_id, method)
        else:
            subscription.bounce(subscription_id, method, told.status)


def _count_step(message: Message) -> None:
    """The first confirmation mail of a sign-up that came back is its step, as one that the relay refused."""
    if message.kind != MessageKind.CONFIRM or message.dedupe_key != f"confirm:{message.signup_id}:1":
        return
    signup = db.session.get(Signup, message.signup_id)
    contact = db.session.get(Contact, message.contact_id)
    if signup is None or contact is None or contact.is_test:
        return
    day = signup.created_at.date()
    key = {"day": day, "form_id": signup.form_id, "site": signup.site, "source": signup.placement}
    step.count_steps([{**key, "language": signup.language, "provider": signup.provider, "step": Step.BOUNCED, "n": 1}])
