"""A contact: one person we know by one address.

What they agreed to is in `signup.consent`, what they did in `signup.activity`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.clock import uuid7
from signup.db import Base, db, now, transaction
from signup.tokens import keys

NAME_KEYS = ("first_name", "last_name", "name")
MAX_NAME = 200
HASH_BATCH = 5000


class Standing(StrEnum):
    """Where a contact stands over all lists: the best of its subscriptions."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


def _address_hash(context: Any) -> str:
    return keys().hash(context.get_current_parameters()["address_key"])


class Contact(Base):
    """A person. Answers of a sign-up come here only once that sign-up is confirmed."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_address_key_prefix", "address_key", postgresql_ops={"address_key": "text_pattern_ops"}),
        Index("ix_contact_name_key", "name_key", "id", postgresql_ops={"name_key": "text_pattern_ops"}),
        Index("ix_contact_standing_id", "standing", "id"),
        Index(  # SQLite cannot index what a document contains: there the index is of no rows
            "ix_contact_answers",
            "answers",
            postgresql_using="gin",
            postgresql_ops={"answers": "jsonb_path_ops"},
            sqlite_where=text("false"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    address: Mapped[str] = mapped_column(String(254), comment="as typed first, normalised for mail")
    address_key: Mapped[str] = mapped_column(String(254), unique=True)
    address_hash: Mapped[str | None] = mapped_column(
        String(32), default=_address_hash, comment="keyed hash of the key: whether the stop list holds it"
    )
    name: Mapped[str] = mapped_column(String(MAX_NAME), default="")
    name_key: Mapped[str] = mapped_column(String(MAX_NAME), default="", comment="name in lower case, for prefix search")
    language: Mapped[str] = mapped_column(String(5), default="en")
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    standing: Mapped[str] = mapped_column(String(12), default=Standing.PENDING)
    source: Mapped[str] = mapped_column(String(120), default="", comment="what the first sign-up came through")
    created_at: Mapped[datetime] = mapped_column(server_default=now(), index=True)
    confirmed_at: Mapped[datetime | None]

    def learn(self, answers: dict[str, Any], language: str) -> None:
        """Take over what a confirmed sign-up answered; a field left out keeps its old answer."""
        self.set_answers(answers, "form")
        self.language = language

    def set_answers(self, changes: dict[str, Any], _origin: str) -> dict[str, Any]:
        """Set single values, None to take one away, and the name that follows from them. Who needs a history of values
        hooks in here: every change of a loaded contact's values passes. `_origin` says whence: `form`, `preferences`,
        `operator` or `spelling`. Returns what differed, as it was before.
        """
        before = {key: self.answers.get(key) for key, value in changes.items() if self.answers.get(key) != value}
        merged = {**self.answers, **changes}
        self.answers = {key: value for key, value in merged.items() if value is not None}
        if name := name_after(changes, self.answers):
            self.name, self.name_key = name, name.lower()
        return before


def next_bound(after: int, size: int) -> int | None:
    """The id that the `size` contacts behind `after` reach up to; None when there is none. Long work goes along the
    primary key: asked for the first so many that hold something, a planner would read everybody each time.
    """
    ids = select(Contact.id).where(Contact.id > after).order_by(Contact.id).limit(size).subquery()
    bound: int | None = db.session.scalar(select(func.max(ids.c.id)))
    return bound


def hash_addresses() -> None:
    """The chore: hash the addresses of contacts that were written without, by a migration or a set-based import."""
    wanting = select(Contact.id, Contact.address_key).where(Contact.address_hash.is_(None)).limit(HASH_BATCH)
    while rows := db.session.execute(wanting).all():
        with transaction():
            hashed = [{"id": contact_id, "address_hash": keys().hash(key)} for contact_id, key in rows]
            db.session.execute(update(Contact), hashed)


def name_after(changes: dict[str, Any], answers: dict[str, Any]) -> str:
    """The name to show once `changes` are among `answers`; empty when they say nothing about it."""
    parts = [key for key in NAME_KEYS[:2] if key in changes]
    if parts:
        return name_from({key: answers.get(key) for key in NAME_KEYS[:2]})
    return name_from({"name": answers.get("name")}) if "name" in changes else ""


def name_from(answers: dict[str, Any]) -> str:
    """The name to show for answers that hold `first_name`, `last_name` or `name`; empty without."""
    return " ".join(str(answers[key]) for key in NAME_KEYS if answers.get(key))[:MAX_NAME]
