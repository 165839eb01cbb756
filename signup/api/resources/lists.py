"""Mailing lists: read."""

from uuid import UUID

from pydantic import Field

from signup.access import scope
from signup.access.api_key import KeyScope
from signup.api.endpoint import endpoint
from signup.api.paging import page_of
from signup.api.shapes import Instant, PageOf, PageQuery, Told
from signup.consent.mailing_list import MailingList
from signup.consent.subscription import SubscriptionState
from signup.counts.tally import Measure, totals


class ListTold(Told):
    """A mailing list."""

    uid: UUID
    slug: str = Field(description="Its short name: in addresses, and wherever a list is asked for.")
    name: str
    description: str
    language: str
    sender_name: str
    sender_address: str
    controller: str = Field(description="Who answers for the data (GDPR art. 13).")
    privacy_url: str
    subscribers: dict[str, int] = Field(description="People by the state of their subscription.")
    created_at: Instant


class ListPage(PageOf):
    """Lists by their age."""

    data: list[ListTold]


@endpoint("GET", "/lists", KeyScope.LISTS_READ, "All lists that the key reaches")
def lists(query: PageQuery) -> ListPage:
    rows, following = page_of(MailingList, query, scope.only(MailingList.id))
    return ListPage(data=[_told(one) for one in rows], next=following)


@endpoint("GET", "/lists/{slug}", KeyScope.LISTS_READ, "One list")
def list_one(slug: str) -> ListTold:
    return _told(scope.mailing_list(slug))


def _told(one: MailingList) -> ListTold:
    counts = totals(Measure.IN_STATE, one.id)
    return ListTold(
        uid=one.uid,
        slug=one.slug,
        name=one.name,
        description=one.description,
        language=one.language,
        sender_name=one.sender_name,
        sender_address=one.sender_address,
        controller=one.controller,
        privacy_url=one.privacy_url,
        subscribers={state.value: counts.get(state, 0) for state in SubscriptionState},
        created_at=one.created_at,
    )
