"""A contact as the API tells it: what the key's lists may know of it, masked for a masked key."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import Field

from signup.access.api_key import ApiKey
from signup.access.seen_contact import seen
from signup.addresses.address import mask
from signup.api.shapes import Instant, Told
from signup.audience.search import subscriptions_of
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.tag import tags_of

HIDDEN = "•••"


class SubscriptionTold(Told):
    """One person on one list."""

    uid: UUID
    contact: UUID
    list: str
    state: str = Field(description="pending, confirmed, unsubscribed, bounced or complained.")
    state_at: Instant
    created_at: Instant
    confirmed_at: Instant | None
    ended_at: Instant | None
    is_single_opt_in: bool = Field(description="Confirmed without a confirmation email.")


class ContactTold(Told):
    """A person, known by one address."""

    uid: UUID
    email: str = Field(description="Masked for a masked key.")
    name: str
    language: str
    state: str = Field(description="The best of their subscriptions.")
    fields: dict[str, Any] = Field(description="Answers by key; empty for a masked key.")
    tags: list[str] = Field(description="Empty for a key that is masked or of some lists only.")
    source: str
    is_test: bool
    created_at: Instant | None
    confirmed_at: Instant | None
    subscriptions: list[SubscriptionTold]


def told(contacts: Sequence[Contact], key: ApiKey) -> list[ContactTold]:
    """These contacts, which must be the key's to see, in their order."""
    ids = [one.id for one in contacts]
    entries = subscriptions_of(ids, key.lists)
    tagged = tags_of(ids) if key.lists is None and not key.is_masked else {}
    return [
        ContactTold(
            uid=one.uid,
            email=mask(one.address) if key.is_masked else one.address,
            name=(one.name[:1] + HIDDEN if one.name else "") if key.is_masked else one.name,
            language=one.language,
            state=one.standing,
            fields={} if key.is_masked else one.answers,
            tags=[tag.name for tag in tagged.get(one.id, [])],
            source=one.source,
            is_test=one.is_test,
            created_at=one.created_at,
            confirmed_at=one.confirmed_at,
            subscriptions=[subscription_told(entry, one.uid) for entry in entries.get(one.id, [])],
        )
        for one in seen(contacts)
    ]


def subscription_told(entry: Subscription, contact: UUID) -> SubscriptionTold:
    """One subscription of the contact with this public id."""
    return SubscriptionTold(
        uid=entry.uid,
        contact=contact,
        list=entry.list.slug,
        state=entry.state,
        state_at=entry.state_at,
        created_at=entry.created_at,
        confirmed_at=entry.confirmed_at,
        ended_at=entry.ended_at,
        is_single_opt_in=entry.single_opt_in,
    )
