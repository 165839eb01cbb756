"""A rule as one SQL expression over `contact`, with equal results on both engines. What a rule may say is in `rule`.

For a reader of some lists it asks what these were given (`given_sql`), and what happened on them. Texts are compared
without regard to case: addresses and names by their keys, all other text by `dialect.fold`.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
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

from signup.audience import answer_sql, given_sql
from signup.audience.answer_sql import moment_condition
from signup.audience.begins_with import begins_with
from signup.audience.company_sql import at_a_company, in_region, of_quality
from signup.audience.rule import COMPANY, Condition, ConditionGroup, Subject, SubjectKind, subject_of
from signup.consent.consent_event import ConsentEvent
from signup.consent.mailable import is_suppressed
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.tag import ContactTag
from signup.counts.event import Event
from signup.fields import text_sql
from signup.fields.kinds.choice import Choice
from signup.fields.operator import OPPOSITES, Op
from signup.ground.dialect import now

Sql = ColumnElement[bool]
Lists = Collection[int] | None

KEYS = {"address": Contact.address_key, "name": Contact.name_key}
COLUMNS = {"language": Contact.language, "standing": Contact.standing}
INSTANTS = {"created": Contact.created_at, "confirmed": Contact.confirmed_at}
ID_DIGITS = 18
HAPPENED = {"last_event", "event", "consent"}


def rule_condition(rule: ConditionGroup, lists: Lists = None) -> Sql:
    """The rule as a condition on `Contact`, for the WHERE of a query that reads from it; as who works with `lists` may
    ask it. None: with every list.
    """
    parts = [
        rule_condition(node, lists) if isinstance(node, ConditionGroup) else _condition(node, lists)
        for node in rule.rules
    ]
    if rule.match == "any":
        return or_(false(), *parts)
    if rule.match == "none":
        return and_(true(), *map(_not, parts))
    return and_(true(), *parts)


def _condition(condition: Condition, lists: Lists) -> Sql:
    subject = subject_of(condition.subject)
    if condition.op in OPPOSITES:
        return _not(_positive(subject, condition.model_copy(update={"op": OPPOSITES[condition.op]}), lists))
    return _positive(subject, condition, lists)


def _not(part: Sql) -> Sql:
    # An unknown is not met, so its opposite is: plain NOT would leave it unknown. EXISTS always knows.
    return not_(part) if isinstance(part, Exists) else part.is_not(true())


def _positive(subject: Subject, condition: Condition, lists: Lists) -> Sql:
    if subject.room in HAPPENED:
        return _happened(subject, condition, lists)
    if lists is not None and subject.room not in {"list", "address"}:
        return given_sql.given_condition(subject, condition, lists)
    if subject.room in ASKERS:
        return ASKERS[subject.room](subject, condition)
    if subject.kind == SubjectKind.INSTANT:
        return moment_condition(INSTANTS[subject.room], condition)
    if subject.kind == Choice.name:
        return _choice(COLUMNS[subject.room], condition)
    return _key(subject, condition) if subject.room in KEYS else text_sql.meets(Contact.source, condition)


def _key(subject: Subject, condition: Condition) -> Sql:
    key, value = KEYS[subject.room], condition.value.lower()
    if condition.op == Op.IS:
        return key == value
    return begins_with(key, value) if condition.op == Op.BEGINS else text_sql.like(key, condition.op, value)


def _choice(text: InstrumentedAttribute[str], condition: Condition) -> Sql:
    return text != "" if condition.op == Op.FILLED else text.in_(condition.values)


def _list(subject: Subject, condition: Condition) -> Sql:
    entry = aliased(Subscription)
    mine = select(entry.id).where(entry.contact_id == Contact.id, entry.list_id == int(subject.name))
    if condition.op == Op.ANY_OF:
        mine = mine.where(entry.state.in_(condition.values))
    return mine.correlate(Contact).exists()


def _happened(subject: Subject, condition: Condition, lists: Lists) -> Sql:
    """The last event, or one of a kind, or a consent event of a type."""
    event: Any = aliased(ConsentEvent if subject.room == "consent" else Event)
    mine = select(event.id).where(event.contact_id == Contact.id)
    if lists is not None:
        mine = mine.where(event.list_id.in_(lists))
    if subject.room == "last_event":
        latest = mine.with_only_columns(func.max(event.at)).correlate(Contact).scalar_subquery()
        return moment_condition(latest, condition)
    mine = mine.where((event.type if subject.room == "consent" else event.kind) == subject.name)
    if condition.days:
        mine = mine.where(event.at >= now(-timedelta(days=condition.days)))
    return _often(mine, condition.times)


def _often(mine: Select[Any], times: int) -> Sql:
    # Once: an EXISTS that the planner may turn into a join. More often: the n-th row is there or not; no counting.
    if times > 1:
        mine = mine.limit(1).offset(times - 1)
    return mine.correlate(Contact).exists()


def _tag(_subject: Subject, condition: Condition) -> Sql:
    """Whether a contact has one of these tags, all of them, or any at all."""
    if condition.op == Op.FILLED:
        return _has_tag(true())
    parts = [_has_tag(ContactTag.tag_id == int(value)) for value in condition.values if _is_id(value)]
    if condition.op == Op.ALL_OF:
        return and_(*parts) if len(parts) == len(condition.values) else false()
    return or_(false(), *parts)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= ID_DIGITS


def _has_tag(which: Sql) -> Exists:
    mine = select(ContactTag.id).where(ContactTag.contact_id == Contact.id, which)
    return mine.correlate(Contact).exists()


def _suppressed(_subject: Subject, condition: Condition) -> Sql:
    return is_suppressed() if condition.op == Op.YES else _not(is_suppressed())


ASKERS: dict[str, Callable[[Subject, Condition], Sql]] = {
    "answer": answer_sql.answer_condition,
    "list": _list,
    "suppressed": _suppressed,
    "tag": _tag,
    "region": in_region,
    "quality": of_quality,
    "category": of_quality,
    "grade": of_quality,
    **dict.fromkeys(COMPANY, at_a_company),
}
