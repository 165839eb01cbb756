"""Asks the remaining questions once an address is confirmed: which are left, who may answer, what is stored.

They change what we know of a person, never what the person agreed to.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from signup.consent.consent_event import ConsentType
from signup.consent.given_values import give, hold
from signup.consent.visit import Visit
from signup.contacts.contact import Contact
from signup.contacts.value_change import ChangeKind, ChangeOrigin
from signup.fields.field import out_of_use
from signup.forms.question import Question
from signup.ground.clock import utcnow
from signup.ground.db import db
from signup.ground.errors import InvalidToken
from signup.ground.tokens import LATER_TTL, TokenPurpose, keys
from signup.signups.signup import Signup


def questions(signup: Signup) -> tuple[Question, ...]:
    """The questions that its form asks later and the person has not answered yet; none before the confirmation."""
    if not signup.is_done:
        return ()
    asked = signup.form_version.definition.said_in(signup.language).later_fields
    left = tuple(field for field in asked if field.key not in signup.subscription.contact.answers)
    gone = out_of_use() if left else set()
    return tuple(field for field in left if field.key not in gone)


def token_of(signup: Signup) -> str:
    """The token with which whoever just confirmed may answer, for an hour."""
    return keys().sign(TokenPurpose.LATER, signup.uid)


def open_token(token: str) -> UUID:
    """The sign-up that a token is for. Raises `InvalidToken` for a forged or an old one."""
    opened = keys().open(TokenPurpose.LATER, token)
    if utcnow() - opened.signed_at > LATER_TTL:
        raise InvalidToken("too old")
    return opened.id


def answer(signup: Signup, answers: dict[str, Any], visit: Visit) -> None:
    """Store checked answers on the contact, with an entry in its proof. Needs an open transaction."""
    held = hold([signup.contact_id])
    # Two tabs may answer at the same moment: the row is locked before what it holds is read.
    contact = db.session.scalars(
        select(Contact)
        .where(Contact.id == signup.contact_id)
        .with_for_update(of=Contact)
        .execution_options(populate_existing=True)
    ).one()
    contact.learn(answers, contact.language, ChangeOrigin(ChangeKind.LATER, signup.id))
    for entry in held:
        if entry.list_id == signup.list_id:
            give(entry, answers)
    controller = signup.subscription.list.controller
    db.session.add(signup.event(ConsentType.PREFERENCE_CHANGED, visit, controller=controller, answers=answers))
