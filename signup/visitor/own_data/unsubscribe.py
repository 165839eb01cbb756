"""/unsubscribe/<token>: GET asks, POST acts, one-click POST from a mailbox provider acts too (RFC 8058).

The link works for years, without login, cookie or script.
"""

from datetime import timedelta

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from signup.addresses.address import mask
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.leaving_words import REASONS
from signup.consent.subscription import Subscription, SubscriptionState, leave
from signup.duplicates.find_subscription import find_subscription
from signup.forms.form import Form
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.i18n import settle
from signup.ground.tokens import TokenPurpose, keys
from signup.signups.signup import Signup
from signup.visitor.own_data import after_leaving
from signup.visitor.visitor_request import this_visit
from signup.visitor.way_home import way_home

METHOD = "link"
PRESSED_TWICE = timedelta(minutes=1)


def unsubscribe(token: str) -> ResponseReturnValue:
    """GET: the question. POST: out, at once, whatever the body says; a second time changes nothing."""
    subscription = find_subscription(keys().open(TokenPurpose.UNSUBSCRIBE, token).id)
    settle(subscription.contact.language)
    if request.method != "POST":
        return page(subscription)
    if request.form.get("List-Unsubscribe") == "One-Click":
        with transaction():
            leave(subscription.id, "one-click", this_visit(METHOD))
        return Response("ok\n", mimetype="text/plain")
    if left := request.form.get("left", ""):
        return page(subscription, left=left, **after_leaving.act(subscription, left))
    with transaction():
        leave(subscription.id, METHOD, this_visit(METHOD))
    return page(subscription, left=_left_here(subscription))


def page(subscription: Subscription, *, left: str = "", **said: bool) -> str:
    """The question; for who has left the way back, and with the token of that very leaving its undo and a why."""
    db.session.refresh(subscription)
    mailing_list, contact = subscription.list, subscription.contact
    return render_template(
        "visitor/unsubscribe.html",
        list=mailing_list,
        address=mask(contact.address),
        has_left=subscription.state == SubscriptionState.UNSUBSCRIBED,
        is_back=left and subscription.state == SubscriptionState.CONFIRMED,
        others=_others(subscription),
        left=left,
        wording=after_leaving.wording(mailing_list) if left and subscription.confirmed_at else "",
        reasons=REASONS,
        reason=subscription.left_because,
        again=_form_of(subscription),
        home=way_home(mailing_list.privacy_url),
        preferences_token=keys().sign(TokenPurpose.PREFERENCES, contact.uid),
        **said,
    )


def _left_here(subscription: Subscription) -> str:
    """The token of the leaving that was just made by this page, also for who pressed the button twice."""
    mine = select(ConsentEvent.id).where(
        ConsentEvent.contact_id == subscription.contact_id,
        ConsentEvent.list_id == subscription.list_id,
        ConsentEvent.type == ConsentType.UNSUBSCRIBED,
        ConsentEvent.method == METHOD,
        ConsentEvent.at > now(-PRESSED_TWICE),
    )
    event_id = db.session.scalar(mine.order_by(ConsentEvent.id.desc()).limit(1))
    return keys().sign(TokenPurpose.LEFT, event_id) if event_id else ""


def _others(subscription: Subscription) -> list[str]:
    """The names of the other lists that this person receives."""
    running = select(Subscription).where(
        Subscription.contact_id == subscription.contact_id,
        Subscription.id != subscription.id,
        Subscription.state == SubscriptionState.CONFIRMED,
    )
    return [one.list.name for one in db.session.scalars(running.order_by(Subscription.id))]


def _form_of(subscription: Subscription) -> str | None:
    """Where the person could sign up again: the form that they last did by."""
    form = db.session.scalar(
        select(Form)
        .join(Signup, Signup.form_id == Form.id)
        .where(Signup.subscription_id == subscription.id, Form.archived_at.is_(None))
        .order_by(Signup.id.desc())
        .limit(1)
    )
    return url_for("forms.show", public_id=form.public_id) if form else None
