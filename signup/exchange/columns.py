"""The columns of an export, declared once: what each reads, and how its values look to people and to machines.

Files for people are formula-safe: a text that a spreadsheet would calculate gets a leading `'`. Files for machines are
raw, because there a `'` would break `+41…`. https://owasp.org/www-community/attacks/CSV_Injection
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    Uuid,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy import cast as sql_cast

from signup.audience.asked import form, form_version
from signup.consent.consent import ConsentEvent
from signup.consent.partner import Partner, PartnerConsent, PartnerVersion
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.field import active, out_of_use
from signup.contacts.source import UTM
from signup.contacts.value_change import LANGUAGE, NAME
from signup.db import db
from signup.dialect import Instant, Json
from signup.exchange.selection import Filter, is_own, kept_back, signup

# The last four are the full-width forms of the first four; spreadsheets read them the same.
FORMULA_STARTS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
# A text that a person began like a guarded one: it gets a sign more, so that taking one off gives back the text.
LIKE_GUARDED = re.compile(f"'+[{re.escape(FORMULA_STARTS)}]")
APOSTROPHE = ord("'")
TIME_SQL = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'


class Column(NamedTuple):
    """One column: its heading, and the value it reads (typed text, `Instant`, Boolean, Uuid or Json)."""

    name: str
    value: ColumnElement[Any]
    key: str = ""
    """Of an answer: its key among the contact's answers."""


contact, subscription, proof = Contact.__table__.c, Subscription.__table__.c, ConsentEvent.__table__.c
partner, partner_version = Partner.__table__.c, PartnerVersion.__table__.c
partner_consent = PartnerConsent.__table__.c

BEFORE = (
    Column("email", contact.address),
    Column("name", contact.name),
    Column("status", subscription.state),
)
AFTER = (
    Column("language", contact.language),
    Column("source", func.coalesce(form.c.name, contact.source)),
    Column("page", signup.c.source["page"].as_string()),
    *(Column(name, signup.c.source["utm"][name].as_string()) for name in UTM),
    Column("placement", signup.c.source["placement"].as_string()),
    Column("staff", signup.c.source["staff"].as_string()),
    Column("opt_in", case((signup.c.id.is_(None), "imported"), (subscription.single_opt_in, "single"), else_="double")),
    Column("signup_at", signup.c.created_at),
    Column("signup_ip", signup.c.ip),
    Column("confirm_at", case((signup.c.id.is_(None), subscription.confirmed_at), else_=signup.c.confirmed_at)),
    Column("confirm_ip", proof.ip),
    Column("consent_text_version", form.c.public_id + "/" + sql_cast(form_version.c.number, String)),
    Column("consent_text_hash", form_version.c.wording_hash),
    Column("contact_uid", contact.uid),
)


given = subscription.given
OWN: dict[str, ColumnElement[Any]] = {
    "email": contact.address_key,
    "name": func.coalesce(given[NAME].as_string(), ""),
    "language": func.coalesce(given[LANGUAGE].as_string(), ""),
    "source": func.coalesce(form.c.name, ""),
}
"""What is read of the list's card instead of the contact, in a file for who works with some lists."""

# A partner learns whom it may write to and the proof of it, not what people told somebody else.
FOR_PARTNER = (
    Column("email", contact.address),
    Column("name", contact.name),
    Column("language", contact.language),
    Column("partner", partner_version.name),
    Column("source", form.c.name),
    Column("page", signup.c.source["page"].as_string()),
    Column("opt_in", case((partner_consent.single_opt_in, "single"), else_="double")),
    Column("signup_at", partner_consent.requested_at),
    Column("confirm_at", partner_consent.confirmed_at),
    Column("consent_text_version", partner.slug + "/" + sql_cast(partner_version.number, String)),
    Column("consent_text_hash", partner_consent.wording_hash),
    Column("contact_uid", contact.uid),
)


def columns_of(list_id: int, wanted: Filter | None = None) -> list[Column]:
    """Everything exported of a list: the fixed columns, the fields of the contact database, and what else its forms
    ask, in the order it was first asked. Fields out of use stay at home. A partner's export has columns of its own.
    """
    if wanted and wanted.get("partner"):
        return _read(FOR_PARTNER, wanted)
    keys = [key for key in asked_of(list_id) if key not in kept_back(wanted or {})]
    taken = {column.name for column in (*BEFORE, *AFTER)}
    # No key holds a full stop, so the longer heading cannot meet another key's.
    of = answers_of(wanted)
    asked = [Column(f"answers.{key}" if key in taken else key, of[key], key) for key in keys]
    return [*_read(BEFORE, wanted), *asked, *_read(AFTER, wanted)]


def answers_of(wanted: Filter | None) -> Any:
    """The document that answers are read from."""
    return given if is_own(wanted) else contact.answers


def _read(columns: Sequence[Column], wanted: Filter | None) -> list[Column]:
    own = OWN if is_own(wanted) else {}
    return [column._replace(value=own.get(column.name, column.value)) for column in columns]


def asked_of(list_id: int) -> dict[str, None]:
    """The keys of the questions of a list's forms, in the order they were first asked, then the other defined fields.

    A field that is out of use is not among them.
    """
    query = select(form_version.c.content).join_from(form_version, form, form.c.id == form_version.c.form_id)
    query = query.where(form.c.list_id == list_id).order_by(form.c.id, form_version.c.number)
    asked = [field["key"] for content in db.session.scalars(query) for field in content["fields"]]
    gone = out_of_use()
    return {key: None for key in [*asked, *(one.key for one in active())] if key not in gone}


def for_people(value: Any) -> str:
    """The text of a cell that is safe to open in a spreadsheet."""
    # A number stays one: -5 begins like a formula, but nothing follows that could be calculated.
    return plain(value) if isinstance(value, int | float) else guarded(plain(value))


def plain(value: Any) -> str:
    """The text of a value as it is, for cells that are typed as text anyway."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(for_machines(value))


def for_machines(value: Any) -> Any:
    """The value as JSON knows it: raw, times in ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value) if isinstance(value, UUID) else value


def guarded(text: str) -> str:
    """`text`, made harmless for a spreadsheet."""
    return f"'{text}" if text and (text[0] in FORMULA_STARTS or LIKE_GUARDED.match(text)) else text


def unguarded(text: str) -> str:
    """What `guarded` was given, of what it gave."""
    return text[1:] if LIKE_GUARDED.match(text) else text


def for_sheet(value: Any) -> str:
    """The text of a cell that is typed as text, told from a guarded one."""
    text = plain(value)
    return f"'{text}" if LIKE_GUARDED.match(text) else text


def for_people_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """`for_people` as PostgreSQL does it, where the file never passes through Python cell by cell."""
    if isinstance(value.type, Instant):
        return for_machines_sql(value)
    if isinstance(value.type, Boolean):
        return case((value, "yes"), else_="no")
    if isinstance(value.type, Uuid):
        return value
    return _answer_sql(value) if isinstance(value.type, Json) else _guarded_sql(value, value)


def for_machines_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """`for_machines` as PostgreSQL does it."""
    return func.to_char(func.timezone("UTC", value), TIME_SQL) if isinstance(value.type, Instant) else value


def _answer_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    text = value.op("#>>", return_type=String())(literal_column("'{}'::text[]"))
    choice = func.jsonb_array_elements_text(value).column_valued("choice")
    chosen = select(func.string_agg(choice, ", ")).scalar_subquery()
    return case(
        {
            "string": _guarded_sql(text, text),
            "array": _guarded_sql(chosen, value[0].as_string()),
            "boolean": case((text == "true", "yes"), else_="no"),
        },
        value=func.jsonb_typeof(value),
        else_=text,
    )


def _guarded_sql(text: ColumnElement[str], beginning: ColumnElement[str]) -> ColumnElement[str]:
    # By code point, four times faster than a pattern; nearly every text ends at the first comparison.
    first, codes = func.ascii(beginning), [ord(start) for start in FORMULA_STARTS]
    harmless = first.between(ord("A"), ord("\uff0b") - 1)
    like_guarded = and_(first == APOSTROPHE, text.op("~")(f"^'+[{FORMULA_STARTS.replace('-', '')}-]"))
    return case((harmless, text), (or_(first.in_(codes), like_guarded), "'" + sql_cast(text, String)), else_=text)
