"""Everything we know about somebody, as a file (GDPR art. 15, 20): by a freshly mailed link and a press of a button.

The link to the preferences stands in old mails, which are forwarded, and which scanners open: it brings no such file.
"""

from http import HTTPStatus

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.addresses import address as addresses
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, hash_of
from signup.ground.broker import ring
from signup.ground.clock import utcnow, uuid7
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound, TooMany
from signup.ground.i18n import settle
from signup.ground.tokens import COPY_TTL, TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import DAY, VISITOR, Rule, network_rules
from signup.mailer import compose, deliver
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.privacy.access_file import AccessFile, page_policy
from signup.visitor.preferences import find_contact

A_DAY = 3
"""Links mailed to one mailbox."""


def ask_for_copy(token: str) -> ResponseReturnValue:
    """POST /preferences/<token>/copy: mail the link; the answer does not tell whether there was one too many."""
    contact = find_contact(keys().open(TokenPurpose.PREFERENCES, token).id)
    settle(contact.language)
    message = _mail(contact)
    mailbox = keys().hash(addresses.parse(contact.address).canonical)
    rules = [Rule("copy", f"cp:{mailbox}", DAY, A_DAY, pauses=True)]
    governor().admit(network_rules(request.remote_addr, *VISITOR))
    if _store(message, rules):
        ring(deliver.ACTOR)
    title, text = (
        _("Check your inbox"),
        _("If we can send a new email, it is on its way. It may take a minute."),
    )
    return render_template("visitor/notice.html", title=title, text=text)


def _store(message: Message, rules: list[Rule]) -> bool:
    with transaction():
        connection = db.session.connection().connection.driver_connection
        try:
            governor().admit(rules, connection=connection)
        except TooMany:
            return False
        db.session.add(message)
    return True


def _mail(contact: Contact) -> Message:
    newest = select(Subscription).where(Subscription.contact_id == contact.id).order_by(Subscription.id.desc()).limit(1)
    subscription = db.session.scalar(newest)
    if subscription is None:
        raise NotFound("subscription")  # nobody to answer for the mail
    return Message(
        kind=MessageKind.COPY,
        priority=MessageKind.COPY.rules.priority,
        recipient=contact.address,
        recipient_hash=hash_of(contact.address_key),
        template_hash=compose.template_for(MessageKind.COPY, contact.language, subscription.list),
        data={"token": keys().sign(TokenPurpose.COPY, contact.uid)},
        dedupe_key=f"copy:{uuid7().hex}",
        contact_id=contact.id,
        list_id=subscription.list_id,
        subscription_id=subscription.id,
    )


def personal_copy(token: str) -> ResponseReturnValue:
    """/copy/<token>: GET shows two buttons and nothing personal but the masked address, POST gives page or file."""
    opened = keys().open(TokenPurpose.COPY, token)
    contact = find_contact(opened.id)
    settle(contact.language)
    shown = {"address": addresses.mask(contact.address), "is_over": utcnow() - opened.signed_at > COPY_TTL}
    if shown["is_over"]:
        return render_template("visitor/personal_copy.html", **shown), HTTPStatus.GONE
    if request.method != "POST":
        return render_template("visitor/personal_copy.html", **shown)
    known = AccessFile.of(contact)
    if request.form.get("as") == "page":
        response = Response(known.as_page(), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = page_policy()
        return response
    response = Response(known.as_json(), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{known.name}.json"'
    return response
