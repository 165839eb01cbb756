"""The values inside `contact.answers` in SQL: whether there is one, each with its key, taken out, put back.

Both engines stand side by side. What a condition of a segment asks of one is in `fields.kinds`.
"""

from typing import Any, NamedTuple

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
Of = Sql | InstrumentedAttribute[Any]
card: Table = Subscription.__table__  # type: ignore[assignment]  # a mapped class always has a table
"""What each list was given of a contact (`consent.given_values`)."""


class JsonTypes(NamedTuple):
    """A type of JSON as either engine names it."""

    postgresql: str
    sqlite: tuple[str, ...]


STRING = JsonTypes("string", ("text",))
NUMBER = JsonTypes("number", ("integer", "real"))
ARRAY = JsonTypes("array", ("array",))
BOOLEAN = JsonTypes("boolean", ("true", "false"))


def path_of(key: str) -> str:
    """A key as SQLite's JSON functions take it."""
    return f'$."{key}"'


def has(key: str, of: Of = Contact.answers) -> Sql:
    """Whether the contact has a value under the key."""
    if is_postgresql():
        return of.op("?", is_comparison=True, return_type=Boolean())(literal(key, Text()))
    return func.json_type(of, path_of(key)).is_not(None)


def value_of(key: str) -> Sql:
    """The value as JSON, to be kept elsewhere as it is."""
    name = key if is_postgresql() else path_of(key)
    return Contact.answers.op("->", return_type=Json())(literal(name, Text()))


def text_of(key: str, of: Of = Contact.answers) -> Sql:
    """The value as text; of a text, the text itself."""
    if is_postgresql():
        return of.op("->>", return_type=String())(literal(key, Text()))
    return func.json_extract(of, path_of(key), type_=String())


def is_text(key: str, of: Of = Contact.answers) -> Sql:
    if is_postgresql():
        kind = func.jsonb_typeof(of.op("->")(literal(key, Text())))
        return kind == "string"
    return func.json_type(of, path_of(key)) == "text"


def has_type(key: str, types: JsonTypes, of: Of) -> Sql:
    """Whether the value is of this JSON type; one of another type is no answer."""
    if is_postgresql():
        return func.jsonb_typeof(of.op("->")(literal(key, Text()))) == types.postgresql
    return func.json_type(of, path_of(key)).in_(types.sqlite)


def text_if(key: str, types: JsonTypes, of: Of) -> Sql:
    """The value as text, if it is of this JSON type."""
    return case((has_type(key, types, of), text_of(key, of)))


def contains(part: dict[str, Any], of: Of) -> Sql:
    """Whether the answers hold all of `part`; on PostgreSQL only, where an index of all answers serves it."""
    return of.op("@>", is_comparison=True, return_type=Boolean())(literal(part, Json()))


def without(key: str, of: Of = Contact.answers) -> Sql:
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
