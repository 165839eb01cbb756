"""Where SQLAlchemy needs help with the two engines: column types, the clock, text without regard to case."""

from datetime import UTC, datetime, timedelta
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple, cast

from sqlalchemy import JSON, DateTime, Dialect, String, literal
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class ClockSql(NamedTuple):
    """How an engine spells its clock; `{}` is a number in SQL. All other spellings are made from these."""

    now: str
    later: str
    """So many seconds from now."""
    today: str
    """The day in UTC."""
    day: str
    """So many days from today."""


POSTGRESQL_CLOCK = ClockSql(
    now="now()",
    later="(now() + make_interval(secs => {}))",
    today="(now() AT TIME ZONE 'UTC')::date",
    day="((now() AT TIME ZONE 'UTC')::date + {}::int)",
)
SQLITE_CLOCK = ClockSql(
    now="strftime('%Y-%m-%d %H:%M:%f', 'now')",
    later="strftime('%Y-%m-%d %H:%M:%f', 'now', {} || ' seconds')",
    today="date('now')",
    day="date('now', {} || ' days')",
)


class Instant(TypeDecorator[datetime]):
    """A UTC time with its zone, in whole milliseconds: `timestamptz(3)`, or text that sorts on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        own: TypeEngine[Any] = TIMESTAMP(timezone=True, precision=3) if dialect.name == "postgresql" else String(23)
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else sqlite_time(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # the base's signature
        return read_instant(value)


class Json(TypeDecorator[Any]):
    """A JSON document: `jsonb`, or text on SQLite."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            JSONB(none_as_null=True) if dialect.name == "postgresql" else JSON(none_as_null=True)
        )


class now(FunctionElement[datetime]):  # noqa: N801  # reads as the SQL function it is
    """The time of the database's clock, moved by `offset`."""

    type = Instant()
    inherit_cache = True

    def __init__(self, offset: timedelta = timedelta()) -> None:
        seconds = int(offset.total_seconds())
        super().__init__(*([literal(seconds)] if seconds else []))


@compiles(now, "postgresql")
def _now_postgresql(element: now, compiler: SQLCompiler, **kw: Any) -> str:
    moved = compiler.process(element.clauses, **kw)
    return POSTGRESQL_CLOCK.later.format(moved) if moved else POSTGRESQL_CLOCK.now


@compiles(now, "sqlite")
def _now_sqlite(element: now, compiler: SQLCompiler, **kw: Any) -> str:
    moved = compiler.process(element.clauses, **kw)
    return SQLITE_CLOCK.later.format(moved) if moved else SQLITE_CLOCK.now


def read_instant(value: Any) -> datetime | None:
    """An `Instant`, read from what hand-written SQL returns."""
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return cast("datetime", value).astimezone(UTC)


class today_text(FunctionElement[str]):  # noqa: N801  # reads as the SQL function it is
    """The date of the database's clock in UTC as `YYYY-MM-DD`, moved by whole days."""

    type = String()
    inherit_cache = True

    def __init__(self, offset: timedelta = timedelta()) -> None:
        super().__init__(literal(offset.days))


@compiles(today_text, "postgresql")
def _today_postgresql(element: today_text, compiler: SQLCompiler, **kw: Any) -> str:
    moved = compiler.process(element.clauses, **kw)
    return f"to_char({POSTGRESQL_CLOCK.day.format(moved)}, 'YYYY-MM-DD')"


@compiles(today_text, "sqlite")
def _today_sqlite(element: today_text, compiler: SQLCompiler, **kw: Any) -> str:
    return SQLITE_CLOCK.day.format(compiler.process(element.clauses, **kw))


CAPITALS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŽŸ"
_SMALL = str.maketrans(ascii_uppercase + CAPITALS, ascii_lowercase + CAPITALS.lower())


def folded(text: str) -> str:
    """`text` with A–Z and the capital letters of western Europe in lower case; other characters stay as they are.

    Not `str.lower`: what a server calls a capital depends on its locale, and SQLite knows A–Z only.
    """
    return text.translate(_SMALL)


class fold(FunctionElement[str]):  # noqa: N801  # reads as the SQL function it is
    """The SQL expression of `folded`."""

    type = String()
    inherit_cache = True


@compiles(fold, "postgresql")
def _fold_postgresql(element: fold, compiler: SQLCompiler, **kw: Any) -> str:
    text = compiler.process(element.clauses, **kw)
    return f"translate(lower(({text}) COLLATE \"C\"), '{CAPITALS}', '{CAPITALS.lower()}')"


@compiles(fold, "sqlite")
def _fold_sqlite(element: fold, compiler: SQLCompiler, **kw: Any) -> str:
    return f"folded({compiler.process(element.clauses, **kw)})"


def sqlite_time(value: datetime) -> str:
    """`value` in the text form in which `Instant` stores it on SQLite."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")
