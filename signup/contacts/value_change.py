"""The history of a contact's values: what each was, what it became, by what, when. Rows are added, never changed.

A contact's first answers need no row: they are told by the sign-up or the import row that brought them.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.dialect import Json, now
from signup.ground.driver_sql import to_json

NAME, LANGUAGE = "@name", "@language"
"""Values beside the answers; no answer's key begins so."""
TAG = "@tag"
"""A tag that was put on or taken off (`tag`): of these a contact may have many."""


class ChangeKind(StrEnum):
    """What changed a value; it says what the row's `source_id` is."""

    FORM = "form"
    """A confirmed sign-up: its id."""
    LATER = "later"
    """Asked after confirming: the sign-up's id."""
    PREFERENCES = "preferences"
    IMPORT = "import"
    """A file: its run, and the line."""
    IMPORT_UNDO = "import-undo"
    OPERATOR = "operator"
    API = "api"
    """A program; the actor is its key's name."""
    BULK = "bulk"
    """Many contacts at once: the bulk edit's id."""
    BULK_UNDO = "bulk-undo"
    SPELLING = "spelling"
    """A text became an entry of its field's catalogue: the field's id."""
    MERGE = "merge"
    """Two contacts made one: the merge's id."""
    MERGE_UNDO = "merge-undo"


class ChangeOrigin(NamedTuple):
    """Where new values come from."""

    kind: ChangeKind
    source_id: int | None = None
    actor: str = ""
    """The operator's address."""


class ValueChange(Base):
    """One value of one contact, before and after. Goes with its contact; nothing else deletes it."""

    __tablename__ = "value_change"
    __table_args__ = (
        Index("ix_value_change_contact_id_id", "contact_id", "id"),
        Index("ix_value_change_kind_source_id_id", "kind", "source_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(60), comment="an answer's key, @name or @language")
    old: Mapped[Any | None] = mapped_column(Json())
    new: Mapped[Any | None] = mapped_column(Json(), comment="none: the value was taken away")
    kind: Mapped[str] = mapped_column(String(12))
    source_id: Mapped[int | None] = mapped_column(comment="what it came by, as the kind says")
    line: Mapped[int | None] = mapped_column(comment="of an imported file")
    actor: Mapped[str] = mapped_column(String(254), default="", server_default="", comment="the operator's address")
    at: Mapped[datetime] = mapped_column(server_default=now())


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is not the same on both sides, by field; None where a side has no value."""
    names = sorted({*before, *after})
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def as_stored(value: Any) -> str | None:
    """A side of a change for hand-written SQL on SQLite, where a document is text."""
    return None if value is None else to_json(value)
