"""Whose day has come for an automation. Each occasion has a name, so that nobody gets the same letter twice.

A worker that was away for some days catches up on delays (`CATCH_UP`), not on birthdays: a late one is none.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from signup.automations.automation import Automation, AutomationKind
from signup.consent.mailable import ConsentNeed, Recipient, may_be_mailed
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Nature
from signup.counts.event import Event, EventKind
from signup.fields import value_sql
from signup.ground.db import is_postgresql
from signup.ground.dialect import now
from signup.mailer.message import Message

ENTRY = aliased(Subscription)
"""The subscription that is asked about; `mailable` asks the table itself."""
CATCH_UP = timedelta(days=3)
SHORTEST_YEAR = timedelta(days=300)
"""An anniversary is none in the year of the first day."""


def due(one: Automation, today: date) -> Select[Any]:
    """The subscriptions whose letter is due on `today` (in UTC) and was not written yet."""
    may_go = may_be_mailed(ConsentNeed.CONFIRMED, Recipient(Contact.address_hash, None, ENTRY.id))
    written = select(Message.id).where(Message.dedupe_key == dedupe_key(one, today)).correlate(ENTRY)
    return (
        select(ENTRY.id, ENTRY.uid, ENTRY.given, Contact.id.label("contact_id"), Contact.address)
        .add_columns(Contact.address_key, Contact.uid.label("contact_uid"), _text(ENTRY.confirmed_at).label("since"))
        .join(Contact, Contact.id == ENTRY.contact_id)
        .where(ENTRY.list_id == one.list_id, may_go, Contact.nature != Nature.TEST)
        .where(_has_come(one, today), ~written.exists())
        .order_by(ENTRY.id)
    )


def dedupe_key(one: Automation, today: date) -> ColumnElement[str]:
    """What is unique about the message of an occasion: of a yearly one the year, else there is one."""
    occasion = today.year if one.kind in {AutomationKind.BIRTHDAY, AutomationKind.ANNIVERSARY} else 1
    return literal(f"automation:{one.id}:") + cast(ENTRY.id, String) + literal(f":{occasion}")


def _has_come(one: Automation, today: date) -> ColumnElement[bool]:
    delay = timedelta(days=one.delay_days)
    match AutomationKind(one.kind):
        case AutomationKind.FOLLOW_UP:
            got = select(Event.id).where(
                Event.contact_id == ENTRY.contact_id,
                Event.kind == EventKind.DELIVERED,
                Event.list_id == one.list_id,
                Event.at >= one.turned_on_at,
                *_lately(Event.at, delay),
            )
            return got.correlate(ENTRY).exists()
        case AutomationKind.RENEWAL:
            # Its day, not its confirmation, must not lie before it was turned on.
            turned_on = (one.turned_on_at or datetime.now(UTC)) - delay
            return and_(ENTRY.confirmed_at >= turned_on, *_lately(ENTRY.confirmed_at, delay))
        case AutomationKind.ANNIVERSARY:
            return and_(_is_day(_text(ENTRY.confirmed_at), today), ENTRY.confirmed_at < now(-SHORTEST_YEAR))
        case _:
            born = value_sql.text_if(one.field, value_sql.STRING, ENTRY.given)
            return _is_day(born, today) if one.field else literal(False)  # noqa: FBT003  # SQL


def _lately(moment: Any, delay: timedelta) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return moment <= now(-delay), moment > now(-delay - CATCH_UP)


def _text(moment: Any) -> ColumnElement[str]:
    """A moment's day in UTC, as `2026-01-31`."""
    if is_postgresql():
        return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")
    return func.substr(cast(moment, String), 1, 10)


def _is_day(day: Any, today: date) -> ColumnElement[bool]:
    """Whether `2000-01-31` falls on today, whatever the year; the 29th of February on the 28th where there is none."""
    found = func.substr(day, 6, 5)
    if (today.month, today.day) == (2, 28) and (today + timedelta(days=1)).day == 1:
        return or_(found == "02-28", found == "02-29")
    return found == today.strftime("%m-%d")
