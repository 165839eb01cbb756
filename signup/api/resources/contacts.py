"""Contacts: find and read."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from signup.access import scope
from signup.access.api_key import ApiKey, KeyScope
from signup.api.endpoint import endpoint
from signup.api.problem import refuse
from signup.api.resources import found_contact
from signup.api.resources.contact_told import ContactTold, told
from signup.api.shapes import Line, PageOf, PageQuery, Slug
from signup.audience.contact_order import ContactOrder
from signup.audience.rule import EVERYONE
from signup.audience.search import Search, find, is_cursor
from signup.audience.segment import find_segment
from signup.consent.subscription import SubscriptionState
from signup.ground.errors import NotFound

State = Literal["pending", "confirmed", "unsubscribed", "bounced", "complained"]


class ContactQuery(PageQuery):
    """Whom to find. Everything that is given must be true."""

    email: Line = Field(default="", description="The whole address.")
    q: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        default="", description="Words of the address, the name, an answer or the company. Not for a masked key."
    )
    list: Slug | None = None
    state: State | None = Field(default=None, description="On that list; without a list, the best of all.")
    segment: Slug | None = None
    order: Literal["newest", "oldest"] = "oldest"
    is_test: bool = Field(default=False, description="Tests, which are not found otherwise.")


class ContactPage(PageOf):
    """Contacts in the order that was asked for."""

    data: list[ContactTold]


@endpoint("GET", "/contacts", KeyScope.CONTACTS_READ, "Find contacts")
def contacts(key: ApiKey, query: ContactQuery) -> ContactPage:
    """With `email` there is one at most. Pages are stable: a contact that comes meanwhile moves no other one."""
    if query.q and (query.email or key.is_masked):
        refuse({"query.q": "Not with a masked key, and not beside email."})
    if query.cursor and not is_cursor(query.cursor):
        refuse({"query.cursor": "This is no cursor of ours."})
    found = find(_search(query), query.cursor, query.limit, is_patient=True)
    following = found.older if found.rows else None
    return ContactPage(data=told(found.rows, key), next=following)


@endpoint("GET", "/contacts/{uid}", KeyScope.CONTACTS_READ, "One contact")
def contact_one(key: ApiKey, uid: UUID) -> ContactTold:
    """Of a contact that was merged into another, that one."""
    return told([found_contact.find(uid)], key)[0]


def _search(query: ContactQuery) -> Search:
    rule = EVERYONE
    if query.segment:
        segment = find_segment(query.segment)
        if not scope.sees_everything() or segment.archived_at is not None:
            raise NotFound("segment")
        rule = segment.version.rule
    return Search(
        text=query.email or query.q,
        list_id=scope.mailing_list(query.list).id if query.list else None,
        state=SubscriptionState(query.state).value if query.state else "",
        rule=rule,
        lists=scope.seen(),
        whole_address=bool(query.email),
        order=ContactOrder.OLDEST if query.order == "oldest" else ContactOrder.NEWEST,
        tests=query.is_test,
    )
