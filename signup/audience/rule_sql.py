"""A rule as one SQL expression over `contact`, with equal results on both engines. What a rule may say is in `rule`.

Texts are compared without regard to case: addresses and names by their keys, all other text by `dialect.fold`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.selectable import Exists

from signup.activity.event import Event
from signup.audience import answer_sql
from signup.audience.company_sql import at_a_company, in_region, of_quality
from signup.audience.prefix import begins_with
from signup.audience.rule import COMPANY, OPPOSITES, Condition, Group, Kind, Op, Subject, subject_of
from signup.audience.stop_list import is_suppressed
from signup.consent.consent import ConsentEvent
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.dialect import now

Sql = ColumnElement[bool]

KEYS = {"address": Contact.address_key, "name": Contact.name_key}
COLUMNS = {"language": Contact.language, "standing": Contact.standing}
INSTANTS = {"created": Contact.created_at, "confirmed": Contact.confirmed_at}


def compiled(rule: Group) -> Sql:
    """The rule as a condition on `Contact`, for the WHERE of a query that reads from it."""
    parts = [compiled(node) if isinstance(node, Group) else _condition(node) for node in rule.rules]
    if rule.match == "any":
        return or_(false(), *parts)
    if rule.match == "none":
        return and_(true(), *map(_not, parts))
    return and_(true(), *parts)


def _condition(condition: Condition) -> Sql:
    subject = subject_of(condition.subject)
    if condition.op in OPPOSITES:
        return _not(_positive(subject, condition.model_copy(update={"op": OPPOSITES[condition.op]})))
    return _positive(subject, condition)


def _not(part: Sql) -> Sql:
    # An unknown is not met, so its opposite is: plain NOT would leave it unknown. EXISTS always knows.
    return not_(part) if isinstance(part, Exists) else part.is_not(true())


def _positive(subject: Subject, condition: Condition) -> Sql:
    if subject.room == "answer":
        return answer_sql.compiled(subject, condition)
    if subject.room in ASKERS:
        return ASKERS[subject.room](subject, condition)
    if subject.kind == Kind.INSTANT:
        return _instant(subject, condition)
    if subject.kind == Kind.CHOICE:
        return _choice(COLUMNS[subject.room], condition)
    return _key(subject, condition) if subject.room in KEYS else answer_sql.text(Contact.source, condition)


def _key(subject: Subject, condition: Condition) -> Sql:
    key, value = KEYS[subject.room], condition.value.lower()
    if condition.op == Op.IS:
        return key == value
    return begins_with(key, value) if condition.op == Op.BEGINS else answer_sql.like(key, condition.op, value)


def _choice(text: InstrumentedAttribute[str], condition: Condition) -> Sql:
    return text != "" if condition.op == Op.FILLED else text.in_(condition.values)


def _instant(subject: Subject, condition: Condition) -> Sql:
    at: ColumnElement[Any]
    if subject.room == "last_event":
        event = aliased(Event)
        latest = select(func.max(event.at)).where(event.contact_id == Contact.id)
        at = latest.correlate(Contact).scalar_subquery()
    else:
        at = INSTANTS[subject.room]  # type: ignore[assignment]  # a mapped column is one
    match condition.op:
        case Op.SINCE:
            return at >= _midnight(condition.value)
        case Op.BEFORE:
            return at < _midnight(condition.value)
        case Op.IN_LAST:
            return at >= now(-timedelta(days=condition.days or 0))
        case _:
            return at.is_not(None)


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _list(subject: Subject, condition: Condition) -> Sql:
    entry = aliased(Subscription)
    mine = select(entry.id).where(entry.contact_id == Contact.id, entry.list_id == int(subject.name))
    if condition.op == Op.ANY_OF:
        mine = mine.where(entry.state.in_(condition.values))
    return mine.correlate(Contact).exists()


def _event(subject: Subject, condition: Condition) -> Sql:
    event = aliased(Event)
    mine = select(event.id).where(event.contact_id == Contact.id, event.kind == subject.name)
    if condition.days:
        mine = mine.where(event.at >= now(-timedelta(days=condition.days)))
    return _often(mine, condition.times)


def _consent(subject: Subject, condition: Condition) -> Sql:
    event = aliased(ConsentEvent)
    mine = select(event.id).where(event.contact_id == Contact.id, event.type == subject.name)
    if condition.days:
        mine = mine.where(event.at >= now(-timedelta(days=condition.days)))
    return _often(mine, condition.times)


def _often(mine: Select[Any], times: int) -> Sql:
    # Once: an EXISTS that the planner may turn into a join. More often: the n-th row is there or not; no counting.
    if times > 1:
        mine = mine.limit(1).offset(times - 1)
    return mine.correlate(Contact).exists()


def _suppressed(_subject: Subject, condition: Condition) -> Sql:
    return is_suppressed() if condition.op == Op.YES else _not(is_suppressed())


ASKERS: dict[str, Callable[[Subject, Condition], Sql]] = {
    "list": _list,
    "event": _event,
    "consent": _consent,
    "suppressed": _suppressed,
    "region": in_region,
    "quality": of_quality,
    "category": of_quality,
    "grade": of_quality,
    **dict.fromkeys(COMPANY, at_a_company),
}
