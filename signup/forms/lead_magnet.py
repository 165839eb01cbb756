"""A lead magnet: the file a visitor gets for a confirmed sign-up. It lies outside the web root, under its own hash."""

import hashlib
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from signup.clock import uuid7
from signup.db import Base, now
from signup.urls import settings

MAX_BYTES = 25 * 1024 * 1024


class LeadMagnet(Base):
    """One file with the name visitors see."""

    __tablename__ = "lead_magnet"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(120))
    content_type: Mapped[str] = mapped_column(String(100), default="application/pdf")
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def path(self) -> Path:
        return folder() / self.sha256


def folder() -> Path:
    """Where the files are: never below anything the web server serves."""
    return settings().signup_var / "files"


def store(name: str, file_name: str, content: bytes, content_type: str) -> LeadMagnet:
    """Write the file, durable and under its hash, and return the row to add."""
    sha256 = hashlib.sha256(content).hexdigest()
    magnet = LeadMagnet(name=name, file_name=file_name, content_type=content_type, size=len(content), sha256=sha256)
    magnet.path.parent.mkdir(parents=True, exist_ok=True)
    part = magnet.path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(magnet.path)
    return magnet
