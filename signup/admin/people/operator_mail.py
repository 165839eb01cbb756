"""Mails to operators: the invitation, the link for a new password. They go the way of all mails, by the outbox."""

from typing import NamedTuple
from urllib.parse import urlsplit

from signup.access.operator import Operator
from signup.access.ticket import TicketUse, new_ticket
from signup.addresses.address import parse
from signup.admin.frame.words import ROLES
from signup.ground.db import db
from signup.ground.i18n import DEFAULT, OPERATOR_LANGUAGES, speaking
from signup.ground.tokens import keys
from signup.mailer import compose
from signup.mailer.mail_template import service
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind

KINDS = {TicketUse.INVITE: MessageKind.INVITE, TicketUse.RESET: MessageKind.RESET}


class SentTicket(NamedTuple):
    """The message to ring for, and the link that is in it."""

    message_id: int
    link: str


def template_for(use: TicketUse, language: str | None) -> str:
    """The mail's snapshot, as `compose.template_for`. Before the transaction: it is stored by one of its own."""
    spoken = language if language in OPERATOR_LANGUAGES else DEFAULT
    return compose.template_for(KINDS[use], spoken, service())


def send(operator: Operator, use: TicketUse, template: str, *, by: str = "") -> SentTicket:
    """Make a ticket and the mail that brings it. Needs an open transaction; ring once that is committed."""
    link = new_ticket(operator, use)
    token, kind = urlsplit(link).path.rpartition("/")[2], KINDS[use]
    with speaking(operator.language or DEFAULT):
        role = str(ROLES[operator.role])
    message = Message(
        kind=kind,
        priority=kind.rules.priority,
        recipient=operator.address,
        recipient_hash=keys().hash(parse(operator.address).key),
        template_hash=template,
        data={"token": token, "name": operator.name, "by": by, "role": role},
        dedupe_key=f"{kind}:{keys().hash(token)}",
    )
    db.session.add(message)
    db.session.flush()
    return SentTicket(message.id, link)
