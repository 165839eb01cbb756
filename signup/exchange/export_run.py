"""An export: who took which contacts out, when, how many. The row is the log entry and the job at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.clock import uuid7
from signup.db import Base, now


class ExportRun(Base):
    """One export, from the page (a file to fetch) or the console (streamed at once)."""

    __tablename__ = "export_run"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    actor: Mapped[str] = mapped_column(String(254), comment="the operator's address, or 'console'")
    operator_id: Mapped[int | None]
    format: Mapped[str] = mapped_column(String(10))
    filter: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(
        String(10), default="waiting", comment="waiting, running, done, failed, cancelled"
    )
    total: Mapped[int] = mapped_column(default=0, comment="rows expected")
    rows: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0, comment="bytes")
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    finished_at: Mapped[datetime | None]
