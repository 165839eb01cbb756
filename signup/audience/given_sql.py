"""Conditions for who works with some lists: on what these lists were given, and how a contact stands on them.

Of several lists one is enough to meet a condition. What no list was given – companies, quality, the stop list – cannot
be asked: such a condition is met by nobody.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, case, false, func, select
from sqlalchemy.orm import aliased

from signup.audience import answer_sql
from signup.audience.rule import ASKED_OF_LISTS, Condition, Subject, SubjectKind
from signup.consent.given_values import opened
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Standing
from signup.contacts.value_change import LANGUAGE, NAME
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.text import Text
from signup.fields.operator import Op

Sql = ColumnElement[bool]
GIVEN = {"name": Subject("answer", Text.name, NAME), "language": Subject("answer", Choice.name, LANGUAGE)}
BEST_FIRST = {standing.value: place for place, standing in enumerate(Standing)}


def given_condition(subject: Subject, condition: Condition, lists: Collection[int]) -> Sql:
    """The condition on the contact as these lists know it; the operator is a positive one."""
    if subject.room not in ASKED_OF_LISTS:
        return false()
    entry = aliased(Subscription)
    mine = select(entry.id).where(entry.contact_id == Contact.id, entry.list_id.in_(lists), opened(entry))
    if subject.room == "standing":
        state = best_state(entry, mine)
        return state != "" if condition.op == Op.FILLED else state.in_(condition.values)
    if subject.kind == SubjectKind.INSTANT:
        moment = func.min(entry.created_at if subject.room == "created" else entry.confirmed_at)
        first = mine.with_only_columns(moment).correlate(Contact).scalar_subquery()
        return answer_sql.moment_condition(first, condition)
    met = answer_sql.answer_condition(GIVEN.get(subject.room, subject), condition, entry.given)
    return mine.where(met).correlate(Contact).exists()


def best_state(entry: Any, mine: Select[Any]) -> ColumnElement[str]:
    """The best state among the subscriptions `entry` that meet `mine`."""
    best = mine.with_only_columns(entry.state).order_by(case(BEST_FIRST, value=entry.state)).limit(1)
    return func.coalesce(best.correlate(Contact).scalar_subquery(), "")
