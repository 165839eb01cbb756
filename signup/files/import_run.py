"""An import: who brought which file in, how it was read, what came of it; and every row of it, kept word for word.

The run is the log entry and the job at once. Its rows are what an undo goes by, and where each contact came from.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, false, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.checks.check import COUNTRY
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now

ANSWER = "answer:"
"""What a mapping puts before the key of an answer."""
SPLIT_NAMES = ("first_name", "last_name")
"""Targets of a mapping that are kept as answers too."""


class Task(StrEnum):
    """What a run is at, one after the other."""

    READ = "read"
    """The file is there; a person looks at how it is read."""
    CHECK = "check"
    """The dry run: everything an import decides, nothing it writes."""
    IMPORT = "import"
    UNDO = "undo"


class ImportOrigin(StrEnum):
    """Where the operator declares the people to come from; decides what can be evidence."""

    OWN = "own"
    SERVICE = "service"
    CLAIM = "claim"
    BOUGHT = "bought"


class ImportOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    JOINED = "joined"
    """Somebody we know, new on this list."""
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT = "left"
    """Left alone: unsubscribed, suppressed, erased, complained, bounced."""
    DUPLICATE = "duplicate"
    INVALID = "invalid"


WRITTEN = (ImportOutcome.CREATED, ImportOutcome.JOINED, ImportOutcome.UPDATED)


class ImportRun(Base):
    """One file on its way in: read, checked, imported, perhaps undone."""

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_headings_hash", "headings_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    actor: Mapped[str] = mapped_column(String(254), comment="the operator's address, or 'console'")
    operator_id: Mapped[int | None]
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(default=0, comment="bytes")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    reading: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="format, encoding, delimiter, quote, heading")
    headings: Mapped[list[str]] = mapped_column(default=list)
    headings_hash: Mapped[str] = mapped_column(String(64), default="", comment="finds the mapping chosen last time")
    mapping: Mapped[list[str]] = mapped_column(default=list, comment="for each column what it is; empty: nothing")
    origin: Mapped[str] = mapped_column(String(10), default=ImportOrigin.CLAIM)
    choices: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", comment="what else was decided about the file: `import_choices`"
    )
    found: Mapped[dict[str, Any] | None] = mapped_column(comment="what the dry run asks or tells, beside its counts")
    overwrite: Mapped[bool] = mapped_column(default=False, comment="the file's values win over other ones here")
    is_bounded: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="by somebody of some lists: of shared contacts only the card"
    )
    task: Mapped[str] = mapped_column(String(10), default=Task.READ)
    state: Mapped[str] = mapped_column(String(10), default="done", comment="waiting, running, done, failed, cancelled")
    problem: Mapped[str] = mapped_column(String(300), default="", comment="why it failed")
    total: Mapped[int] = mapped_column(default=0, comment="rows expected; of a file not yet read through, a guess")
    rows: Mapped[int] = mapped_column(default=0, comment="rows done of the task at hand")
    line: Mapped[int] = mapped_column(default=0, comment="the last line done: where a next worker goes on")
    checked: Mapped[dict[str, Any] | None] = mapped_column(comment="counts of the dry run, by outcome and reason")
    imported: Mapped[dict[str, Any] | None]
    undone: Mapped[dict[str, Any] | None]
    attempt: Mapped[int] = mapped_column(default=0)
    stumbles: Mapped[int] = mapped_column(default=0, server_default="0", comment="claims in a row that came no further")
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    started_at: Mapped[datetime | None] = mapped_column(comment="of the task at hand")
    finished_at: Mapped[datetime | None]
    emptied_line: Mapped[int | None] = mapped_column(comment="how far its rows are emptied; it cannot be undone")
    emptied_at: Mapped[datetime | None] = mapped_column(comment="when all were")


def brought_to(list_id: int) -> list[str] | None:
    """The keys of the answers that imports brought to a list, in the order they came; None when no import changed
    anybody on it.
    """
    query = select(ImportRun.mapping, ImportRun.imported, ImportRun.choices).order_by(ImportRun.id)
    runs = db.session.execute(query.where(ImportRun.list_id == list_id, ImportRun.imported.is_not(None)))
    changed = [
        (mapping, chosen) for mapping, counts, chosen in runs if counts and not counts.keys().isdisjoint(WRITTEN)
    ]
    targets = dict.fromkeys(target for mapping, _chosen in changed for target in mapping)
    keys = [target.removeprefix(ANSWER) for target in targets if target.startswith(ANSWER) or target in SPLIT_NAMES]
    if any(chosen.get("country") for _mapping, chosen in changed) and COUNTRY not in keys:
        keys.append(COUNTRY)
    return keys if changed else None


UNDONE = "undone"
"""What `ImportRow.undo` says of a row that was taken back."""


class ImportMend(Base):
    """A row's cells as a person corrected them; the file stays as it came."""

    __tablename__ = "import_mend"
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list[str]]


class ImportRow(Base):
    """One row of a file as it came, and what it did."""

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_contact_id", "contact_id"),)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    raw: Mapped[list[str]] = mapped_column(comment="the cells, word for word")
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(60), default="")
    contact_id: Mapped[int | None] = mapped_column(comment="no foreign key: the row outlives the contact")
    event_id: Mapped[UUID | None] = mapped_column(comment="the consent event it became")
    change: Mapped[dict[str, Any] | None] = mapped_column(comment="values before and after")
    undo: Mapped[str | None] = mapped_column(String(10), comment="undone, or kept: changed since")
