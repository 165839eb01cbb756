"""Mails somebody a fresh link that their preferences do not open by themselves: those links stand in old mails, which
are forwarded, and which scanners open.
"""

from typing import Any

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from signup.addresses.address import Address, stored
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, hash_of
from signup.forms.look_in_mail import look_of_list
from signup.ground.broker import ring
from signup.ground.clock import uuid7
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound, TooMany
from signup.ground.i18n import settle
from signup.ground.tokens import TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import DAY, VISITOR, Rule, network_rules
from signup.mailer import compose, deliver
from signup.mailer.mail_template import OwnMail
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.visitor.own_data.preferences import find_contact

A_DAY = 3
"""Links of a kind, mailed to one mailbox."""


def send_link(token: str, kind: MessageKind, purpose: TokenPurpose) -> str:
    """Mail the person of a preferences link a link of this purpose. The page does not tell whether there was one too
    many today.
    """
    contact = find_contact(keys().open(TokenPurpose.PREFERENCES, token).id)
    settle(contact.language)
    message = mail_to(contact, kind, {"token": keys().sign(purpose, contact.uid)})
    governor().admit(network_rules(request.remote_addr, *VISITOR))
    with transaction():
        if may_go := is_within_limit(kind, stored(contact.address)):
            db.session.add(message)
    if may_go:
        ring(deliver.ACTOR)
    return check_your_inbox()


def check_your_inbox() -> str:
    """The page for who asked for a mail, whether or not one goes out."""
    text = _("If we can send a new email, it is on its way. It may take a minute.")
    return render_template("visitor/notice.html", title=_("Check your inbox"), text=text)


def is_within_limit(kind: MessageKind, to: Address) -> bool:
    """Whether this mailbox may get one more link of this kind today; it is counted. Needs an open transaction."""
    mailbox = keys().hash(to.canonical)
    rule = Rule(kind.value, f"{kind.value[:2]}:{mailbox}", DAY, A_DAY, pauses=True)
    try:
        governor().admit([rule], connection=db.session.connection().connection.driver_connection)
    except TooMany:
        return False
    return True


def mail_to(contact: Contact, kind: MessageKind, data: dict[str, Any], to: Address | None = None) -> Message:
    """A mail of this kind to a contact, or about them to another address of theirs. Raises `NotFound`."""
    newest = select(Subscription).where(Subscription.contact_id == contact.id).order_by(Subscription.id.desc()).limit(1)
    subscription = db.session.scalar(newest)
    if subscription is None:
        raise NotFound("subscription")  # nobody to answer for the mail
    to = to or stored(contact.address)
    return Message(
        kind=kind,
        priority=kind.rules.priority,
        recipient=to.mailed,
        recipient_hash=hash_of(to.key),
        template_hash=compose.template_for(
            kind, contact.language, subscription.list, OwnMail(look=look_of_list(subscription.list_id))
        ),
        data=data,
        dedupe_key=f"{kind.value}:{uuid7().hex}",
        contact_id=contact.id,
        list_id=subscription.list_id,
        subscription_id=subscription.id,
    )
