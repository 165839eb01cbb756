"""The record of processing activities (GDPR art. 30): by controller what is done with whose data, for how long."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.access import scope
from signup.admin.frame.formatting import language
from signup.admin.frame.route_subject import partner_lists
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner
from signup.forms.form import Form
from signup.ground.clock import utcnow
from signup.ground.db import db
from signup.ground.urls import settings
from signup.privacy.retention import RETENTION


@dataclass
class ListActivity:
    """What is done for one list."""

    of: MailingList
    answers: list[str] = field(default_factory=list)
    """What its open forms ask, beside the address, in the reader's language where there is a translation, without
    the fields that the reader does not see.
    """
    partners: list[Partner] = field(default_factory=list)
    """Who receives addresses, from those who ticked its box."""
    asks_tracking: bool = False
    """A form of it asks whether opens and clicks may be recorded."""
    has_messages: bool = False
    """A form of it takes messages or registrations."""


def consent_record() -> ResponseReturnValue:
    controllers: dict[str, list[ListActivity]] = {}
    for activity in _activities():
        controllers.setdefault(activity.of.controller, []).append(activity)
    return render_template(
        "admin/consent/processing_record.html",
        controllers=controllers,
        relay=urlsplit(settings().smtp_target).hostname or "",
        host=settings().public_url,
        retention=RETENTION,
        today=utcnow(),
    )


def _activities() -> list[ListActivity]:
    found = {
        one.id: ListActivity(one)
        for one in db.session.scalars(select(MailingList).order_by(MailingList.controller, MailingList.name))
    }
    open_forms = select(Form).where(Form.archived_at.is_(None), Form.version_id.is_not(None)).order_by(Form.name)
    for form in db.session.scalars(open_forms):
        activity, said = found[form.list_id], form.version.definition.said_in(language())
        activity.answers += [
            one.label for one in said.fields if scope.shows(one.key) and one.label not in activity.answers
        ]
        activity.asks_tracking |= said.offers_tracking
        activity.has_messages |= said.takes_messages
    partners = {one.id: one for one in db.session.scalars(select(Partner).order_by(Partner.slug))}
    for partner_id, list_ids in partner_lists().items():
        for list_id in list_ids & found.keys():
            found[list_id].partners.append(partners[partner_id])
    return list(found.values())
