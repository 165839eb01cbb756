"""Pauses a campaign that mailbox providers would take for spam: it saves the sender's name and the next campaign.

Gmail and Yahoo, sender rules of 2024: complaints below 0.1 %, never 0.3 %. A share of hard bounces of 5 % in the first
hundreds is an old or bought list.
"""

import structlog
from sqlalchemy import func, select

from signup.campaigns.lifecycle import pause
from signup.ground.db import db
from signup.mailer.message import Message, MessageState

FIRST = 500
"""Of fewer mails, shares are taken of so many: the rule may end a campaign before that."""
MOST_BOUNCES, MOST_COMPLAINTS = 0.05, 0.003

log = structlog.get_logger()


def check(campaign_id: int, came_back: int = 0, complaints: int = 0) -> bool:
    """Pause a running campaign that has too many bounces or complaints. Needs an open transaction.

    `came_back` are those that a relay had taken. Returns whether it was paused now.
    """
    mine = select(func.count()).where(Message.campaign_id == campaign_id)
    refused = mine.where(Message.state == MessageState.FAILED, Message.reply.like("5%"))
    bounces = (db.session.scalar(refused) or 0) + came_back
    if bounces < MOST_BOUNCES * FIRST and complaints < MOST_COMPLAINTS * FIRST:
        return False
    sent = db.session.scalar(mine.where(Message.state == MessageState.SENT)) or 0
    looked_at = max(FIRST, sent + bounces - came_back)
    if complaints >= MOST_COMPLAINTS * looked_at:
        reason = f"{complaints} of {sent} people reported the mail as spam"
    elif bounces >= MOST_BOUNCES * looked_at:
        reason = f"{bounces} of {sent + bounces - came_back} mails were refused for good"
    else:
        return False
    if not pause(campaign_id, reason):
        return False
    log.error("campaign.paused", campaign=campaign_id, bounces=bounces, complaints=complaints, sent=sent)
    return True
