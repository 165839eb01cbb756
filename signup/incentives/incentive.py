"""An incentive: what a visitor gets for a confirmed sign-up – a file, an external link, or a discount code.

Files lie outside the web root, each under its own hash; the codes of a pool are in `discount_code`.
"""

import hashlib
import os
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import uuid7
from signup.ground.db import Base
from signup.ground.dialect import now
from signup.ground.private_files import make_folder
from signup.ground.urls import settings

MAX_BYTES = 25 * 1024 * 1024


class IncentiveKind(StrEnum):
    """How it is delivered: files and links by a signed download link, codes as text."""

    FILE = "file"
    LINK = "link"
    CODES = "codes"


class Incentive(Base):
    """An incentive with the name that visitors see. Links that were sent lead to its present content."""

    __tablename__ = "lead_magnet"
    __table_args__ = (CheckConstraint(f"kind IN ({', '.join(repr(k.value) for k in IncentiveKind)})", name="kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    kind: Mapped[str] = mapped_column(String(10), default=IncentiveKind.FILE, server_default="file")
    name: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(120), default="")
    content_type: Mapped[str] = mapped_column(String(100), default="application/pdf")
    size: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    url: Mapped[str] = mapped_column(String(500), default="", server_default="")
    fallback: Mapped[str] = mapped_column(
        String(500), default="", server_default="", comment="shown when no code is left"
    )
    low_at: Mapped[int] = mapped_column(default=0, server_default="0", comment="warn at so many codes left, or fewer")
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def path(self) -> Path:
        return settings().files_folder / self.sha256

    @property
    def has_link(self) -> bool:
        """Whether visitors get it by a download link."""
        return self.kind != IncentiveKind.CODES

    def hold(self, file_name: str, content: bytes, content_type: str) -> None:
        """Store a file as the incentive's content, on the disk before the row names it. The file before stays for open
        links.
        """
        self.file_name, self.content_type, self.size = file_name, content_type, len(content)
        self.sha256 = hashlib.sha256(content).hexdigest()
        make_folder(self.path.parent)
        part = self.path.with_suffix(f".{uuid4().hex}.part")
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)


def store(name: str, file_name: str, content: bytes, content_type: str) -> Incentive:
    """Write a file, and return the incentive's row to add."""
    magnet = Incentive(kind=IncentiveKind.FILE, name=name)
    magnet.hold(file_name, content, content_type)
    return magnet
