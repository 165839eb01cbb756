"""What the checks found about a contact's answers, kept beside them: the value as it is read, and the verdict."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.checks.check import COUNTRY, second_key_of
from signup.ground.db import Base
from signup.ground.dialect import now

RULES = "3"
"""Change it, and every answer is looked at again: the checks or their tables changed."""


class Finding(Base):
    """One checked answer of one contact."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_region", "region", "contact_id"),
        Index("ix_finding_verdict", "verdict", "contact_id"),
    )
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(40), primary_key=True, comment="of the answer")
    value: Mapped[str] = mapped_column(String(120), comment="normalised; the answer keeps what was typed")
    verdict: Mapped[str] = mapped_column(String(10))
    region: Mapped[str] = mapped_column(String(6), default="")
    version: Mapped[str] = mapped_column(String(120), default="", comment="of the table that decided")
    seen: Mapped[str] = mapped_column(String(16), comment="digest of what was looked at")
    at: Mapped[datetime] = mapped_column(server_default=now())


def digest_of(answers: Mapping[str, Any], country: str, checks: Mapping[str, str]) -> str:
    """Changes whenever the checks would see something else. `checks`: the check of each key."""
    beside = {second_key_of(key, name) for key, name in checks.items()}
    keys = sorted({*checks, *beside, COUNTRY} & answers.keys())
    text = "\x1f".join([RULES, country, *(f"{key}\x1e{checks.get(key, '')}\x1e{answers[key]}" for key in keys)])
    return sha256(text.encode()).hexdigest()[:16]
