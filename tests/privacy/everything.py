"""Two people with a row in every table that may hold something of a person, and a mark of its owner in every column."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Column, LargeBinary, Table, Uuid, insert, select, update

from signup.consent.snapshot import Snapshot, SnapshotKind
from signup.contacts.contact import Contact
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import Instant, Json

TABLES = Base.metadata.tables
BESIDE = ("company", "household", "partner", "partner_version", "till", "staff", "field", "import_run", "tag")
"""What a person's rows lead to."""
ROWS = (
    *("consent_event", "partner_consent", "kiosk_entry", "enquiry", "message", "event", "discount_code"),
    *("archived_value", "household_member", "position", "value_change", "import_row", "import_mend", "contact_merge"),
    *("quality", "grade_change", "finding", "duplicate", "suppression", "legal_hold"),
    *("contact_tag", "contact_note"),
)
ONES_OWN = ("contact", "subscription", "signup")
"""Rows that a sign-up has made."""
FIXED: dict[str, Any] = {
    "contact.language": "en",
    "contact.standing": "confirmed",
    "contact.nature": "real",
    "subscription.state": "confirmed",
    "signup.state": "confirmed",
    "signup.language": "en",
    "enquiry.language": "en",
    "till.edition_ids": [],
    "till.revoked_at": None,
    "field.kind": "text",
    "field.field_group": "other",
    "field.state": "active",
    "field.labels": {},
    "field.helps": {},
    "field.options": [],
    "field.spellings": {},
    "field.taken_off": [],
    "import_run.headings": ["Heading"],
    "import_run.mapping": [],
    "import_row.line": 7,
    "import_mend.line": 7,
    "kiosk_entry.outcome": "stored",
    "partner_consent.state": "confirmed",
    "message.state": "sent",
    "contact_merge.undone_at": None,
    "duplicate.state": "apart",
    "partner_version.wordings": {"en": "A box"},
}
LISTS = {"import_row.raw", "import_mend.cells", "duplicate.reasons"}
TEXTS = {"archived_value.value", "value_change.old", "value_change.new"}


PLAIN: dict[Any, Callable[[], Any]] = {Uuid: uuid7, Boolean: lambda: True, LargeBinary: lambda: b"\0" * 16}
"""What leaves no mark."""


@dataclass
class Owner:
    """Somebody, and the marks that were left in their rows: by table and column what JSON would hold."""

    name: str
    contact_id: int
    part_id: int = 0
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)

    def own(self, table: Table) -> dict[str, Any]:
        """The row of this table that is theirs, or leads to them."""
        if table.name == "contact":
            return {"id": self.contact_id}
        if table.name in self.made:
            return self.made[table.name]
        query = select(table)
        if "contact_id" in table.columns:
            query = query.where(table.c.contact_id == self.contact_id)
        return dict(db.session.execute(query.limit(1)).mappings().one())


def fill(address: str, number: int) -> Owner:
    """Leave marks in every row of a confirmed person; `number` tells two from each other. In an open transaction."""
    contact_id = db.session.scalars(select(Contact.id).where(Contact.address_key == address)).one()
    owner = Owner(f"m{number}", contact_id)
    owner.part_id = _part(owner)
    for name in (*ONES_OWN, *BESIDE, *ROWS):
        _mark(owner, TABLES[name], number)
    return owner


def _part(owner: Owner) -> int:
    """A contact that was merged into theirs."""
    part = Contact(address=f"{owner.name}-part@example.org", address_key=f"{owner.name}-part@example.org")
    part.standing = "merged"
    db.session.add(part)
    db.session.flush()
    owner.marks["contact.address of a part"] = part.address
    return part.id


def _mark(owner: Owner, table: Table, number: int) -> None:
    values = {}
    for place, column in enumerate(table.columns):
        name = f"{table.name}.{column.name}"
        value = _value(owner, column, name, number * 100_000 + list(TABLES).index(table.name) * 100 + place)
        if value is not ...:
            values[column.name] = value
    if table.name in ONES_OWN:
        key = table.c.id if table.name == "contact" else table.c.contact_id
        db.session.execute(update(table).where(key == owner.contact_id).values(values))
        return
    made = db.session.execute(insert(table).values(values).returning(*table.primary_key.columns)).mappings().one()
    owner.made[table.name] = values | dict(made)


def _value(owner: Owner, column: Column[Any], name: str, n: int) -> Any:  # noqa: PLR0911  # a line for each type
    if name in FIXED:
        return FIXED[name]
    if (given := _link(owner, column)) is not None:
        return given
    if column.primary_key and column.name == "id" and not isinstance(column.type, Uuid):
        return ...
    if column.name in {"address_key", "address_hash"}:
        return ...
    for type_, make in PLAIN.items():
        if isinstance(column.type, type_):
            return ... if type_ is Uuid and column.table.name in ONES_OWN else make()
    if isinstance(column.type, Instant):
        at = datetime(2031, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
        owner.marks[name] = at.isoformat(timespec="milliseconds")
        return at
    if column.type.python_type is int:
        owner.marks[name] = str(n)
        return n
    return _text(owner, column, name, n)


def _text(owner: Owner, column: Column[Any], name: str, n: int) -> Any:
    mark = f"{owner.name}x{n}"
    if (longest := getattr(column.type, "length", None)) and longest < len(mark):
        return mark[-longest:]  # too short to be found again
    owner.marks[name] = mark
    if not isinstance(column.type, Json) or name in TEXTS:
        return mark
    if name in LISTS:
        return [mark]
    return {"first_name": mark}


def _link(owner: Owner, column: Column[Any]) -> Any:  # noqa: PLR0911  # a line for each way
    """What a column leads to, when it leads somewhere."""
    table, name = column.table.name, column.name
    if f"{table}.{name}" == "message.template_hash":
        return db.session.scalar(select(Snapshot.hash).where(Snapshot.kind == SnapshotKind.MAIL).limit(1))
    if f"{table}.{name}" == "suppression.address_hash":
        return db.session.scalar(select(Contact.address_hash).where(Contact.id == owner.contact_id))
    if name in {"contact_id", "survivor_id", "first_id"}:
        return owner.contact_id
    if name in {"gone_id", "second_id"}:
        return owner.part_id
    if name in {"signup_id", "list_id", "subscription_id"}:
        own = owner.own(TABLES["signup"])
        return own["id" if name == "signup_id" else name]
    for key in column.foreign_keys:
        target = key.column
        return owner.own(target.table)[target.name] if target.table.name in owner.made else _any(target)
    return None


def _any(target: Column[Any]) -> Any:
    return db.session.scalars(select(target).order_by(target).limit(1)).one()
