"""The values inside `contact.answers` in SQL: whether there is one, each with its key, taken out, put back.

Both engines stand side by side. Reading one for a condition of a segment is in `audience.answer_sql`.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    Table,
    TableValuedAlias,
    Text,
    case,
    cast,
    column,
    func,
    literal,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute

from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.ground.db import is_postgresql
from signup.ground.dialect import Json

Sql = ColumnElement[Any]
card: Table = Subscription.__table__  # type: ignore[assignment]  # a mapped class always has a table
"""What each list was given of a contact (`consent.given_values`)."""


def path_of(key: str) -> str:
    """A key as SQLite's JSON functions take it."""
    return f'$."{key}"'


def has(key: str, of: Sql | InstrumentedAttribute[Any] = Contact.answers) -> Sql:
    """Whether the contact has a value under the key."""
    if is_postgresql():
        return of.op("?", is_comparison=True, return_type=Boolean())(literal(key, Text()))
    return func.json_type(of, path_of(key)).is_not(None)


def value_of(key: str) -> Sql:
    """The value as JSON, to be kept elsewhere as it is."""
    name = key if is_postgresql() else path_of(key)
    return Contact.answers.op("->", return_type=Json())(literal(name, Text()))


def text_of(key: str, of: Sql | InstrumentedAttribute[Any] = Contact.answers) -> Sql:
    """The value as text; of a text, the text itself."""
    if is_postgresql():
        return of.op("->>", return_type=String())(literal(key, Text()))
    return func.json_extract(of, path_of(key), type_=String())


def is_text(key: str, of: Sql | InstrumentedAttribute[Any] = Contact.answers) -> Sql:
    if is_postgresql():
        kind = func.jsonb_typeof(of.op("->")(literal(key, Text())))
        return kind == "string"
    return func.json_type(of, path_of(key)) == "text"


def without(key: str, of: Sql | InstrumentedAttribute[Any] = Contact.answers) -> Sql:
    """All answers but this one."""
    if is_postgresql():
        return of.op("-", return_type=Json())(literal(key, Text()))
    return type_coerce(func.json_remove(of, path_of(key)), Json())


def with_value(key: str, value: Sql) -> Sql:
    """The answers and this one, unless there is another one under the key by now."""
    if is_postgresql():
        one = func.jsonb_build_object(literal(key, Text()), value)
        return one.op("||", return_type=Json())(Contact.answers)
    put = func.json_set(Contact.answers, path_of(key), func.json(cast(value, Text())))
    return type_coerce(case((has(key), Contact.answers), else_=put), Json())


def each(answers: Any) -> TableValuedAlias:
    """One row for each value of a JSON object: `key` and `value`."""
    made = func.jsonb_each(answers) if is_postgresql() else func.json_each(answers)
    columns = [column("key", String()), column("value", Json() if is_postgresql() else String())]
    if not is_postgresql():
        columns.append(column("type", String()))
    return made.table_valued(*columns, name="given")


def type_of(given: TableValuedAlias) -> Sql:
    """What a row of `each` is: string, number, boolean or array; SQLite's finer words are made PostgreSQL's."""
    if is_postgresql():
        return func.jsonb_typeof(given.c.value)
    words = {"text": "string", "integer": "number", "real": "number", "true": "boolean", "false": "boolean"}
    return case(words, value=given.c.type, else_=given.c.type)


def written(given: TableValuedAlias) -> Sql:
    """The value of a row of `each` as text, for counting different ones and their length."""
    return cast(given.c.value, Text())
