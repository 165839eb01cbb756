"""What presets know of a person by one name each, and where it is read: a column of the record, or an answer."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, case, func, literal
from sqlalchemy import cast as sql_cast

from signup.consent.mailable import is_suppressed
from signup.consent.subscription import Subscription
from signup.exports.columns import AFTER, OWN, answers_of, contact
from signup.exports.selection import Filter, is_own
from signup.ground.dialect import Instant
from signup.ground.driver_sql import to_json

# The key of the question that says it: of several, the first that one of the list's forms asks.
ANSWERS: dict[str, tuple[str, ...]] = {
    "first_name": ("first_name",),
    "last_name": ("last_name",),
    "phone": ("phone", "mobile", "telephone", "tel"),
    "company": ("company", "organisation", "company_name"),
    "job": ("job", "function", "job_title", "role"),
    "street": ("street", "address", "address_1"),
    "postal_code": ("postal_code", "zip", "postcode", "npa"),
    "locality": ("locality", "city", "town"),
    "region": ("region", "state", "canton"),
    "country": ("country",),
    "birth_date": ("birth_date", "birthday", "date_of_birth"),
    "gender": ("gender", "sex", "salutation", "civility"),
    "interests": ("interests", "topics"),
}
subscription = Subscription.__table__.c
RECORD: dict[str, ColumnElement[Any]] = {
    "email": contact.address,
    "whole_name": contact.name,
    "status": subscription.state,
    "state_at": subscription.state_at,
    "stopped": case((is_suppressed(), literal("1")), else_=literal("")),
    **{column.name: column.value for column in AFTER},
}
TIME_SQL = "YYYY-MM-DD HH24:MI:SS.MS"


ANSWER = "answer:"
"""What stands before a key where an answer is read that has no name of its own here."""


def is_answer(name: str) -> bool:
    """Whether that is read from a person's answers."""
    return name in ANSWERS or name.startswith(ANSWER)


def key_of(name: str, asked: Collection[str]) -> str:
    """The key of the answer that says it, given the keys of the list's questions."""
    if name.startswith(ANSWER):
        return name.removeprefix(ANSWER)
    return next((key for key in ANSWERS[name] if key in asked), ANSWERS[name][0])


def record_of(name: str, wanted: Filter) -> ColumnElement[Any]:
    """A column of the record; for who works with some lists, of the list's card."""
    return OWN.get("name" if name == "whole_name" else name, RECORD[name]) if is_own(wanted) else RECORD[name]


def sql_of(name: str, key: str, wanted: Filter) -> ColumnElement[Any]:
    """Something of a person as PostgreSQL's text, never NULL. `key` is that of an answer."""
    if key:
        return func.coalesce(answers_of(wanted)[key].as_string(), "")
    value = record_of(name, wanted)
    if isinstance(value.type, Instant):
        value = func.to_char(func.timezone("UTC", value), TIME_SQL)
    elif isinstance(value.type, Uuid):
        return sql_cast(value, String)
    return func.coalesce(value, "")


def text_of(value: Any) -> str:
    """A value of the record or an answer as the very text that `sql_of` gives."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | UUID) else to_json(value)
