"""/preferences/<token>/receipt: what I agreed to, when, how, and how to withdraw it.

Old mails are forwarded, and this link stands in them: the address is masked, and nothing is shown but the agreement.
"""

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.addresses import address as addresses
from signup.consent.consent_event import ConsentType
from signup.consent.subscription import Subscription
from signup.evidence.event_words import CONSENT, METHODS
from signup.evidence.proof import Person, proof_of
from signup.evidence.proof_page import spoken_briefly
from signup.ground.db import db
from signup.ground.i18n import settle
from signup.ground.tokens import TokenPurpose, keys
from signup.visitor.own_data.preferences import find_contact

TOLD = frozenset(
    {
        ConsentType.REQUESTED,
        ConsentType.CONFIRMED,
        ConsentType.IMPORTED,
        ConsentType.WITHDRAWN,
        ConsentType.UNSUBSCRIBED,
    }
)
"""What a person did about their consent; the rest is what we did."""


def receipt(token: str) -> ResponseReturnValue:
    """GET: the receipt, in the person's language."""
    contact = find_contact(keys().open(TokenPurpose.PREFERENCES, token).id)
    settle(contact.language)
    mine = select(Subscription).where(Subscription.contact_id == contact.id).order_by(Subscription.id)
    return render_template(
        "visitor/receipt.html",
        address=addresses.mask(contact.address),
        lists=proof_of(Person.of(contact), db.session.scalars(mine), is_whole=True).lists,
        told=TOLD,
        token=token,
        spoken=spoken_briefly,
        CONSENT=CONSENT,
        METHODS=METHODS,
    )
