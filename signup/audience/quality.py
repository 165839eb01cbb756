"""How good a contact's record is, 0 to 100, in five parts; who they are to us; and the grade. One definition, in SQL.

What is asked of a contact stands in `ingredients`; how many points that is, in `POINTS` and `parts`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from signup.checks.verdict import FINE
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.mailable import looked_up_as_suppressed
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact, Standing, is_counted
from signup.counts.event import Event, EventKind
from signup.fields.finding import Finding
from signup.ground.db import Base
from signup.ground.dialect import now

POINTS = {"reach": 40, "complete": 25, "fresh": 15, "consistent": 10, "proven": 10}
"""The parts of the score, and the most that each can give."""
MAIL, MAIL_PENDING, PHONE, POST = 30, 10, 5, 5
FRESH = ((timedelta(days=180), 15), (timedelta(days=365), 10), (timedelta(days=730), 5))
ONE_MISFIT = 5
SOURCE, DOUBLE, OTHERWISE = 3, 7, 4
"""Points for a known source, for a confirmation by mail of our own, and for any other evidence of consent."""
CUSTOMER_FOR = timedelta(days=730)
LIVELY = (EventKind.PAGE_VIEWED, EventKind.DOWNLOADED, EventKind.REDEEMED)
"""What a person did; what was done to them does not make a record fresher."""


class Category(StrEnum):
    """Who somebody is to us, by what happened. Everybody is exactly one."""

    VISITOR = "visitor"
    """Left an address, and did not confirm it or left again."""
    SUBSCRIBER = "subscriber"
    PROSPECT = "prospect"
    """A subscriber who took an incentive."""
    CUSTOMER = "customer"
    """Redeemed a code or ordered in the last two years."""
    PAST_CUSTOMER = "past_customer"


class Quality(Base):
    """The score of one contact as it was last worked out, its category, and its grade."""

    __tablename__ = "quality"
    __table_args__ = (
        Index("ix_quality_score", "score", "contact_id"),
        Index("ix_quality_category", "category", "contact_id"),
        Index("ix_quality_grade", "grade", "contact_id"),
    )
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    score: Mapped[int]
    reach: Mapped[int]
    complete: Mapped[int]
    fresh: Mapped[int]
    consistent: Mapped[int]
    proven: Mapped[int]
    category: Mapped[str] = mapped_column(String(16))
    grade: Mapped[str] = mapped_column(String(8), default="", server_default="")
    is_graded_by_hand: Mapped[bool] = mapped_column(default=False, server_default="0")
    at: Mapped[datetime] = mapped_column(server_default=now())


def ingredients(kept: Sequence[str], first: int, last: int) -> Subquery:
    """What the score is made of, for the contacts from `first` to `last`; `kept`: the keys of the answers worth having.

    Each table is read once for all of them. Looked up one by one, or as an EXISTS, a planner reads it whole.
    """
    found, acted, held, proved = (of(first, last) for of in (_findings, _doings, _subscriptions, _confirmations))
    query = (
        select(
            Contact.id.label("contact_id"),
            Contact.standing,
            Contact.created_at,
            Contact.confirmed_at,
            (Contact.source != "").label("has_source"),
            (Contact.name != "").label("has_name"),
            looked_up_as_suppressed().label("is_suppressed"),
            (func.coalesce(found.c.phones, 0) > 0).label("has_phone"),
            and_(func.coalesce(found.c.places, 0) > 0, answered("street")).label("has_post"),
            func.coalesce(found.c.misfits, 0).label("misfits"),
            _count(answered(key) for key in kept).label("answers"),
            acted.c.acted_at,
            acted.c.bought_at,
            acted.c.took_at,
            (func.coalesce(held.c.confirmed, 0) > 0).label("is_confirmed"),
            and_(func.coalesce(held.c.double, 0) > 0, proved.c.contact_id.is_not(None)).label("is_double"),
            literal(len(kept) + 1).label("wanted"),
        )
        .outerjoin(found, found.c.contact_id == Contact.id)
        .outerjoin(acted, acted.c.contact_id == Contact.id)
        .outerjoin(held, held.c.contact_id == Contact.id)
        .outerjoin(proved, proved.c.contact_id == Contact.id)
    )
    # Without the OFFSET a planner pulls the subquery up, and works every ingredient out again for each of its uses.
    return query.where(Contact.id.between(first, last), is_counted()).offset(0).subquery("ingredients")


def _findings(first: int, last: int) -> Subquery:
    is_ok = Finding.verdict.in_(FINE)
    query = select(
        Finding.contact_id,
        func.sum(_one(and_(is_ok, Finding.key.in_(("phone", "mobile"))))).label("phones"),
        func.sum(_one(and_(is_ok, Finding.key == "postal_code"))).label("places"),
        func.sum(_one(~is_ok)).label("misfits"),
    )
    return query.where(Finding.contact_id.between(first, last)).group_by(Finding.contact_id).subquery("found")


def _doings(first: int, last: int) -> Subquery:
    query = select(
        Event.contact_id,
        func.max(Event.at).label("acted_at"),
        func.max(case((Event.kind == EventKind.REDEEMED, Event.at))).label("bought_at"),
        func.max(case((Event.kind == EventKind.DOWNLOADED, Event.at))).label("took_at"),
    )
    mine = (Event.contact_id.between(first, last), Event.kind.in_(LIVELY))
    return query.where(*mine).group_by(Event.contact_id).subquery("acted")


def _subscriptions(first: int, last: int) -> Subquery:
    is_double = _one(Subscription.single_opt_in.is_(False))
    query = select(Subscription.contact_id, func.count().label("confirmed"), func.sum(is_double).label("double"))
    mine = (Subscription.contact_id.between(first, last), Subscription.state == SubscriptionState.CONFIRMED)
    return query.where(*mine).group_by(Subscription.contact_id).subquery("held")


def _confirmations(first: int, last: int) -> Subquery:
    mine = (ConsentEvent.contact_id.between(first, last), ConsentEvent.type == ConsentType.CONFIRMED)
    return select(ConsentEvent.contact_id).where(*mine).distinct().subquery("proved")


def parts(of: Subquery) -> dict[str, ColumnElement[int]]:
    """The points of each part."""
    c = of.c
    mail = case(
        (c.is_suppressed, 0),
        (c.standing == Standing.CONFIRMED, MAIL),
        (c.standing == Standing.PENDING, MAIL_PENDING),
        else_=0,
    )
    filled = c.answers + _one(c.has_name)
    return {
        "reach": mail + _one(c.has_phone, PHONE) + _one(c.has_post, POST),
        "complete": (filled * (2 * POINTS["complete"]) + c.wanted) // (c.wanted * 2),  # rounded to the nearest
        "fresh": case(*((_since(c, age), points) for age, points in FRESH), else_=0),
        "consistent": case((c.misfits == 0, POINTS["consistent"]), (c.misfits == 1, ONE_MISFIT), else_=0),
        "proven": _one(c.has_source, SOURCE) + case((c.is_double, DOUBLE), (c.is_confirmed, OTHERWISE), else_=0),
    }


def category(of: Subquery) -> ColumnElement[str]:
    c = of.c
    return case(
        (c.bought_at >= now(-CUSTOMER_FOR), Category.CUSTOMER.value),
        (c.bought_at.is_not(None), Category.PAST_CUSTOMER.value),
        (c.standing != Standing.CONFIRMED, Category.VISITOR.value),
        (c.took_at.is_not(None), Category.PROSPECT.value),
        else_=Category.SUBSCRIBER.value,
    )


def scored(of: Subquery) -> Select[Any]:
    """A row for each contact: its id, the score, the parts, the category, named as `Quality` names them."""
    points = parts(of)
    total: Any = sum(points.values(), literal(0))
    named = [value.label(name) for name, value in points.items()]
    return select(of.c.contact_id, total.label("score"), *named, category(of).label("category"))


def answered(key: str) -> ColumnElement[bool]:
    """Whether the contact has an answer under this key."""
    value = Contact.answers[key].as_string()
    return and_(value.is_not(None), value.not_in(("", "[]")))


def _count(conditions: Any) -> ColumnElement[int]:
    return sum((_one(condition) for condition in conditions), literal(0))


def _one(condition: Any, points: int = 1) -> Any:
    return case((condition, points), else_=0)


def _since(c: Any, age: timedelta) -> ColumnElement[bool]:
    return or_(c.acted_at >= now(-age), c.confirmed_at >= now(-age), c.created_at >= now(-age))
