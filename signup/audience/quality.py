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

from signup.activity.event import Event
from signup.activity.event import Kind as EventKind
from signup.audience.stop_list import is_suppressed
from signup.consent.subscription import State, Subscription
from signup.contacts.contact import Contact, Standing
from signup.contacts.finding import Finding
from signup.contacts.verdict import Verdict
from signup.db import Base, now

POINTS = {"reach": 40, "complete": 25, "fresh": 15, "consistent": 10, "proven": 10}
"""The parts of the score, and the most that each can give."""
MAIL, MAIL_PENDING, PHONE, POST = 30, 10, 5, 5
FRESH = ((timedelta(days=180), 15), (timedelta(days=365), 10), (timedelta(days=730), 5))
ONE_MISFIT = 5
SOURCE, DOUBLE, SINGLE = 3, 7, 4
CUSTOMER_FOR = timedelta(days=730)
LIVELY = (EventKind.PAGE_VIEWED, EventKind.DOWNLOADED, EventKind.REDEEMED)
"""What a person did; what was done to them does not make a record fresher."""


class Category(StrEnum):
    """Who somebody is to us, by what happened. Everybody is exactly one."""

    VISITOR = "visitor"
    """Left an address, and did not confirm it or left again."""
    SUBSCRIBER = "subscriber"
    PROSPECT = "prospect"
    """A subscriber who took a lead magnet."""
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


def ingredients(kept: Sequence[str], *which: ColumnElement[bool]) -> Subquery:
    """What the score is made of, for the contacts of `which`; `kept` are the keys of the answers worth having."""
    mine = Finding.contact_id == Contact.id
    reached_by = select(Finding.key).where(mine, Finding.verdict == Verdict.OK).correlate(Contact)
    acted = select(func.max(Event.at)).where(Event.contact_id == Contact.id).correlate(Contact)
    joined = select(Subscription.id).where(Subscription.contact_id == Contact.id, Subscription.state == State.CONFIRMED)
    query = select(
        Contact.id.label("contact_id"),
        Contact.standing,
        Contact.created_at,
        Contact.confirmed_at,
        (Contact.source != "").label("has_source"),
        (Contact.name != "").label("has_name"),
        is_suppressed().label("is_suppressed"),
        reached_by.where(Finding.key.in_(("phone", "mobile"))).exists().label("has_phone"),
        and_(reached_by.where(Finding.key == "postal_code").exists(), answered("street")).label("has_post"),
        select(func.count()).where(mine, Finding.verdict != Verdict.OK).scalar_subquery().label("misfits"),
        _count(answered(key) for key in kept).label("answers"),
        acted.where(Event.kind.in_(LIVELY)).scalar_subquery().label("acted_at"),
        acted.where(Event.kind == EventKind.REDEEMED).scalar_subquery().label("bought_at"),
        acted.where(Event.kind == EventKind.DOWNLOADED).scalar_subquery().label("took_at"),
        joined.where(Subscription.single_opt_in.is_(False)).correlate(Contact).exists().label("is_double"),
        joined.where(Subscription.single_opt_in.is_(True)).correlate(Contact).exists().label("is_single"),
        literal(len(kept) + 1).label("wanted"),
    )
    return query.where(*which).subquery("ingredients")


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
        "proven": _one(c.has_source, SOURCE) + case((c.is_double, DOUBLE), (c.is_single, SINGLE), else_=0),
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
