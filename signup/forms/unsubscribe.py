"""/unsubscribe/<token>: GET asks, POST acts, one-click POST from a mailbox provider acts too (RFC 8058).

The link works for years, without login, cookie or script.
"""

from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.activity import tally
from signup.activity.tally import Measure
from signup.consent.consent import ConsentEvent, Type
from signup.consent.subscription import State, Subscription
from signup.contacts.address import mask
from signup.contacts.contact import Contact, Standing
from signup.contacts.merge import FormerSubscription
from signup.db import db, transaction
from signup.dialect import now
from signup.errors import NotFound
from signup.forms.accept import Visit
from signup.forms.submission import Signup
from signup.forms.submit import this_visit
from signup.i18n import settle
from signup.tokens import Purpose, keys

BEST_FIRST = (
    Standing.CONFIRMED,
    Standing.PENDING,
    Standing.UNSUBSCRIBED,
    Standing.BOUNCED,
    Standing.COMPLAINED,
)


def unsubscribe(token: str) -> ResponseReturnValue:
    """GET: the question. POST: out, at once, whatever the body says; a second time changes nothing."""
    subscription = find_subscription(keys().open(Purpose.UNSUBSCRIBE, token).id)
    settle(subscription.contact.language)
    if request.method == "POST":
        one_click = request.form.get("List-Unsubscribe") == "One-Click"
        with transaction():
            leave(subscription.id, "one-click" if one_click else "link", this_visit("link"))
        if one_click:
            return Response("ok\n", mimetype="text/plain")
    left = db.session.scalar(select(Subscription.state).where(Subscription.id == subscription.id)) == State.UNSUBSCRIBED
    return render_template(
        "forms/unsubscribe.html",
        list=subscription.list,
        address=mask(subscription.contact.address),
        left=left,
        preferences_token=keys().sign(Purpose.PREFERENCES, subscription.contact.uid),
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


def leave(subscription_id: int, method: str, visit: Visit | None = None) -> bool:
    """End a subscription with its proof and counts. Needs an open transaction; returns whether it was still running."""
    subscription = db.session.scalar(
        select(Subscription)
        .where(Subscription.id == subscription_id)
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    )
    if subscription is None or subscription.state not in {State.CONFIRMED, State.PENDING}:
        return False
    before, subscription.state = subscription.state, State.UNSUBSCRIBED
    subscription.state_at = subscription.ended_at = now()
    if before == State.CONFIRMED and subscription.confirmed_at is None:
        subscription.confirmed_at = subscription.created_at  # that it was confirmed once keeps it open to its list
    db.session.add(
        ConsentEvent(
            type=Type.UNSUBSCRIBED,
            contact_id=subscription.contact_id,
            list_id=subscription.list_id,
            controller=subscription.list.controller,
            locale=subscription.contact.language,
            method=method,
            address=subscription.contact.address,
            ip=visit.ip if visit else None,
            agent=visit.agent if visit else None,
        )
    )
    counts = [
        {"list_id": subscription.list_id, "measure": Measure.UNSUBSCRIBED},
        *tally.moved(Measure.IN_STATE, before, State.UNSUBSCRIBED, list_id=subscription.list_id),
        *settle_standing(subscription.contact),
    ]
    tally.count([] if subscription.contact.is_test else counts)
    return True


def settle_standing(contact: Contact) -> list[dict[str, object]]:
    """Let a contact stand where the best of its subscriptions does; the counts of that move."""
    db.session.flush()
    states = set(db.session.scalars(select(Subscription.state).where(Subscription.contact_id == contact.id)))
    before = contact.standing
    contact.standing = next((standing for standing in BEST_FIRST if standing in states), before)
    return tally.moved(Measure.STANDING, before, contact.standing)
