"""A field of the contact database: what is kept of a person, in which group, for which decision. Rows, not columns:
adding one needs no migration and no restart. Its values stay in `contact.answers` under its key.

What a value must be like is in `value`, fields to start from in `field_preset`, what a field costs and brings in
`field_figure` and above.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import get_locale
from sqlalchemy import CheckConstraint, String, false, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, validates

from signup.checks.check import checks_by_key
from signup.fields.catalogue import CatalogueEntry, with_below
from signup.fields.kinds.all_kinds import FIELD_KINDS, KINDS, Shape
from signup.fields.kinds.nested_choice import Catalogue
from signup.ground.db import Base, db
from signup.ground.dialect import Json, now
from signup.ground.errors import NotFound
from signup.ground.i18n import DEFAULT

BUDGET = 12
"""More active fields than this are more than most can keep up to date."""


class FieldGroup(StrEnum):
    """Which side of a person a field is about."""

    PERSONAL = "personal"
    HOUSEHOLD = "household"
    """The household or the company."""
    ADVERTISING = "advertising"
    ANALYSIS = "analysis"
    OTHER = "other"


class FieldState(StrEnum):
    """How far a field is on its way out. There is no fourth state: a dropped field has no row."""

    ACTIVE = "active"
    HIDDEN = "hidden"
    """Asked and offered nowhere; its values stay where they are."""
    ARCHIVED = "archived"
    """Its values are taken out of the contacts and kept apart (`value_archive`)."""


def _one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(value)) for value in values)})", name=column)


class Field(Base):
    """One field. Whoever changes it names the revision they saw."""

    __tablename__ = "field"
    __table_args__ = (
        _one_of("field_group", (group.value for group in FieldGroup)),
        _one_of("state", (state.value for state in FieldState)),
        CheckConstraint("kind <> 'text' OR reason <> ''", name="text_needs_reason"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True, comment="the values' name among a contact's answers")
    kind: Mapped[str] = mapped_column(String(10))
    labels: Mapped[dict[str, Any]] = mapped_column(comment="what it is called, by language")
    helps: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="a hint for who fills it in, by language")
    reason: Mapped[str] = mapped_column(String(200), default="", comment="why a text: what can be chosen is analysed")
    options: Mapped[list[Any]] = mapped_column(Json(), default=list, comment="value, label and parent of each entry")
    spellings: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="texts given before, and the entry of each")
    check: Mapped[str] = mapped_column("check_key", String(20), default="", comment="a further check, by its name")
    group: Mapped[str] = mapped_column("field_group", String(12), default=FieldGroup.OTHER)
    objective: Mapped[str] = mapped_column(String(20), default="")
    decision: Mapped[str] = mapped_column(String(300), default="", comment="the decision it serves; empty: none yet")
    intrusive: Mapped[bool] = mapped_column(default=False, server_default=false())
    owner_id: Mapped[int | None] = mapped_column(comment="the operator who keeps it in order")
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default=FieldState.ACTIVE)
    taken_off: Mapped[list[Any]] = mapped_column(
        Json(), default=list, comment="when hidden: each form it was on, its version before and after"
    )
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    changed_at: Mapped[datetime] = mapped_column(server_default=now())
    state_at: Mapped[datetime] = mapped_column(server_default=now(), comment="since when it is in its state")

    @validates("kind")
    def _check_kind(self, _name: str, kind: str) -> str:
        if kind not in FIELD_KINDS:
            raise ValueError(f"no field is of the kind {kind!r}")
        return kind

    @property
    def entries(self) -> list[CatalogueEntry]:
        """The options, of every kind that has some; those that its kind knows in the language that is spoken."""
        known = KINDS[self.kind].choices(str(get_locale() or DEFAULT))
        own = (CatalogueEntry(one["value"], one["label"], one.get("parent", "")) for one in self.options)
        return [CatalogueEntry(value, label) for value, label in known] or list(own)

    @property
    def shape(self) -> Shape:
        """What a value of it must be like."""
        return Shape(self.kind, tuple(one["value"] for one in self.options))

    @property
    def is_undecided(self) -> bool:
        """Whether nobody has said yet which decision it serves."""
        return not self.decision

    def label_in(self, language: str) -> str:
        return _said(self.labels, language) or self.key

    def help_in(self, language: str) -> str:
        return _said(self.helps, language)


def _said(words: dict[str, Any], language: str) -> str:
    return str(words.get(language) or words.get("en") or next(filter(None, words.values()), ""))


def as_options(entries: Iterable[CatalogueEntry]) -> list[dict[str, str]]:
    """Entries as a field stores them."""
    return [
        {"value": one.value, "label": one.label} | ({"parent": one.parent} if one.parent else {}) for one in entries
    ]


def fields(*states: FieldState) -> list[Field]:
    """The fields in these states (without: in any), by group and place."""
    query = select(Field).order_by(Field.position, Field.id)
    found = db.session.scalars(query.where(Field.state.in_(states)) if states else query)
    order = [group.value for group in FieldGroup]
    return sorted(found, key=lambda one: order.index(one.group))


def active() -> list[Field]:
    """What is kept of a person, by group and place."""
    return fields(FieldState.ACTIVE)


def out_of_use() -> set[str]:
    """The keys of hidden and archived fields: nobody is asked for them."""
    return set(db.session.scalars(select(Field.key).where(Field.state != FieldState.ACTIVE)))


def meant_by(key: str, values: Iterable[str]) -> list[str]:
    """The codes that a choice among a field's entries means: a catalogue's parent means all below it as well."""
    found = db.session.scalar(select(Field).where(Field.key == key, Field.kind == Catalogue.name))
    return with_below(found.entries, values) if found else list(values)


def checks() -> dict[str, str]:
    """The offline check of each answer, by its key: what the fields say, and what a key alone tells."""
    known = db.session.execute(select(Field.key, Field.check, Field.kind))
    return checks_by_key((key, check or KINDS[kind].checked_as) for key, check, kind in known)


def find_field(key: str) -> Field:
    """The field with this key, in whatever state. Raises `NotFound`."""
    found = db.session.scalar(select(Field).where(Field.key == key)) if len(key) <= 40 else None  # noqa: PLR2004
    if found is None:
        raise NotFound(f"field {key[:40]!r}")
    return found


def define(**values: Any) -> Field:
    """Add a field behind all others. Needs an open transaction; raises `IntegrityError` for a key that is taken."""
    last = db.session.scalar(select(func.max(Field.position))) or 0
    made = Field(position=last + 1, **values)
    db.session.add(made)
    db.session.flush()
    return made


def change(field: Field, seen: int, **values: Any) -> bool:
    """Change a field that is still as it was `seen` (its revision); False when somebody was quicker.

    Needs an open transaction.
    """
    same = (Field.id == field.id, Field.revision == seen)
    query = update(Field).where(*same).values(**values, revision=seen + 1, changed_at=now())
    is_done = db.session.execute(query.returning(Field.id)).first() is not None
    db.session.expire(field)
    return is_done


def move(field: Field, before: FieldState, after: FieldState, **values: Any) -> bool:
    """Bring a field from one state to the next; False when it is not in the first any more. In an open transaction."""
    query = update(Field).where(Field.id == field.id, Field.state == before)
    moved = query.values(state=after, state_at=now(), revision=Field.revision + 1, **values)
    is_done = db.session.execute(moved.returning(Field.id)).first() is not None
    db.session.expire(field)
    return is_done
