"""Conditions on answers and other text in SQL: JSON on both engines, side by side. A wrong type is no answer."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Float, String, Text, and_, case, cast, column, func, literal, or_, select

from signup.audience.rule import MAX_VALUES, Condition, Op, Subject, SubjectKind
from signup.contacts.contact import Contact
from signup.fields.field import meant_by
from signup.ground.db import is_postgresql
from signup.ground.dialect import Json, fold, folded, now, today_text

Sql = ColumnElement[bool]
TYPES = {
    SubjectKind.TEXT: ("string", ("text",)),
    SubjectKind.CHOICE: ("string", ("text",)),
    SubjectKind.DATE: ("string", ("text",)),
    SubjectKind.NUMBER: ("number", ("integer", "real")),
    SubjectKind.MULTI: ("array", ("array",)),
    SubjectKind.YES_NO: ("boolean", ("true", "false")),
}
"""What each kind of answer is in JSON, as PostgreSQL and as SQLite name it."""


def compiled(subject: Subject, condition: Condition, of: Any = Contact.answers) -> Sql:
    """The condition on one answer of the contact; the operator is a positive one. `of` is the document it stands in:
    the contact's answers, or what one list was given.
    """
    key, kind = subject.name, subject.kind
    if kind == SubjectKind.MULTI:
        return _multi(of, key, condition)
    if condition.op == Op.FILLED:
        return _has_type(of, key, kind)
    if kind == SubjectKind.YES_NO:
        return _is(of, key, value=condition.op == Op.YES)
    if kind == SubjectKind.CHOICE:
        return _any_of(of, key, meant_by(key, condition.values))
    if kind == SubjectKind.NUMBER:
        return _number(of, key, condition)
    return _date(of, key, condition) if kind == SubjectKind.DATE else text(_text(of, key, kind), condition)


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


def at(moment: Any, condition: Condition) -> Sql:
    """A condition on a moment that we noted."""
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


def _path(key: str) -> str:
    return f'$."{key}"'


def _has_type(of: Any, key: str, kind: SubjectKind) -> Sql:
    on_postgresql, on_sqlite = TYPES[kind]
    if is_postgresql():
        return func.jsonb_typeof(of.op("->")(literal(key, Text()))) == on_postgresql
    return func.json_type(of, _path(key)).in_(on_sqlite)


def _text(of: Any, key: str, kind: SubjectKind) -> ColumnElement[Any]:
    value: ColumnElement[Any]
    if is_postgresql():
        value = of.op("->>", return_type=String())(literal(key, Text()))
    else:
        value = func.json_extract(of, _path(key), type_=String())
    return case((_has_type(of, key, kind), value))


def _is(of: Any, key: str, *, value: str | bool) -> Sql:
    """Whether the answer is just this; on PostgreSQL by containment, which an index of all answers serves."""
    if is_postgresql():
        return _contains(of, {key: value})
    if isinstance(value, bool):
        return func.json_type(of, _path(key)) == ("true" if value else "false")
    return _text(of, key, SubjectKind.CHOICE) == value


def _any_of(of: Any, key: str, values: list[str]) -> Sql:
    # Containment is served by an index, and so is its OR; of a whole branch of a catalogue it would be a page of SQL.
    if len(values) > MAX_VALUES:
        return _text(of, key, SubjectKind.CHOICE).in_(values)
    return or_(*(_is(of, key, value=value) for value in values))


def _contains(of: Any, part: dict[str, Any]) -> Sql:
    found: Sql = of.op("@>", is_comparison=True, return_type=Boolean())(literal(part, Json()))
    return found


def _multi(of: Any, key: str, condition: Condition) -> Sql:
    if condition.op == Op.FILLED:
        return and_(_has_type(of, key, SubjectKind.MULTI), _length(of, key) > 0)
    parts = [_includes(of, key, value) for value in condition.values]
    return and_(*parts) if condition.op == Op.ALL_OF else or_(*parts)


def _length(of: Any, key: str) -> ColumnElement[int]:
    if is_postgresql():
        answer = of.op("->")(literal(key, Text()))
        # The order in which AND is worked out is nobody's promise, and the length of no array is an error.
        return case((_has_type(of, key, SubjectKind.MULTI), func.jsonb_array_length(answer)))
    return func.json_array_length(of, _path(key))


def _includes(of: Any, key: str, value: str) -> Sql:
    if is_postgresql():
        return _contains(of, {key: [value]})
    entry = func.json_each(of, _path(key)).table_valued(column("value"), column("type"), name="entry")
    chosen = select(literal(1)).select_from(entry).where(entry.c.type == "text", entry.c.value == value)
    return and_(_has_type(of, key, SubjectKind.MULTI), chosen.correlate_except(entry).exists())


def _number(of: Any, key: str, condition: Condition) -> Sql:
    wanted = float(condition.value)
    if is_postgresql():
        if condition.op == Op.IS:
            return _contains(of, {key: wanted})
        # As JSON they are compared in a third of the time that a cast takes; what is no number stands before or behind.
        sign = ">=" if condition.op == Op.AT_LEAST else "<="
        answer = of.op("->")(literal(key, Text()))
        reaches = answer.op(sign, is_comparison=True, return_type=Boolean())(literal(wanted, Json()))
        return and_(reaches, _has_type(of, key, SubjectKind.NUMBER))
    number, bound = cast(_text(of, key, SubjectKind.NUMBER), Float(53)), literal(wanted, Float(53))
    if condition.op == Op.IS:
        return number == bound
    return number >= bound if condition.op == Op.AT_LEAST else number <= bound


def _date(of: Any, key: str, condition: Condition) -> Sql:
    day: Any = _text(of, key, SubjectKind.DATE)
    if is_postgresql():
        day = day.collate("C")
    is_day = day.like("____-__-__")
    if condition.op == Op.IN_LAST:
        return and_(is_day, day >= today_text(-timedelta(days=condition.days or 0)), day <= today_text())
    return and_(is_day, day >= condition.value if condition.op == Op.SINCE else day < condition.value)
