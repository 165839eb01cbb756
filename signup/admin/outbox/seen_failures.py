"""Selects the failed mails that the operator may see, and counts those that wait for somebody."""

from sqlalchemy import ColumnElement, and_

from signup.access import scope
from signup.admin.frame import door
from signup.mailer.failed_mail import Reason, failures
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind

OURS = (Reason.CRASHED, Reason.NOT_BUILT, Reason.TOO_LATE)
"""Not what a relay or an address is to blame for: somebody who runs the service can do something about these."""


def to_look_at() -> int:
    """How many failed mails of ours can still go and wait for somebody to look at them."""
    return sum(one.can_go for one in failures(mine()) if one.reason in OURS) if door.may("outbox") else 0


def mine() -> ColumnElement[bool]:
    """A campaign's mail goes to somebody who may have got it: that needs the right to send."""
    seen = scope.only(Message.list_id)
    return seen if door.may("send") else and_(seen, Message.kind != MessageKind.CAMPAIGN)
