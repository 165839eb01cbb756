"""The feed of events, for programs that follow along: a warehouse, a CRM."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from signup.access.api_key import ApiKey, KeyScope
from signup.api.endpoint import endpoint
from signup.api.paging import read_cursor, write_cursor
from signup.api.shapes import Instant, Shape, Told
from signup.webhooks.event_feed import FeedEvent, feed_end, read_feed
from signup.webhooks.event_name import EventName

NEWEST = "now"


class EventQuery(Shape):
    """Where to go on."""

    after: Annotated[str, StringConstraints(max_length=40)] = Field(
        default="", description="`next` of the page before; empty: from the very first event; `now`: only new ones."
    )
    limit: int = Field(default=100, ge=1, le=1_000, description="So many places of the ledger are looked at.")


class EventTold(Told):
    """What happened, without anything personal: read the contact for that."""

    id: UUID
    type: EventName
    at: Instant
    list: str | None
    form: str | None
    contact: UUID | None = Field(description="Null once it is erased, and where this key does not reach it.")
    subject: str = Field(description="The same for all events of a contact, after its erasure too.")
    method: str = Field(description="How: `form`, `link`, `code`, `one-click`, `import-…`.")


class EventPage(Told):
    """Events in the order in which they were committed. A page may hold fewer than asked for, or none."""

    data: list[EventTold]
    next: str = Field(description="Keep it, and give it as `after` the next time.")
    has_more: bool = Field(description="Whether there is more right now; else ask again in a while.")


@endpoint("GET", "/events", KeyScope.EVENTS_READ, "What happened since")
def events(key: ApiKey, query: EventQuery) -> EventPage:
    """No gap and no double, however many write: an event gets its place after its commit, within about a second. Tests
    and demonstration are not in it.
    """
    if query.after == NEWEST:
        return EventPage(data=[], next=write_cursor(feed_end()), has_more=False)
    page = read_feed(read_cursor(query.after), query.limit, key.lists)
    return EventPage(data=[_told(one) for one in page.events], next=write_cursor(page.end), has_more=not page.is_last)


def _told(one: FeedEvent) -> EventTold:
    return EventTold(
        id=one.id,
        type=one.name,
        at=one.at,
        list=one.list,
        form=one.form,
        contact=one.contact,
        subject=one.subject,
        method=one.method,
    )
