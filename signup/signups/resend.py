"""Sends another confirmation mail, with the same link and a new code, if a worker decides so.

A visitor's request is a row, whatever we know of the address: neither the answer nor its time tells who gets a mail.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import String, case, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate

from signup.addresses import address as addresses
from signup.contacts.contact import hash_of
from signup.forms.look_in_mail import own_mail
from signup.ground import tokens
from signup.ground.broker import ring
from signup.ground.db import Base, db, is_outage, transaction
from signup.ground.dialect import now
from signup.ground.errors import TooMany
from signup.ground.jobs import stopping
from signup.ground.tokens import TokenPurpose, keys
from signup.ground.urls import settings
from signup.limits.governor import governor
from signup.limits.limit_rule import Rule, sign_up_rules
from signup.mailer import compose, deliver
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.signups import admission, co_registration
from signup.signups.signup import Signup, SignupState
from signup.signups.store_signup import code_hash

ACTOR = "resend"

log = structlog.get_logger()


class ResentMail(NamedTuple):
    """One more mail, and how its code is kept."""

    message: Message
    code_hash: str


class ResendRequest(Base):
    """Somebody asked for one more mail: on the page after a form, or by the expired link of one sign-up."""

    __tablename__ = "resend_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int]
    handle: Mapped[str] = mapped_column(String(32))
    signup_id: Mapped[int | None]


def ask(form_id: int, handle: UUID, signup_id: int | None = None) -> None:
    """Store a request and ring for it; the same work for every handle."""
    with transaction():
        db.session.add(ResendRequest(form_id=form_id, handle=handle.hex, signup_id=signup_id))
    ring(ACTOR)


def answer(_ids: object = None) -> None:
    """The actor, and the chore for bells that were lost: answer the requests, one in each transaction."""
    while not stopping().is_set():
        asked = db.session.scalar(select(ResendRequest).order_by(ResendRequest.id).limit(1))
        if asked is None:
            db.session.rollback()
            return
        request_id = asked.id
        try:
            signup = _waiting(asked)
            mail = _mail(signup) if signup else None
            rules = _rules(signup) if signup else []
            if _answer(request_id, mail, rules):
                ring(deliver.ACTOR)
        except Exception as error:
            db.session.rollback()
            if is_outage(error):
                raise
            # One that cannot be answered must not keep the others waiting for ever.
            log.exception("resend.failed")
            with transaction():
                db.session.execute(delete(ResendRequest).where(ResendRequest.id == request_id))


def _answer(request_id: int, mail: ResentMail | None, rules: Sequence[Rule]) -> bool:
    """Take the request, and write the mail where the limits admit it; whether one was written."""
    gone = delete(ResendRequest).where(ResendRequest.id == request_id).returning(ResendRequest.id)
    with transaction():
        if db.session.execute(gone).first() is None or mail is None:
            return False
        connection = db.session.connection().connection.driver_connection
        try:
            governor().admit(rules, connection=connection)
        except TooMany:
            return False
        if db.session.execute(_revive(mail)).first() is None:
            return False
        db.session.add(mail.message)
    return True


def _waiting(asked: ResendRequest) -> Signup | None:
    """The newest sign-up that still waits for its confirmation, or the very one whose link expired."""
    query = select(Signup).where(Signup.handle == asked.handle, Signup.form_id == asked.form_id)
    query = query.where(Signup.id == asked.signup_id) if asked.signup_id else query.where(Signup.expires_at > now())
    found: Signup | None = db.session.scalar(
        query.where(Signup.state == SignupState.PENDING).order_by(Signup.id.desc()).limit(1)
    )
    return found


def _rules(signup: Signup) -> list[Rule]:
    """As for a sign-up, but for the visitor's network: that was counted when they asked."""
    address = addresses.stored(signup.subscription.contact.address)
    return sign_up_rules(settings(), admission.attempt(signup.list_id, address, None))


def _mail(signup: Signup) -> ResentMail:
    subscription, new_code = signup.subscription, tokens.new_code()
    definition = signup.form_version.definition.said_in(signup.language)
    contact = subscription.contact
    hashed = code_hash(signup.uid, new_code)
    message = Message(
        kind=MessageKind.CONFIRM,
        priority=MessageKind.CONFIRM.rules.priority,
        recipient=contact.address,
        recipient_hash=hash_of(contact.address_key),
        template_hash=compose.template_for(
            MessageKind.CONFIRM, signup.language, subscription.list, own_mail(definition, "confirm")
        ),
        data={
            "token": keys().sign(TokenPurpose.CONFIRM, signup.uid),
            "code": new_code,
            "reminders": definition.reminders,
            "partners": [partner.as_mailed for partner in co_registration.of_signup(signup)],
        },
        dedupe_key=f"confirm:{signup.id}:{hashed[:16]}",
        contact_id=contact.id,
        list_id=signup.list_id,
        signup_id=signup.id,
        subscription_id=subscription.id,
    )
    return ResentMail(message, hashed)


def _revive(mail: ResentMail) -> ReturningUpdate[int]:
    """The sign-up's new code, and a new end where its link had expired; none when it was confirmed meanwhile."""
    revived = update(Signup).where(Signup.id == mail.message.signup_id, Signup.state == SignupState.PENDING)
    return (
        revived.values(
            expires_at=case((Signup.expires_at <= now(), now(tokens.CONFIRM_TTL)), else_=Signup.expires_at),
            code_hash=mail.code_hash,
            code_tries=0,
            code_until=now(tokens.CODE_TTL),
        )
        .returning(Signup.id)
        .execution_options(synchronize_session=False)
    )
