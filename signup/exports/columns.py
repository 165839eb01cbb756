"""The columns of an export, declared once: what each reads, and how its values look to people and to machines.

Files for people are formula-safe (`formula_guard`). Files for machines are raw.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask_babel import get_locale
from sqlalchemy import (
    Boolean,
    ColumnElement,
    String,
    Uuid,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast

from signup.consent.consent_event import ConsentEvent
from signup.consent.partner import Partner, PartnerConsent, PartnerVersion
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.contacts.source import UTM
from signup.contacts.tag import ContactTag, Tag
from signup.contacts.value_change import LANGUAGE, NAME
from signup.exports.selection import Filter, chosen_in, imported, is_own, kept_back
from signup.fields import known_answer
from signup.fields.field import active, out_of_use
from signup.fields.kinds.day import Day
from signup.files.formula_guard import as_typed_text, guard, guard_sql
from signup.files.import_run import brought_to
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.ground.dialect import Instant, Json
from signup.ground.i18n import DEFAULT
from signup.signups.signup import Signup

TIME_SQL = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'


class Column(NamedTuple):
    """One column: its heading, and the value it reads (typed text, `Instant`, Boolean, Uuid or Json)."""

    name: str
    value: ColumnElement[Any]
    key: str = ""
    """Of an answer: its key among the contact's answers."""
    label: Any = ""
    """Of an answer: what people call it. The others' are in `column_labels`."""
    is_date: bool = False
    """Of an answer: whether it is a day, written `YYYY-MM-DD`."""


contact, subscription, proof = Contact.__table__.c, Subscription.__table__.c, ConsentEvent.__table__.c
partner, partner_version = Partner.__table__.c, PartnerVersion.__table__.c
partner_consent, signup = PartnerConsent.__table__.c, Signup.__table__.c
form, form_version = Form.__table__.c, FormVersion.__table__.c

BEFORE = (
    Column("email", contact.address),
    Column("name", contact.name),
    Column("status", subscription.state),
    Column("status_at", subscription.state_at),
)
AFTER = (
    Column("language", contact.language),
    Column("source", func.coalesce(form.name, contact.source)),
    Column("page", signup.source["page"].as_string()),
    *(Column(name, signup.source["utm"][name].as_string()) for name in UTM),
    Column("placement", signup.source["placement"].as_string()),
    Column("staff", signup.source["staff"].as_string()),
    Column("opt_in", case((signup.id.is_(None), "imported"), (subscription.single_opt_in, "single"), else_="double")),
    Column("signup_at", signup.created_at),
    Column("signup_ip", signup.ip),
    Column("confirm_at", case((signup.id.is_(None), subscription.confirmed_at), else_=signup.confirmed_at)),
    Column("confirm_ip", proof.ip),
    Column("consent_text_version", form.public_id + "/" + sql_cast(form_version.number, String)),
    Column("consent_text_hash", form_version.wording_hash),
    Column("contact_uid", contact.uid),
)

# What an import's own record says where nobody used a form. Only lists with an import pay for looking it up.
_IMPORTED = {
    "signup_ip": case((signup.id.is_(None), imported.c.ip), else_=signup.ip),
    "consent_text_hash": case((signup.id.is_(None), imported.c.wording_hash), else_=form_version.wording_hash),
}

TAGS = Column(
    "tags",
    select(func.aggregate_strings(Tag.name, ", "))
    .join(ContactTag, ContactTag.tag_id == Tag.id)
    .where(ContactTag.contact_id == contact.id)
    .correlate(Contact)
    .scalar_subquery(),
)
"""In files of who works with every list, once there is a tag: it is looked up for each row."""

given = subscription.given
OWN: dict[str, ColumnElement[Any]] = {
    "email": contact.address_key,
    "name": func.coalesce(given[NAME].as_string(), ""),
    "language": func.coalesce(given[LANGUAGE].as_string(), ""),
    "source": func.coalesce(form.name, ""),
}
"""What is read of the list's card instead of the contact, in a file for who works with some lists."""

# A partner learns whom it may write to and the proof of it, not what people told somebody else.
FOR_PARTNER = (
    Column("email", contact.address),
    Column("name", contact.name),
    Column("language", contact.language),
    Column("partner", partner_version.name),
    Column("source", form.name),
    Column("page", signup.source["page"].as_string()),
    Column("opt_in", case((partner_consent.single_opt_in, "single"), else_="double")),
    Column("signup_at", partner_consent.requested_at),
    Column("confirm_at", partner_consent.confirmed_at),
    Column("consent_text_version", partner.slug + "/" + sql_cast(partner_version.number, String)),
    Column("consent_text_hash", partner_consent.wording_hash),
    Column("contact_uid", contact.uid),
)


def columns_of(list_id: int, wanted: Filter | None = None) -> list[Column]:
    """Everything exported of a list: the fixed columns, the fields of the contact database, what else its forms
    ask, and what its imports brought; of these, where the filter names columns, only those. Fields out of use stay
    at home. A partner's export has columns of its own.
    """
    wanted = wanted or {}
    all_columns = _read(FOR_PARTNER, wanted) if wanted.get("partner") else _columns_of(list_id, wanted)
    names = chosen_in(wanted)
    return [column for column in all_columns if column.name in names] if names else all_columns


def _columns_of(list_id: int, wanted: Filter) -> list[Column]:
    brought, answers = brought_to(list_id), answers_of(wanted)
    after = AFTER if brought is None else [one._replace(value=_IMPORTED.get(one.name, one.value)) for one in AFTER]
    known = known_of(list_id, brought or ())
    has_tags = not is_own(wanted) and db.session.scalar(select(Tag.id).limit(1)) is not None
    taken = {column.name for column in (*BEFORE, *AFTER, TAGS)}
    # No key holds a full stop, so the longer heading cannot meet another key's.
    asked = [
        Column(f"answers.{key}" if key in taken else key, answers[key], key, *one)
        for key, one in known.items()
        if key not in kept_back(wanted)
    ]
    return [*_read(BEFORE, wanted), *asked, *([TAGS] if has_tags else []), *_read(after, wanted)]


def answers_of(wanted: Filter) -> Any:
    """The document that answers are read from."""
    return given if is_own(wanted) else contact.answers


def _read(columns: Sequence[Column], wanted: Filter) -> list[Column]:
    own = OWN if is_own(wanted) else {}
    return [column._replace(value=own.get(column.name, column.value)) for column in columns]


def asked_of(list_id: int) -> Collection[str]:
    """The keys of the answers that an export of the list may hold, in the order of its columns."""
    return known_of(list_id, brought_to(list_id) or ())


class Answer(NamedTuple):
    """An answer that people on a list may have given: what it is called, and whether it is a day."""

    label: Any
    is_date: bool


def known_of(list_id: int, brought: Iterable[str]) -> dict[str, Answer]:
    """The answers that somebody on the list may have, by key: what the list's forms ask in the order they first asked
    it, then the other fields, then the keys that imports brought. A field that is out of use is not among them.
    """
    query = select(FormVersion.content).join(Form, Form.id == FormVersion.form_id)
    query = query.where(Form.list_id == list_id).order_by(Form.id, FormVersion.number)
    known: dict[str, Answer] = {}
    for content in db.session.scalars(query):
        known |= {one["key"]: Answer(one["label"], one["type"] == Day.name) for one in content["fields"]}
    language = str(get_locale() or DEFAULT)
    known |= {one.key: Answer(one.label_in(language), one.kind == Day.name) for one in active()}
    labels = known_answer.LABELS
    known |= {key: Answer(labels.get(key, key), is_date=False) for key in brought if key not in known}
    gone = out_of_use()
    return {key: answer for key, answer in known.items() if key not in gone}


def for_people(value: Any) -> str:
    """The text of a cell that is safe to open in a spreadsheet."""
    # A number stays one: -5 begins like a formula, but nothing follows that could be calculated.
    return plain(value) if isinstance(value, int | float) else guard(plain(value))


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


def for_sheet(value: Any) -> str:
    """The text of a cell that is typed as text, told from a guarded one."""
    return as_typed_text(plain(value))


def for_people_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """`for_people` as PostgreSQL does it, where the file never passes through Python cell by cell."""
    if isinstance(value.type, Instant):
        return for_machines_sql(value)
    if isinstance(value.type, Boolean):
        return case((value, "yes"), else_="no")
    if isinstance(value.type, Uuid):
        return value
    return _answer_sql(value) if isinstance(value.type, Json) else guard_sql(value, value)


def for_machines_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """`for_machines` as PostgreSQL does it."""
    return func.to_char(func.timezone("UTC", value), TIME_SQL) if isinstance(value.type, Instant) else value


def _answer_sql(value: ColumnElement[Any]) -> ColumnElement[Any]:
    text = value.op("#>>", return_type=String())(literal_column("'{}'::text[]"))
    choice = func.jsonb_array_elements_text(value).column_valued("choice")
    chosen = select(func.string_agg(choice, ", ")).scalar_subquery()
    return case(
        {
            "string": guard_sql(text, text),
            "array": guard_sql(chosen, value[0].as_string()),
            "boolean": case((text == "true", "yes"), else_="no"),
        },
        value=func.jsonb_typeof(value),
        else_=text,
    )
