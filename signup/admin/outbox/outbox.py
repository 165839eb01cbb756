"""The outbox: mails by state, why they wait or failed, and another try. The machine is in `signup.mailer.outbox`."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_babel import gettext as _
from sqlalchemy import func, select

from signup.access import audit, scope
from signup.access.operator import Permission
from signup.admin.frame import door
from signup.admin.frame.number import whole
from signup.admin.outbox import message_words
from signup.contacts.contact import Contact
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ground.errors import NotAllowed
from signup.mailer import failed_mail
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.mailer.relay import Relay

PAGE = 50
WAITING = (MessageState.READY, MessageState.CLAIMED, MessageState.HANDED, MessageState.RETRY)
RETRIABLE = (MessageState.FAILED, MessageState.UNCLEAR)


def outbox() -> ResponseReturnValue:
    state = request.args.get("state", "")
    state = state if state in set(MessageState) else ""
    before = request.args.get("page", 0, type=whole)
    mine = scope.only(Message.list_id)
    query = select(Message).where(mine).order_by(Message.id.desc()).limit(PAGE + 1)
    if state:
        query = query.where(Message.state == state)
    if before:
        query = query.where(Message.id < before)
    rows = list(db.session.scalars(query))
    by_state = select(Message.state, func.count().label("n")).where(mine).group_by(Message.state)
    counts: dict[str, int] = {row.state: row.n for row in db.session.execute(by_state)}
    oldest = db.session.scalar(select(func.min(Message.created_at)).where(mine, Message.state.in_(WAITING)))
    return render_template(
        "admin/outbox/outbox.html",
        hidden=_not_open(rows),
        messages=rows[:PAGE],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        chips=[(value, counts[value]) for value in MessageState if counts.get(value)],
        state=state,
        total=sum(counts.values()),
        oldest=oldest,
        failed=counts.get(MessageState.FAILED, 0),
        waiting=sum(counts.get(value, 0) for value in WAITING),
        oldest_age=format_timedelta(oldest - utcnow(), add_direction=True) if oldest else "",
        relay=db.session.get(Relay, 1),
        retriable=RETRIABLE,
        message_words=message_words,
    )


def _not_open(messages: list[Message]) -> set[int]:
    """The ids of the mails whose recipient the reader's lists may not see (yet): shown masked, without the answer."""
    if scope.sees_everything():
        return set()
    ids = {one.contact_id for one in messages}
    found = set(db.session.scalars(select(Contact.id).where(Contact.id.in_(ids), scope.contacts())))
    return {one.id for one in messages if one.contact_id not in found}


def outbox_retry(message_id: int) -> ResponseReturnValue:
    """Another try. A campaign's mail goes to somebody who may have got it: that needs the right to send."""
    campaign = select(Message.id).where(Message.id == message_id, Message.kind == MessageKind.CAMPAIGN)
    if not door.may("send") and db.session.scalar(campaign):
        raise NotAllowed(Permission.SEND)
    with transaction():
        again = failed_mail.retry(message_id)
        if again:
            audit.note(door.operator(), "message-retried", str(message_id))
    flash(
        _("We will try to send the email again.")
        if again
        else _("This email cannot be sent again: its contents have been deleted, or its link has expired.")
    )
    return redirect(url_for("admin.outbox", state=request.args.get("state")), HTTPStatus.SEE_OTHER)
