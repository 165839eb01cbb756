"""Lists failed mails by reason, and sends one of them again, or all that failed for one reason."""

from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select, true, update

from signup.consent.mailable import OF_A_SIGNUP, is_open
from signup.ground.db import db
from signup.ground.dialect import now
from signup.mailer import outbox
from signup.mailer.lease import CRASHED
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind


class Reason(StrEnum):
    """Why a mail failed, as an operator must tell it apart."""

    CRASHED = "crashed"
    """The process that sent it ended each time."""
    NOT_BUILT = "not-built"
    NO_MAIL_SERVER = "no-mail-server"
    REFUSED = "refused"
    """The relay said no for good (RFC 5321, a 5yz reply)."""
    TOO_LATE = "too-late"
    """It was put off until it was too late for this kind of mail."""


class Failures(NamedTuple):
    """How many mails failed for a reason, and how many of them can still go."""

    reason: Reason
    n: int
    can_go: int


def failures(where: ColumnElement[bool] | None = None) -> list[Failures]:
    """Failed mails by reason, of those that match `where`; the most first."""
    failed = and_(Message.state == MessageState.FAILED, true() if where is None else where)
    reason = _reason().label("reason")
    query = select(reason, func.count().label("n"), func.sum(case((can_go(), 1), else_=0)).label("can_go"))
    rows = db.session.execute(query.where(failed).group_by(reason)).all()
    return sorted((Failures(Reason(row.reason), row.n, int(row.can_go)) for row in rows), key=lambda one: -one.n)


def can_go() -> ColumnElement[bool]:
    """Whether a mail can be tried again: its contents are there, and a link in it is not over yet."""
    has_link = Message.kind.in_([kind for kind in MessageKind if kind.rules.needs in OF_A_SIGNUP])
    return and_(Message.data.is_not(None), or_(not_(has_link), is_open(Message.signup_id)))


def retry(message_id: int) -> bool:
    """Send a failed or unclear message again. Needs an open transaction; returns whether there was one."""
    return bool(_again(and_(Message.id == message_id, Message.state.in_((MessageState.FAILED, MessageState.UNCLEAR)))))


def retry_all(reason: Reason | None = None, where: ColumnElement[bool] | None = None) -> int:
    """Send again what failed, for one reason or any, of what matches `where`. Needs an open transaction.

    Returns how many will go. A letter of a campaign goes only where `where` lets it.
    """
    wanted = [Message.state == MessageState.FAILED, true() if where is None else where]
    if reason:
        wanted.append(_reason() == reason)
    return len(_again(and_(*wanted)))


def _again(which: ColumnElement[bool]) -> list[int]:
    ready = {"state": MessageState.READY, "not_before": now(), "crashes": 0, "suspect": False, "attempt": 0}
    again = update(Message).where(which, can_go()).values(**ready).returning(Message.id)
    ids = list(db.session.scalars(again.execution_options(synchronize_session=False)))
    outbox.count_bounces(ids, -1)
    return ids


def _reason() -> ColumnElement[str]:
    """Read the reason from the text on a failed row."""
    reply = func.coalesce(Message.reply, "")
    return case(
        (reply.like(CRASHED.partition(":")[0] + "%"), Reason.CRASHED),
        (reply.like("cannot be built%"), Reason.NOT_BUILT),
        (reply.like("the domain %"), Reason.NO_MAIL_SERVER),
        (or_(reply.like("5%"), reply.like("the relay does not take %")), Reason.REFUSED),
        else_=Reason.TOO_LATE,
    )
