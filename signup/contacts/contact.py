"""A contact: one person we know by one address.

What they agreed to is in `signup.consent`, what they did in `signup.counts`.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Index,
    Select,
    String,
    and_,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from signup.addresses.address import mailbox_key
from signup.contacts.value_change import LANGUAGE, NAME, ChangeKind, ChangeOrigin, ValueChange, differing
from signup.ground.clock import uuid7
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now
from signup.ground.tokens import keys

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
    MERGED = "merged"
    """Became part of another contact (`duplicates.merge`); the row stays, so that the merge can be undone."""

    @classmethod
    def best_of(cls, states: Collection[str], otherwise: str) -> str:
        """The best standing among the states of a contact's subscriptions; `otherwise` where it has none."""
        return next((standing.value for standing in cls if standing.value in states), otherwise)


class Nature(StrEnum):
    """What a contact is, from birth and for life: triggers on both engines see to it."""

    REAL = "real"
    TEST = "test"
    """Somebody tried a form: everything works, nothing counts, and it is deleted by itself."""
    DEMO = "demo"
    """Made up by `signup demo`: counts like anybody, and can be removed."""


UNREAL: ColumnElement[bool] = literal_column("contact.nature <> 'real'", Boolean())
"""The condition of the small index over tests and demonstration, as both planners recognise it."""
SHOWN_NAME: ColumnElement[str] = literal_column(
    "CASE WHEN contact.name_key <> '' THEN contact.name_key ELSE contact.address_key END", String()
)
"""What a contact is called in a list: the name, else the address. An index has it, written alike."""


def _address_hash(context: Any) -> str:
    return hash_of(context.get_current_parameters()["address_key"])


def hash_of(address_key: str) -> str:
    """How the stop list knows the mailbox of a contact with this key."""
    return keys().hash(mailbox_key(address_key))


class Contact(Base):
    """A person. Answers of a sign-up come here only once that sign-up is confirmed."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_address_key_prefix", "address_key", postgresql_ops={"address_key": "text_pattern_ops"}),
        Index("ix_contact_name_key", "name_key", "id", postgresql_ops={"name_key": "text_pattern_ops"}),
        Index("ix_contact_standing_id", "standing", "id"),
        Index("ix_contact_shown_name", text("(CASE WHEN name_key <> '' THEN name_key ELSE address_key END)"), "id"),
        Index(  # SQLite cannot index what a document contains: there the index is of no rows
            "ix_contact_answers",
            "answers",
            postgresql_using="gin",
            postgresql_ops={"answers": "jsonb_path_ops"},
            sqlite_where=text("false"),
        ),
        Index(
            "ix_contact_unreal",
            "nature",
            "id",
            postgresql_where=text("nature <> 'real'"),
            sqlite_where=text("nature <> 'real'"),
        ),
        {"sqlite_autoincrement": True},  # proof names its id: none is given out twice
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
    nature: Mapped[str] = mapped_column(
        String(4), default=Nature.REAL, server_default=Nature.REAL, comment="real, test, demo"
    )

    @property
    def is_test(self) -> bool:
        return self.nature == Nature.TEST

    def learn(self, answers: Mapping[str, Any], language: str, origin: ChangeOrigin) -> None:
        """Take over what somebody answered; a field left out keeps its old answer."""
        self.change_answers({**answers, LANGUAGE: language}, origin)

    @property
    def values(self) -> dict[str, Any]:
        """All that `change_answers` may change, by field."""
        return {**self.answers, NAME: self.name, LANGUAGE: self.language}

    def values_at(self, fields: Iterable[str]) -> dict[str, Any]:
        """These values; None for what is not known."""
        return {field: self.values.get(field) for field in fields}

    def change_answers(self, changes: Mapping[str, Any], origin: ChangeOrigin) -> list[str]:
        """Set values by field – an answer's key, `NAME` or `LANGUAGE`; None takes an answer away – with their history.

        Returns the fields that differ. Needs an open transaction, and the row locked where others may write.
        """
        before = self.values
        after = {**before, **changes}
        if NAME not in changes and any(before.get(key) != after.get(key) for key in NAME_KEYS):
            after[NAME] = name_from(after) or self.name
        found = differing(before, after)
        if found:
            self.name, self.language = after.pop(NAME) or "", after.pop(LANGUAGE) or self.language
            self.name_key = self.name.lower()
            self.answers = {key: value for key, value in after.items() if value is not None}
        for field, (old, new) in found.items():
            change = ValueChange(contact_id=self.id, field=field, old=old, new=new, kind=ChangeKind(origin.kind))
            change.source_id, change.actor = origin.source_id, origin.actor
            db.session.add(change)
        return list(found)


def is_counted(contact: Any = Contact) -> ColumnElement[bool]:
    """Who is shown and counted: nobody who became part of another contact, and no test."""
    return and_(contact.standing != Standing.MERGED, contact.nature != Nature.TEST)


def tests() -> Select[int]:
    """The ids of all tests, for a query that knows contacts by their id alone. They are few, and have an index."""
    return select(Contact.id).where(UNREAL, Contact.nature == Nature.TEST)


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
            hashed = [{"id": contact_id, "address_hash": hash_of(key)} for contact_id, key in rows]
            db.session.execute(update(Contact), hashed)


def name_from(answers: Mapping[str, Any]) -> str:
    """The name to show for answers that hold `first_name`, `last_name` or `name`; empty without."""
    return " ".join(str(answers[key]) for key in NAME_KEYS if answers.get(key))[:MAX_NAME]
