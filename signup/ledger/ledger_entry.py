"""The tables of the ledger: a leaf for each event, the tree's stored nodes, its newest state, the daily checkpoints."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.dialect import now


class LedgerEntry(Base):
    """One leaf: of a consent event or of an audit entry, never of a test or of the demonstration."""

    __tablename__ = "ledger_entry"
    position: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="from 0: the leaf's place in the tree"
    )
    event_id: Mapped[UUID | None] = mapped_column(unique=True)
    audit_id: Mapped[int | None] = mapped_column(unique=True)
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    personal_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="of the personal payload and its salt")
    visit_hash: Mapped[bytes] = mapped_column(LargeBinary, comment="of IP and agent in full and their salt")


class LedgerNode(Base):
    """The root of a complete subtree, at the heights that `merkle.STRIDE` says."""

    __tablename__ = "ledger_node"
    height: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerHead(Base):
    """How far the ledger is. One row; made when the first event is sealed."""

    __tablename__ = "ledger_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]
    frontier: Mapped[bytes] = mapped_column(LargeBinary, comment="the roots of complete subtrees")
    note: Mapped[str] = mapped_column(Text, comment="the newest signed checkpoint")
    at: Mapped[datetime] = mapped_column(server_default=now(), comment="when it was signed")
    settled_at: Mapped[datetime | None] = mapped_column(comment="all that is older is in the ledger")


class Checkpoint(Base):
    """A signed checkpoint that is kept: the first of each day, and whenever somebody asks for one."""

    __tablename__ = "checkpoint"
    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(server_default=now())
    note: Mapped[str] = mapped_column(Text)
