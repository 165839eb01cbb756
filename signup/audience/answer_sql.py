"""Conditions on answers and other text in SQL: JSON on both engines, side by side. A wrong type is no answer."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Float, String, Text, and_, case, cast, column, func, literal, or_, select

from signup.audience.rule import MAX_VALUES, Condition, Kind, Op, Subject
from signup.contacts.contact import Contact
from signup.contacts.field import meant_by
from signup.db import is_postgresql
from signup.dialect import Json, fold, folded, today_text

Sql = ColumnElement[bool]
TYPES = {
    Kind.TEXT: ("string", ("text",)),
    Kind.CHOICE: ("string", ("text",)),
    Kind.DATE: ("string", ("text",)),
    Kind.NUMBER: ("number", ("integer", "real")),
    Kind.MULTI: ("array", ("array",)),
    Kind.YES_NO: ("boolean", ("true", "false")),
}
"""What each kind of answer is in JSON, as PostgreSQL and as SQLite name it."""


def compiled(subject: Subject, condition: Condition) -> Sql:
    """The condition on one answer of the contact; the operator is a positive one."""
    key, kind = subject.name, subject.kind
    if kind == Kind.MULTI:
        return _multi(key, condition)
    if condition.op == Op.FILLED:
        return _has_type(key, kind)
    if kind == Kind.YES_NO:
        return _is(key, value=condition.op == Op.YES)
    if kind == Kind.CHOICE:
        return _any_of(key, meant_by(key, condition.values))
    if kind == Kind.NUMBER:
        return _number(key, condition)
    return _date(key, condition) if kind == Kind.DATE else text(_text(key, kind), condition)


def text(value: Any, condition: Condition) -> Sql:
    """A condition on a text of any case; an empty one is none."""
    if condition.op == Op.FILLED:
        return and_(value.is_not(None), value != "")
    wanted = folded(condition.value)
    return fold(value) == wanted if condition.op == Op.IS else like(fold(value), condition.op, wanted)


def like(value: Any, op: Op, wanted: str) -> Sql:
    """Contains, begins or ends, on a text whose case is settled; or that it is not empty."""
    if op == Op.FILLED:
        return value != ""  # type: ignore[no-any-return]
    if op == Op.CONTAINS:
        return value.contains(wanted, autoescape=True)  # type: ignore[no-any-return]
    found: Sql = (value.startswith if op == Op.BEGINS else value.endswith)(wanted, autoescape=True)
    return found


def _path(key: str) -> str:
    return f'$."{key}"'


def _has_type(key: str, kind: Kind) -> Sql:
    on_postgresql, on_sqlite = TYPES[kind]
    if is_postgresql():
        return func.jsonb_typeof(Contact.answers.op("->")(literal(key, Text()))) == on_postgresql
    return func.json_type(Contact.answers, _path(key)).in_(on_sqlite)


def _text(key: str, kind: Kind) -> ColumnElement[Any]:
    value: ColumnElement[Any]
    if is_postgresql():
        value = Contact.answers.op("->>", return_type=String())(literal(key, Text()))
    else:
        value = func.json_extract(Contact.answers, _path(key), type_=String())
    return case((_has_type(key, kind), value))


def _is(key: str, *, value: str | bool) -> Sql:
    """Whether the answer is just this; on PostgreSQL by containment, which an index of all answers serves."""
    if is_postgresql():
        return _contains({key: value})
    if isinstance(value, bool):
        return func.json_type(Contact.answers, _path(key)) == ("true" if value else "false")
    return _text(key, Kind.CHOICE) == value


def _any_of(key: str, values: list[str]) -> Sql:
    # Containment is served by an index, and so is its OR; of a whole branch of a catalogue it would be a page of SQL.
    if len(values) > MAX_VALUES:
        return _text(key, Kind.CHOICE).in_(values)
    return or_(*(_is(key, value=value) for value in values))


def _contains(part: dict[str, Any]) -> Sql:
    return Contact.answers.op("@>", is_comparison=True, return_type=Boolean())(literal(part, Json()))


def _multi(key: str, condition: Condition) -> Sql:
    if condition.op == Op.FILLED:
        return and_(_has_type(key, Kind.MULTI), _length(key) > 0)
    parts = [_includes(key, value) for value in condition.values]
    return and_(*parts) if condition.op == Op.ALL_OF else or_(*parts)


def _length(key: str) -> ColumnElement[int]:
    if is_postgresql():
        answer = Contact.answers.op("->")(literal(key, Text()))
        # The order in which AND is worked out is nobody's promise, and the length of no array is an error.
        return case((_has_type(key, Kind.MULTI), func.jsonb_array_length(answer)))
    return func.json_array_length(Contact.answers, _path(key))


def _includes(key: str, value: str) -> Sql:
    if is_postgresql():
        return _contains({key: [value]})
    entry = func.json_each(Contact.answers, _path(key)).table_valued(column("value"), column("type"), name="entry")
    chosen = select(literal(1)).select_from(entry).where(entry.c.type == "text", entry.c.value == value)
    return and_(_has_type(key, Kind.MULTI), chosen.correlate(Contact).exists())


def _number(key: str, condition: Condition) -> Sql:
    wanted = float(condition.value)
    if is_postgresql():
        if condition.op == Op.IS:
            return _contains({key: wanted})
        # As JSON they are compared in a third of the time that a cast takes; what is no number stands before or behind.
        sign = ">=" if condition.op == Op.AT_LEAST else "<="
        answer = Contact.answers.op("->")(literal(key, Text()))
        reaches = answer.op(sign, is_comparison=True, return_type=Boolean())(literal(wanted, Json()))
        return and_(reaches, _has_type(key, Kind.NUMBER))
    number, bound = cast(_text(key, Kind.NUMBER), Float(53)), literal(wanted, Float(53))
    if condition.op == Op.IS:
        return number == bound
    return number >= bound if condition.op == Op.AT_LEAST else number <= bound


def _date(key: str, condition: Condition) -> Sql:
    day: Any = _text(key, Kind.DATE)
    if is_postgresql():
        day = day.collate("C")
    is_day = day.like("____-__-__")
    if condition.op == Op.IN_LAST:
        return and_(is_day, day >= today_text(-timedelta(days=condition.days or 0)), day <= today_text())
    return and_(is_day, day >= condition.value if condition.op == Op.SINCE else day < condition.value)
