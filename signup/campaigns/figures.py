"""What became of a campaign's mails: how many are in each state, and which are unclear."""

from typing import Any

from sqlalchemy import func, select, update

from signup.campaigns.campaign import Campaign
from signup.ground.db import db
from signup.ground.dialect import now
from signup.mailer.lease import HELD, WAITING
from signup.mailer.message import Message, MessageState

UNSENT = (*WAITING, *HELD, MessageState.HELD)
"""States of a mail that is still to go."""
SETTLED: dict[str, dict[str, Any]] = {
    "sent": {"state": MessageState.SENT, "sent_at": now()},
    "again": {"state": MessageState.READY, "not_before": now(), "attempt": 0, "crashes": 0, "suspect": False},
    "drop": {"state": MessageState.CANCELLED},
}
"""What an operator says of mails whose sender died while it handed them over (RFC 1047)."""


def by_state(campaign: Campaign) -> dict[str, int]:
    """How many of its messages are in each state."""
    query = select(Message.state, func.count()).where(Message.campaign_id == campaign.id).group_by(Message.state)
    return {state: n for state, n in db.session.execute(query.order_by(Message.state))}  # noqa: C416  # a row is no pair


def settle_unclear(campaign: Campaign, how: str) -> int:
    """Say what became of its unclear mails: `sent`, `again` or `drop`. Needs an open transaction; returns how many."""
    unclear = (Message.campaign_id == campaign.id, Message.state == MessageState.UNCLEAR)
    done = db.session.execute(
        update(Message).where(*unclear).values(SETTLED[how]).returning(Message.id),
        execution_options={"synchronize_session": False},
    )
    return len(done.all())
