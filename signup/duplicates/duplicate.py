"""A pair of contacts that may be one person: what speaks for it, how strongly, and what an operator said.

Found by `signup.duplicates.find_duplicates`. The same address twice is no pair: the database does not let it in.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.dialect import now

SEARCH_BEAT = "search-duplicates"
"""When the daily search last began; without it, the next one begins within a minute."""


class PairState(StrEnum):
    """open → merged, or apart: two people, and never asked again."""

    OPEN = "open"
    MERGED = "merged"
    APART = "apart"


class Duplicate(Base):
    """A pair, the lower id first."""

    __tablename__ = "duplicate"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in PairState)})", name="state"),
        CheckConstraint("first_id < second_id", name="order"),
        Index("ix_duplicate_state_score_id", "state", "score", "id"),
        Index("ix_duplicate_second_id", "second_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    score: Mapped[int] = mapped_column(comment="0 to 100")
    reasons: Mapped[list[str]] = mapped_column(comment="what agrees: mailbox, name, phone, postcode …")
    state: Mapped[str] = mapped_column(String(10), default=PairState.OPEN)
    found_at: Mapped[datetime] = mapped_column(server_default=now())
    decided_at: Mapped[datetime | None]
    operator_id: Mapped[int | None]
