"""The page after unsubscribing: whoever left by mistake takes it back there, whoever wants to says why they left.

Both need the token of that very leaving, which only the page shows that the person left on: the link in the email,
which is forwarded and which scanners open, does neither.
"""

from flask import request
from flask_babel import gettext as _
from sqlalchemy import select

from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import LeavingReason, Subscription, say_why, take_back_leaving
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.tokens import LEFT_TTL, TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import DAY, Rule
from signup.visitor.visitor_request import this_visit

TIMES_A_DAY = 5


def wording(mailing_list: MailingList) -> str:
    """What somebody agrees to who takes it back, in the language that is set."""
    values = {"list": mailing_list.name, "controller": mailing_list.controller}
    return str(_("I would like to receive “%(list)s” by email from %(controller)s again.", **values))


def act(subscription: Subscription, token: str) -> dict[str, bool]:
    """Take the leaving back, or keep why. Returns what the page says. Raises `InvalidToken`, and `TooMany`."""
    event_id = keys().open(TokenPurpose.LEFT, token).id
    if request.form.get("action") == "undo":
        governor().admit([Rule("undo", f"undo:{subscription.uid.hex}", DAY, TIMES_A_DAY)])
        text = wording(subscription.list)
        with transaction():
            is_back = _is_latest(subscription, event_id) and take_back_leaving(
                subscription.id, text, this_visit("undo")
            )
        return {"is_late": not is_back}
    reason = request.form.get("reason", "")
    if reason in set(LeavingReason):
        with transaction():
            if _is_latest(subscription, event_id):
                say_why(subscription.id, LeavingReason(reason))
    return {"has_said": reason in set(LeavingReason)}


def _is_latest(subscription: Subscription, event_id: object) -> bool:
    """Whether that leaving is the last thing that this person did about the list, and not long ago."""
    about = (
        ConsentEvent.contact_id == subscription.contact_id,
        ConsentEvent.list_id == subscription.list_id,
        ConsentEvent.type.in_((ConsentType.UNSUBSCRIBED, ConsentType.CONFIRMED, ConsentType.DISOWNED)),
        ConsentEvent.at > now(-LEFT_TTL),
    )
    return (
        db.session.scalar(select(ConsentEvent.id).where(*about).order_by(ConsentEvent.id.desc()).limit(1)) == event_id
    )
