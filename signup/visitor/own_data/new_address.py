"""Somebody changes their address: asked for on their preferences page, confirmed from the new mailbox.

The answer is the same whether or not the new address is known here. Only who reads both mailboxes learns that it is.
"""

from http import HTTPStatus
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from signup.addresses.address import Address, mask, parse, stored
from signup.consent import erasure
from signup.consent.consent_event import ConsentType
from signup.consent.given_values import hold
from signup.consent.subscription import SubscriptionState
from signup.contacts.address_change import KEEP, AddressChange
from signup.contacts.contact import Contact, Standing, hash_of
from signup.ground.broker import ring
from signup.ground.clock import uuid7
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import InvalidAddress
from signup.ground.i18n import settle
from signup.ground.tokens import TokenPurpose, keys
from signup.limits.governor import governor
from signup.limits.limit_rule import VISITOR, network_rules
from signup.mailer import deliver
from signup.mailer.lease import WAITING
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.visitor.own_data.mailed_link import check_your_inbox, is_within_limit, mail_to
from signup.visitor.own_data.preferences import find_contact
from signup.visitor.visitor_request import this_visit

TO_ONE_MAILBOX = (MessageKind.ADDRESS, MessageKind.MOVED)
"""Mails that are about a mailbox, and go there and nowhere else."""


def ask_for_new_address(token: str) -> ResponseReturnValue:
    """POST /preferences/<token>/address: mail a link to the new address."""
    contact = find_contact(keys().open(TokenPurpose.PREFERENCES, token).id)
    settle(contact.language)
    try:
        new = parse(request.form.get("address", ""))
    except InvalidAddress:
        title, text = _("Please check the address"), _("This is not an email address.")
        return render_template("visitor/notice.html", title=title, text=text), HTTPStatus.UNPROCESSABLE_ENTITY
    governor().admit(network_rules(request.remote_addr, *VISITOR))
    change = AddressChange(uid=uuid7(), contact_id=contact.id, address=new.mailed)
    mail = mail_to(contact, MessageKind.ADDRESS, {"token": keys().sign(TokenPurpose.NEW_ADDRESS, change.uid)}, new)
    own = stored(contact.address)
    with transaction():
        # Both mailboxes count: neither is flooded, and nobody tries out addresses by one link.
        may_go = is_within_limit(MessageKind.ADDRESS, own) and is_within_limit(MessageKind.ADDRESS, new)
        if may_go and not contact.is_test:
            db.session.add_all([change, mail])
    ring(deliver.ACTOR)
    return check_your_inbox()


def new_address(token: str) -> ResponseReturnValue:
    """/new-address/<token>: GET shows the button, POST changes the address. A second time finds nothing to change."""
    uid = keys().open(TokenPurpose.NEW_ADDRESS, token).id
    change = _find(uid)
    if change is None:
        return render_template("visitor/new_address.html", step="over"), HTTPStatus.GONE
    contact = db.session.get_one(Contact, change.contact_id)
    settle(contact.language)
    shown = mask(change.address)
    if request.method != "POST":
        return render_template("visitor/new_address.html", step="ask", address=shown)
    # Before the transaction: a text that is new writes itself down in one of its own.
    notice = mail_to(contact, MessageKind.MOVED, {"address": shown})
    try:
        with transaction():
            done = _change(uid, contact.id, notice)
    except IntegrityError:  # a contact has this address: the database says so, whoever was first
        return render_template("visitor/new_address.html", step="taken", address=shown), HTTPStatus.CONFLICT
    if not done:
        return render_template("visitor/new_address.html", step="over"), HTTPStatus.GONE
    ring(deliver.ACTOR)
    return render_template("visitor/new_address.html", step="done", address=shown)


def _find(uid: UUID) -> AddressChange | None:
    found: AddressChange | None = db.session.scalar(
        select(AddressChange).where(AddressChange.uid == uid, AddressChange.created_at > now(-KEEP))
    )
    return found


def _change(uid: UUID, contact_id: int, notice: Message) -> bool:
    """Give the contact its new address, with its proof, and tell the old one. False when that was done already."""
    entries = hold([contact_id])
    contact = db.session.get(Contact, contact_id, with_for_update=True, populate_existing=True)
    taken = delete(AddressChange).where(AddressChange.uid == uid, AddressChange.created_at > now(-KEEP))
    address = db.session.scalar(taken.returning(AddressChange.address))
    if contact is None or address is None or contact.standing == Standing.MERGED:
        return False
    old, new = stored(contact.address), stored(address)
    if old.key != new.key:
        db.session.add(notice)
        _move(contact, new)
        visit = this_visit("link")
        for entry in entries:
            if entry.state == SubscriptionState.CONFIRMED:
                known = {"address": new.mailed, "answers": {"@address": "changed"}}
                db.session.add(entry.event(ConsentType.PREFERENCE_CHANGED, visit, **known))
    return True


def _move(contact: Contact, new: Address) -> None:
    """Set the address, and have the mails that wait go there. Raises `IntegrityError` for one that is taken."""
    contact.address, contact.address_key, contact.address_hash = new.mailed, new.key, hash_of(new.key)
    db.session.flush()
    waiting = (
        Message.contact_id == contact.id,
        Message.state.in_((*WAITING, MessageState.HELD)),
        Message.kind.not_in(TO_ONE_MAILBOX),
    )
    there = {"recipient": new.mailed, "recipient_hash": hash_of(new.key)}
    db.session.execute(update(Message).where(*waiting).values(there))
    erasure.forget(hash_of(new.key))
