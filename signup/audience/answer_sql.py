"""Conditions on answers and on moments in SQL. What each kind of answer can be asked is in `fields.kinds`."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement

from signup.audience.rule import Condition, Subject
from signup.contacts.contact import Contact
from signup.fields.field import meant_by
from signup.fields.kinds.all_kinds import KINDS
from signup.fields.operator import Op
from signup.ground.dialect import now

Sql = ColumnElement[bool]


def answer_condition(subject: Subject, condition: Condition, of: Any = Contact.answers) -> Sql:
    """The condition on one answer of the contact; the operator is a positive one. `of` is the document it stands in:
    the contact's answers, or what one list was given.
    """
    kind = KINDS[subject.kind]
    if condition.values and not kind.takes_several:  # only what chooses one entry of many may be a branch of them
        meant = tuple(meant_by(subject.name, condition.values))
        condition = condition.model_copy(update={"values": meant})
    return kind.condition(subject.name, condition, of)


def moment_condition(moment: Any, condition: Condition) -> Sql:
    """The condition on a stored time."""
    found: Sql
    match condition.op:
        case Op.SINCE:
            found = moment >= _midnight(condition.value)
        case Op.BEFORE:
            found = moment < _midnight(condition.value)
        case Op.IN_LAST:
            found = moment >= now(-timedelta(days=condition.days or 0))
        case _:
            found = moment.is_not(None)
    return found


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
