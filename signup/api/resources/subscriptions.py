"""Subscriptions: read, and end. Nothing here begins one: that takes a sign-up, and the person's own click."""

from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.api_key import KeyScope
from signup.api.endpoint import endpoint
from signup.api.paging import page_of
from signup.api.resources.contact_told import SubscriptionTold, subscription_told
from signup.api.resources.contacts import State
from signup.api.shapes import PageOf, PageQuery, Slug
from signup.consent.given_values import opened
from signup.consent.subscription import Subscription, leave
from signup.contacts.contact import Contact, is_counted
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound

METHOD = "api"


class SubscriptionQuery(PageQuery):
    """Which subscriptions."""

    list: Slug | None = None
    state: State | None = None
    contact: UUID | None = Field(default=None, description="The uid of a contact.")


class SubscriptionPage(PageOf):
    """Subscriptions by their age."""

    data: list[SubscriptionTold]


@endpoint("GET", "/subscriptions", KeyScope.SUBSCRIPTIONS_READ, "Find subscriptions")
def subscriptions(query: SubscriptionQuery) -> SubscriptionPage:
    mine = [scope.only(Subscription.list_id), Subscription.contact.has(is_counted())]
    if not scope.sees_everything():
        mine.append(opened())
    if query.list:
        mine.append(Subscription.list_id == scope.mailing_list(query.list).id)
    if query.state:
        mine.append(Subscription.state == query.state)
    if query.contact:
        mine.append(Subscription.contact_id == select(Contact.id).where(Contact.uid == query.contact).scalar_subquery())
    rows, following = page_of(Subscription, query, *mine)
    return SubscriptionPage(data=[subscription_told(one, one.contact.uid) for one in rows], next=following)


@endpoint("GET", "/subscriptions/{uid}", KeyScope.SUBSCRIPTIONS_READ, "One subscription")
def subscription_one(uid: UUID) -> SubscriptionTold:
    found = _find(uid)
    return subscription_told(found, found.contact.uid)


@endpoint("POST", "/subscriptions/{uid}/unsubscribe", KeyScope.SUBSCRIPTIONS_WRITE, "Unsubscribe somebody")
def subscription_end(uid: UUID) -> SubscriptionTold:
    """At once, with proof: campaign mails that wait are not sent. Once more changes nothing. Back on the list comes
    only who signs up and confirms.
    """
    with transaction():
        found = _find(uid)
        if leave(found.id, METHOD):
            audit.note(None, "unsubscribed", str(found.contact.uid), list=found.list_id)
        db.session.flush()
        db.session.refresh(found)
        return subscription_told(found, found.contact.uid)


def _find(uid: UUID) -> Subscription:
    mine = select(Subscription).where(Subscription.uid == uid, scope.only(Subscription.list_id))
    if not scope.sees_everything():
        mine = mine.where(opened())
    found = db.session.scalar(mine)
    if found is None:
        raise NotFound("subscription")
    return found
