"""Links for operators that are valid once: an invitation, a new password, the first sign-in. Table: `operator`."""

from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update

from signup.access.operator import Operator, Ticket
from signup.ground.db import db
from signup.ground.dialect import now
from signup.ground.tokens import INVITE_TTL, RESET_TTL, TokenPurpose, keys
from signup.ground.urls import public_url


class TicketUse(StrEnum):
    """What a ticket is for."""

    INVITE = "invite"
    RESET = "reset"
    SIGN_IN = "sign-in"


TTL = {TicketUse.INVITE: INVITE_TTL, TicketUse.RESET: RESET_TTL, TicketUse.SIGN_IN: RESET_TTL}


def new_ticket(operator: Operator, purpose: TicketUse | str, ttl: timedelta | None = None) -> str:
    """The absolute URL of a new ticket. It ends earlier ones for the same use. Needs an open transaction."""
    use = TicketUse(purpose)
    spend_tickets(operator.id, use)
    ticket = Ticket(operator_id=operator.id, purpose=use, expires_at=now(ttl or TTL[use]))
    db.session.add(ticket)
    db.session.flush()
    return public_url("admin.ticket", token=keys().sign(TokenPurpose.TICKET, ticket.uid))


def spend_tickets(operator_id: int, *uses: TicketUse) -> None:
    """End the operator's open links for these uses. Needs an open transaction."""
    out = (Ticket.operator_id == operator_id, Ticket.purpose.in_(uses), Ticket.used_at.is_(None))
    db.session.execute(update(Ticket).where(*out).values(used_at=now()))


def look_up(token: str) -> tuple[Ticket, Operator] | None:
    """The ticket and its operator, while it is valid. Raises `InvalidToken`."""
    uid = keys().open(TokenPurpose.TICKET, token).id
    query = select(Ticket, Operator).join(Operator, Ticket.operator_id == Operator.id)
    row = db.session.execute(query.where(Ticket.uid == uid, *_USABLE, Operator.disabled_at.is_(None))).first()
    return (row[0], row[1]) if row else None


_USABLE = (Ticket.used_at.is_(None), Ticket.expires_at > now())


def use(ticket: Ticket) -> bool:
    """Use the ticket up. False when another request was first. Needs an open transaction."""
    spent = update(Ticket).where(Ticket.uid == ticket.uid, *_USABLE).values(used_at=now()).returning(Ticket.uid)
    return db.session.execute(spent).first() is not None
