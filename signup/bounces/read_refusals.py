"""Reads what relays refused on the spot: a 5yz reply is judged by the same rules as a mail that came back."""

from datetime import timedelta

from sqlalchemy import exists, select

from signup.bounces import apply
from signup.bounces.bounce_class import CLASS_OF, Returned
from signup.bounces.find_reason import reason_of, status_in
from signup.bounces.returned_mail import ReturnedMail
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.jobs import stopping
from signup.mailer.message import Message, MessageState

BATCH = 200
LOOKED_BACK = timedelta(days=10)


def read_refusals() -> None:
    """The chore: judge each refused message once, some in a transaction."""
    after: int | None = 0
    while after is not None and not stopping().is_set():
        with transaction():
            after = _read_some(after)


def _read_some(after: int) -> int | None:
    """Judge those after a message. Returns the last, or None when there are no more: a reply that means nothing to us
    leaves no row, and must not be read for ever.
    """
    was_read = exists().where(ReturnedMail.message_id == Message.id, ReturnedMail.source == apply.SMTP)
    refused = (
        select(Message)
        .where(Message.state == MessageState.FAILED, Message.reply.like("5%"), ~was_read, Message.id > after)
        .where(Message.created_at >= now(-LOOKED_BACK))
        .order_by(Message.id)
        .limit(BATCH)
    )
    messages = list(db.session.scalars(refused))
    for message in messages:
        reply = message.reply or ""
        reason = reason_of([reply])
        told = Returned(message.recipient, CLASS_OF[reason], reason, status_in(reply), message.uid)
        apply.record(message, told, f"{apply.SMTP}|{message.id}", apply.SMTP)
    return messages[-1].id if len(messages) == BATCH else None
