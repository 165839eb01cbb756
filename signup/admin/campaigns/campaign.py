"""One campaign: before it goes what stands against it and who gets it, afterwards what became of it."""

from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.admin.campaigns.bounce_words import BOUNCES
from signup.admin.campaigns.letter_frame import shown_letter
from signup.bounces.returned_mail import reasons_of
from signup.campaigns.archive import letter_address
from signup.campaigns.campaign import Campaign
from signup.campaigns.preflight import Level, problems
from signup.campaigns.recipients import GETS_IT, NOT_COUNTED, OUTSIDE, SUPPRESSED, verdicts
from signup.engagement.campaign_report import report
from signup.ground.db import db
from signup.ground.errors import NotFound
from signup.ground.i18n import _

WHY = {
    NOT_COUNTED: _("tests, or merged with another contact"),
    SUPPRESSED: _("on the suppression list"),
    OUTSIDE: _("not in the segment"),
    "pending": _("have not confirmed"),
    "unsubscribed": _("unsubscribed"),
    "bounced": _("their emails bounced"),
    "complained": _("reported an email as spam"),
}
"""Why somebody on the list does not get it."""


def find(uid: UUID) -> Campaign:
    """The campaign with this public id. Raises `NotFound`."""
    found = db.session.scalar(select(Campaign).where(Campaign.uid == uid))
    if found is None:
        raise NotFound(f"campaign {uid}")
    return found


def campaign(uid: UUID) -> ResponseReturnValue:
    one = find(uid)
    page = "admin/campaigns/campaign_draft.html" if one.is_editable else "admin/campaigns/campaign_report.html"
    return render_template(page, campaign=one, **(before(one) if one.is_editable else _after(one)))


def campaign_letter(uid: UUID) -> ResponseReturnValue:
    """The letter as a person without any values reads it, in a frame."""
    return shown_letter(find(uid), as_text=request.args.get("as") == "text")


def before(one: Campaign) -> dict[str, Any]:
    """What the page of a draft shows beside the letter."""
    found = verdicts(one)
    gets = found.pop(GETS_IT, 0)
    asked = problems(one, gets)
    return {
        "gets": gets,
        "others": found,
        "why": WHY,
        "problems": asked,
        "blocked": any(problem.level == Level.BLOCKS for problem in asked),
    }


def _after(one: Campaign) -> dict[str, Any]:
    return {
        "report": report(one),
        "reasons": reasons_of(one.id),
        "bounce_words": BOUNCES,
        "address": letter_address(one),
    }
