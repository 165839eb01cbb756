"""Everything we know about somebody, as a file (GDPR art. 15, 20): by a freshly mailed link and a press of a button."""

import json
from http import HTTPStatus
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.addresses import address as addresses
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.snapshot import Snapshot
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.duplicates.merge import parts_of
from signup.enquiries import enquiry
from signup.fields import value_archive
from signup.ground.clock import utcnow
from signup.ground.db import db
from signup.ground.i18n import settle
from signup.ground.tokens import COPY_TTL, TokenPurpose, keys
from signup.incentives.discount_code import DiscountCode
from signup.mailer import kept_mail
from signup.mailer.message_kind import MessageKind
from signup.visitor.mailed_link import send_link
from signup.visitor.preferences import find_contact


def ask_for_copy(token: str) -> ResponseReturnValue:
    """POST /preferences/<token>/copy: mail the link."""
    return send_link(token, MessageKind.COPY, TokenPurpose.COPY)


def personal_copy(token: str) -> ResponseReturnValue:
    """/copy/<token>: GET shows the button and nothing personal but the masked address, POST gives the file."""
    opened = keys().open(TokenPurpose.COPY, token)
    contact = find_contact(opened.id)
    settle(contact.language)
    shown = {"address": addresses.mask(contact.address), "is_over": utcnow() - opened.signed_at > COPY_TTL}
    if shown["is_over"]:
        return render_template("visitor/personal_copy.html", **shown), HTTPStatus.GONE
    if request.method != "POST":
        return render_template("visitor/personal_copy.html", **shown)
    text = json.dumps(_known(contact), ensure_ascii=False, indent=2)
    response = Response(text + "\n", content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{_("my-data")}.json"'
    return response


def _known(contact: Contact) -> dict[str, Any]:
    query = select(ConsentEvent).where(ConsentEvent.contact_id.in_(parts_of(contact.id))).order_by(ConsentEvent.id)
    events = db.session.scalars(query).all()
    subscriptions = db.session.scalars(select(Subscription).where(Subscription.contact_id == contact.id))
    return dict(  # noqa: C408  # as long as it is
        address=contact.address,
        name=contact.name,
        language=contact.language,
        answers=contact.answers | value_archive.of_contact(contact.id),
        source=contact.source,
        since=contact.created_at.isoformat(),
        subscriptions=[
            {
                "list": one.list.name,
                "controller": one.list.controller,
                "state": one.state,
                "since": one.state_at.isoformat(),
                "given": {field.removeprefix("@"): value for field, value in one.given.items()},
            }
            for one in subscriptions
        ],
        consent=[_told(event) for event in events],
        messages=[
            {"form": one.form.name, "at": one.created_at.isoformat(), "said": dict(one.said)}
            for one in enquiry.of_contact(contact.id)
        ],
        codes=[
            {"code": one.code, "given": one.given_at and one.given_at.isoformat()}
            for one in db.session.scalars(select(DiscountCode).where(DiscountCode.contact_id == contact.id))
        ],
    )


def _told(event: ConsentEvent) -> dict[str, Any]:
    wording = db.session.get(Snapshot, event.wording_hash) if event.wording_hash else None
    told = {
        "what": event.type,
        "for": event.controller,
        "at": event.at.isoformat(),
        "how": event.method,
        "wording": wording.content if wording else None,
        "address": event.address,
        "ip": event.ip,
        "browser": event.agent,
        "page": event.page,
        "answers": event.answers,
    }
    if event.type == ConsentType.MAIL_ACCEPTED:
        told.pop("answers")  # what builds the mail again, in place of answers
        words = kept_mail.read(event).words
        told["email"] = {"subject": words.subject, "text": words.text} if words else None
    return {key: value for key, value in told.items() if value not in (None, "")}
