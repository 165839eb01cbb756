"""/unsubscribe/<token>: GET asks, POST acts, one-click POST from a mailbox provider acts too (RFC 8058).

The link works for years, without login, cookie or script.
"""

from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.addresses.address import mask
from signup.consent.subscription import Subscription, SubscriptionState, leave
from signup.duplicates.merge import FormerSubscription
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound
from signup.ground.i18n import settle
from signup.ground.tokens import TokenPurpose, keys
from signup.signups.signup import Signup
from signup.visitor.visitor_request import this_visit
from signup.visitor.way_home import way_home


def unsubscribe(token: str) -> ResponseReturnValue:
    """GET: the question. POST: out, at once, whatever the body says; a second time changes nothing."""
    subscription = find_subscription(keys().open(TokenPurpose.UNSUBSCRIBE, token).id)
    settle(subscription.contact.language)
    if request.method == "POST":
        one_click = request.form.get("List-Unsubscribe") == "One-Click"
        with transaction():
            leave(subscription.id, "one-click" if one_click else "link", this_visit("link"))
        if one_click:
            return Response("ok\n", mimetype="text/plain")
    left = (
        db.session.scalar(select(Subscription.state).where(Subscription.id == subscription.id))
        == SubscriptionState.UNSUBSCRIBED
    )
    return render_template(
        "visitor/unsubscribe.html",
        list=subscription.list,
        address=mask(subscription.contact.address),
        left=left,
        home=way_home(subscription.list.privacy_url),
        preferences_token=keys().sign(TokenPurpose.PREFERENCES, subscription.contact.uid),
    )


def find_subscription(uid: UUID) -> Subscription:
    """The subscription behind a link: named itself, or by the sign-up that the mail was about. Raises `NotFound`."""
    by_signup = select(Signup.subscription_id).where(Signup.uid == uid)
    found = db.session.scalar(select(Subscription).where((Subscription.uid == uid) | Subscription.id.in_(by_signup)))
    if found is None:
        merged = select(FormerSubscription.subscription_id).where(FormerSubscription.uid == uid)
        found = db.session.scalar(select(Subscription).where(Subscription.id.in_(merged)))
    if found is None:
        raise NotFound("subscription")
    return found
