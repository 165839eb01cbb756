"""Immutable, content-addressed texts: consent wordings, form versions, mail templates, forms as they were shown.

What a person saw can be shown again, word for word, years later.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now

KEEP = """
    INSERT INTO snapshot (hash, kind, content, created_at) VALUES (:hash, :kind, :content, NOW())
    ON CONFLICT (hash) DO NOTHING
"""
"""The statement that `keep` stands for, for hand-written SQL."""


class SnapshotKind(StrEnum):
    """What a snapshot is of."""

    WORDING = "wording"
    FORM = "form"
    MAIL = "mail"
    SHOWN = "shown"
    """A form as it was shown."""
    STYLE = "style"
    """The style sheet that it was shown with."""


class Snapshot(Base):
    """A text that never changes; its name is the SHA-256 of its content."""

    __tablename__ = "snapshot"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    content: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=now())


def digest(content: str) -> str:
    """The name of a content: SHA-256 in hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def keep(kind: SnapshotKind, content: str) -> str:
    """Store `content` if it is new and return its hash. Needs an open transaction."""
    name = digest(content)
    db.session.execute(upsert(Snapshot).values(hash=name, kind=kind, content=content).on_conflict_do_nothing())
    return name


def texts_of(hashes: Iterable[str | None]) -> dict[str, str]:
    """The texts of these names, by their names."""
    query = select(Snapshot.hash, Snapshot.content).where(Snapshot.hash.in_({one for one in hashes if one}))
    return {row.hash: row.content for row in db.session.execute(query)}
