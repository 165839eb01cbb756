"""A confirmation mail once more: asked for on the thank-you page, or by an expired link. The same link, a new code.

The governor counts it like a sign-up, and the answer is the same for everybody, whether a mail goes out or not.
"""

from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil
from uuid import UUID

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext
from sqlalchemy import case, select, update

from signup import limits, tokens
from signup.broker import ring
from signup.clock import utcnow
from signup.contacts import address as addresses
from signup.contacts.contact import hash_of
from signup.contacts.mailbox_provider import provider_of
from signup.db import db, transaction
from signup.dialect import now
from signup.errors import TooMany
from signup.forms import admission, co_registration, framed, submit, submitted
from signup.forms.accept import code_hash
from signup.forms.form import Definition
from signup.forms.live_form import live_form
from signup.forms.origin import allow, check_origin
from signup.forms.submission import Signup, State
from signup.i18n import settle
from signup.limits import Rule
from signup.mailer import compose, deliver
from signup.mailer import message as messages
from signup.mailer.message import Message
from signup.tokens import Purpose, keys
from signup.urls import settings

ASKS_AN_HOUR = 20
MAIL_EVERY = timedelta(minutes=5)
"""As the governor has it for one address (`limits.address_rules`)."""


def again(public_id: str) -> ResponseReturnValue:
    """POST /f/<form>/again: 303 to the thank-you page (JSON: 202), whatever came of it; 429 for a busy network."""
    form = live_form(public_id)
    settle(form.definition.language)
    origin = check_origin(form)
    given = submitted.read_own(request)
    opened = keys().open(Purpose.CODE, given["signup"])
    handle, wait = opened.id, minutes_left(opened.signed_at)
    asks = Rule("again", f"again:{handle.hex}", limits.HOUR, ASKS_AN_HOUR)
    signup = _waiting(form.id, handle)
    # Nobody may tell one address from another by how often they can ask.
    network = [] if signup else limits.network_rules(request.remote_addr, *limits.VISITOR)
    limits.governor().admit([asks, *network])
    if signup:
        mail_again(signup)
    if request.is_json or submit.wants_json():
        said = said_again(form.definition, wait)
        response = jsonify(status="pending", signup=given["signup"], detail=said)
        response.status_code = HTTPStatus.ACCEPTED
        return allow(response, origin)
    domain = given.get("at", "")
    at = domain if provider_of(domain) else None
    more = framed.passed_on() | {"at": at, "again": wait}
    thanks = url_for("forms.thanks", public_id=public_id, s=given["signup"], **more)
    return redirect(thanks, HTTPStatus.SEE_OTHER)


def minutes_left(signed_at: datetime) -> int:
    """Until a new mail can be sent, in whole minutes; by the page's own token, so it tells nothing of the address."""
    left = MAIL_EVERY - (utcnow() - signed_at)
    return max(0, ceil(left / timedelta(minutes=1)))


def said_again(definition: Definition, wait: int) -> str:
    """What is said to whoever asks for the mail once more."""
    if wait:
        return str(
            ngettext("A new mail can be sent in %(num)s minute.", "A new mail can be sent in %(num)s minutes.", wait)
        )
    return definition.say("sent_again")


def _waiting(form_id: int, handle: UUID) -> Signup | None:
    """The newest sign-up behind the thank-you page that still waits for its confirmation."""
    query = select(Signup).where(Signup.handle == handle.hex, Signup.form_id == form_id)
    waits = query.where(Signup.state == State.PENDING, Signup.expires_at > now())
    found: Signup | None = db.session.scalar(waits.order_by(Signup.id.desc()).limit(1))
    return found


def mail_again(signup: Signup) -> None:
    """Queue a new mail for a pending sign-up, as far as its address may get one. Raises `TooMany` for other limits."""
    contact = signup.subscription.contact
    attempt = admission.attempt(signup.list_id, addresses.parse(contact.address), request.remote_addr)
    try:
        limits.governor().admit(limits.sign_up_rules(settings(), attempt))
    except TooMany as error:
        if not limits.is_silent(error.rule):
            raise
    else:
        _write(signup)
        ring(deliver.ACTOR)


def _write(signup: Signup) -> None:
    subscription, new_code = signup.subscription, tokens.new_code()
    definition = signup.form_version.definition.said_in(signup.language)
    own, contact, reminders = definition.mail("confirm"), subscription.contact, definition.reminders
    template = compose.template_for(messages.Kind.CONFIRM, signup.language, subscription.list, own)
    token, hashed = keys().sign(Purpose.CONFIRM, signup.uid), code_hash(signup.uid, new_code)
    boxes = co_registration.as_mailed(co_registration.of_signup(signup))
    revive = (
        update(Signup)
        .where(Signup.id == signup.id, Signup.state == State.PENDING)
        .values(
            expires_at=case((Signup.expires_at <= now(), now(tokens.CONFIRM_TTL)), else_=Signup.expires_at),
            code_hash=hashed,
            code_tries=0,
            code_until=now(tokens.CODE_TTL),
        )
        .execution_options(synchronize_session=False)
    )
    message = Message(
        kind=messages.Kind.CONFIRM,
        priority=messages.Priority.CONFIRM,
        recipient=contact.address,
        recipient_hash=hash_of(contact.address_key),
        template_hash=template,
        data={"token": token, "code": new_code, "reminders": reminders, "partners": boxes},
        dedupe_key=f"confirm:{signup.id}:{hashed[:16]}",
        contact_id=contact.id,
        list_id=signup.list_id,
        signup_id=signup.id,
        subscription_id=subscription.id,
    )
    with transaction():
        if db.session.execute(revive.returning(Signup.id)).first() is not None:
            db.session.add(message)
