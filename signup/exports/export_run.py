"""An export: who took which contacts out, when, how many. The row is the log entry and the job at once."""

import re
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, false, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.i18n import DEFAULT

MARK = re.compile(r"EX[2-9BCDFGHJKLMNPQRSTVWXZ]{8}")
SIGNS = "23456789BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words; nothing that is read as something else


def new_mark() -> str:
    """A mark for one export: short enough to be read out, and found in a file name or a cell."""
    return "EX" + "".join(secrets.choice(SIGNS) for _place in range(8))


class ExportRun(Base):
    """One export, from the page (a file to fetch) or the console (streamed at once)."""

    __tablename__ = "export_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    actor: Mapped[str] = mapped_column(String(254), comment="the operator's address, or 'console'")
    operator_id: Mapped[int | None]
    format: Mapped[str] = mapped_column(String(24), comment="a general format, or a preset's name")
    mark: Mapped[str | None] = mapped_column(
        String(10), unique=True, default=new_mark, comment="stands in the file and its name: whose export it was"
    )
    is_masked: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="for somebody who may not see whole contacts"
    )
    with_proof: Mapped[bool] = mapped_column(default=False, server_default=false(), comment="as Terms.with_proof")
    language: Mapped[str] = mapped_column(String(5), default=DEFAULT, server_default=DEFAULT)
    """Of headings in words: that of who asked for the file."""
    filter: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(
        String(10), default="waiting", comment="waiting, running, done, failed, cancelled"
    )
    total: Mapped[int] = mapped_column(default=0, comment="rows expected")
    rows: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0, comment="bytes")
    files: Mapped[int] = mapped_column(default=1, server_default="1", comment="in it; several are a ZIP")
    left_out: Mapped[int] = mapped_column(
        default=0, server_default="0", comment="people that the preset's program cannot take"
    )
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    finished_at: Mapped[datetime | None]


def trace(text: str) -> ExportRun | None:
    """The export whose mark is in `text`, e.g. a file's name or a row of it."""
    marks = MARK.findall(text.upper())
    return db.session.scalar(select(ExportRun).where(ExportRun.mark.in_(marks)).limit(1)) if marks else None
