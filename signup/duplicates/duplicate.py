"""Two contacts that may be the same person: the evidence, the score, and the operator's decision.

Found by `signup.duplicates.find_duplicates`. The same address twice is no pair: the database does not let it in.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.dialect import now

SEARCH_BEAT = "search-duplicates"
"""When the daily search last began. Without it, the next search begins within a minute."""


class PairState(StrEnum):
    """open → merged, or apart: they are two people, and the pair is not shown again."""

    OPEN = "open"
    MERGED = "merged"
    APART = "apart"


class Duplicate(Base):
    """A pair of contacts, the lower id first."""

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
