"""All campaigns of the reader's lists, the newest first, with how far each is."""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from signup.access import scope
from signup.campaigns.campaign import Campaign
from signup.ground.db import db
from signup.mailer.message import Message, MessageState

MOST = 200


def campaigns() -> ResponseReturnValue:
    query = select(Campaign).where(scope.only(Campaign.list_id)).order_by(Campaign.id.desc()).limit(MOST)
    rows = list(db.session.scalars(query))
    sent = select(Message.campaign_id, func.count()).where(
        Message.campaign_id.in_([one.id for one in rows]), Message.state == MessageState.SENT
    )
    return render_template(
        "admin/campaigns/campaigns.html",
        campaigns=rows,
        sent=dict(db.session.execute(sent.group_by(Message.campaign_id)).all()),
        lists=scope.mailing_lists(),
    )
