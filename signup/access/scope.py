"""What the current reader may see. Only this file narrows queries to an operator's lists and a role's groups of fields.

When a contact is open to a list says `consent.given_values.opened`; which lists the page of one contact is about,
`admin.frame.route_subject`. Outside of a request it is the console that asks, and sees all. A request without an
operator sees nothing.
"""

from typing import Any

from flask import g, has_request_context
from sqlalchemy import ColumnElement, select, true

from signup.access.grant import granted
from signup.access.hidden_group import hidden_from
from signup.audience.rule import ASKED_OF_LISTS, COMPANY, subject_of
from signup.consent.given_values import opens_to
from signup.consent.mailing_list import MailingList
from signup.fields.field import Field, FieldGroup
from signup.ground.db import db
from signup.ground.errors import NotFound


def seen() -> frozenset[int] | None:
    """The ids of the lists that the reader may see. None: every list."""
    if not has_request_context():
        return None
    if "seen_lists" not in g:
        g.seen_lists = granted(g.operator) if "operator" in g else frozenset()
    lists: frozenset[int] | None = g.seen_lists
    return lists


def sees_everything() -> bool:
    return seen() is None


def covers(lists: set[int] | frozenset[int]) -> bool:
    """Whether the reader may see all of these lists. What belongs to no list is open to everybody."""
    mine = seen()
    return mine is None or lists <= mine


def only(list_id: Any) -> ColumnElement[bool]:
    """The condition that limits a query to the reader's lists. `list_id` is the row's column."""
    lists = seen()
    return true() if lists is None else list_id.in_(lists)


def hidden_groups() -> frozenset[str]:
    """The groups of fields that the reader does not see."""
    if not has_request_context() or "operator" not in g:
        return frozenset()
    if "hidden_groups" not in g:
        g.hidden_groups = hidden_from(g.operator.role)
    groups: frozenset[str] = g.hidden_groups
    return groups


def hidden_keys() -> frozenset[str]:
    """The keys of the fields in these groups. A key that no field defines is in no group, and is seen."""
    if not (groups := hidden_groups()):
        return frozenset()
    if "hidden_keys" not in g:
        g.hidden_keys = frozenset(db.session.scalars(select(Field.key).where(Field.group.in_(groups))))
    keys: frozenset[str] = g.hidden_keys
    return keys


def shows(key: str) -> bool:
    """Whether the reader may see the values under a key."""
    return key not in hidden_keys()


def shows_companies() -> bool:
    """Whether the reader may see companies and households: they belong to a group of fields."""
    return FieldGroup.HOUSEHOLD not in hidden_groups()


def shows_subject(text: str) -> bool:
    """Whether the reader's rule may ask about this subject. The answer would reveal it."""
    subject = subject_of(text)
    if not sees_everything() and subject.room not in ASKED_OF_LISTS:
        return False
    if subject.room in COMPANY:
        return shows_companies()
    return shows({"answer": subject.name, "region": "postal_code"}.get(subject.room, ""))


def contacts() -> ColumnElement[bool]:
    """The condition that limits a query to contacts that one of the reader's lists may see."""
    lists = seen()
    return true() if lists is None else opens_to(lists)


def mailing_lists() -> list[MailingList]:
    """The reader's lists, by name."""
    query = select(MailingList).where(only(MailingList.id)).order_by(MailingList.name)
    return list(db.session.scalars(query))


def mailing_list(slug: str) -> MailingList:
    """One of the reader's lists by its short name. Raises `NotFound` for others' lists, as for missing ones."""
    found = db.session.scalar(select(MailingList).where(MailingList.slug == slug, only(MailingList.id)))
    if found is None:
        raise NotFound(f"list {slug[:60]!r}")
    return found
