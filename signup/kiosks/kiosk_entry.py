"""Stores each entry of a kiosk once: the kiosk makes its uid, and the database refuses it a second time.

A row holds nothing personal. It stays when its sign-up is purged, so that the report's rates keep their whole.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypedDict
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.forms.live_form import LiveForm
from signup.ground.db import Base, db, is_postgresql, transaction, upsert
from signup.ground.dialect import now, sqlite_time
from signup.ground.driver_sql import run, together, uuid_param
from signup.limits.turn import Turn
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.signups import store_signup
from signup.signups.check_submission import CheckedSubmission
from signup.signups.statement_values import SignupValues
from signup.signups.store_signup import StoredSignup


class KioskOutcome(StrEnum):
    """What became of an entry. Refused ones have no row: the kiosk keeps them to be corrected."""

    STORED = "stored"
    HELD = "held"
    """The governor kept it back without a word: the address had its share."""


class KioskEntry(Base):
    """An entry that arrived here: the kiosk need not keep it any longer."""

    __tablename__ = "kiosk_entry"
    __table_args__ = (
        CheckConstraint(f"outcome IN ({', '.join(repr(o.value) for o in KioskOutcome)})", name="outcome"),
        Index("ix_kiosk_entry_received_at", "received_at"),
        Index("ix_kiosk_entry_signup_id", "signup_id"),
    )
    uid: Mapped[UUID] = mapped_column(primary_key=True, comment="made by the till: the same entry twice is one")
    till_id: Mapped[int] = mapped_column(ForeignKey("till.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    outcome: Mapped[str] = mapped_column(String(8))
    signup_id: Mapped[int | None] = mapped_column(comment="no foreign key: the count outlives the sign-up")
    optional: Mapped[int] = mapped_column(comment="optional fields asked")
    filled: Mapped[int] = mapped_column(comment="of them answered")
    taken_at: Mapped[datetime | None] = mapped_column(comment="by the till's clock: a claim")
    received_at: Mapped[datetime] = mapped_column(server_default=now())
    bounced: Mapped[bool] = mapped_column(default=False, comment="noted when its sign-up is purged")


class KioskOrigin(NamedTuple):
    """Which entry it is, from which kiosk and staff, and how complete."""

    uid: UUID
    till_id: int
    staff_id: int
    optional: int
    filled: int
    taken_at: datetime | None


class _EntryValues(TypedDict):
    """The parameters of `_CLAIM`."""

    uid: UUID | str
    till_id: int
    staff_id: int
    form_id: int
    optional: int
    filled: int
    taken_at: datetime | str | None


def is_known(uid: UUID) -> bool:
    """Whether this entry came before: it is not looked at again."""
    return db.session.scalar(select(KioskEntry.uid).where(KioskEntry.uid == uid)) is not None


# A parallel copy that the governor held, because this one had just been counted, must not keep this one out.
_CLAIM = """
    INSERT INTO kiosk_entry (uid, till_id, staff_id, form_id, outcome, optional, filled, taken_at, received_at, bounced)
    VALUES (:uid, :till_id, :staff_id, :form_id, 'stored', :optional, :filled, :taken_at, NOW(), FALSE)
    ON CONFLICT (uid) DO UPDATE SET outcome = 'stored' WHERE kiosk_entry.outcome = 'held'
    RETURNING uid
"""
_LINK = "UPDATE kiosk_entry SET signup_id = :signup_id WHERE uid = :uid"


def store(turn: Turn, origin: KioskOrigin, sent: CheckedSubmission, values: SignupValues) -> StoredSignup | None:
    """Store the entry and its sign-up in one transaction; None when the same entry was stored before.

    Raises `TooMany`, and stores nothing, for a rule that its turn counts.
    """
    connection = turn.connection
    entry = _values_of(origin, sent.form.id)
    with together(connection):
        if not run(connection, _CLAIM, entry).fetchall():
            return None
        stored = store_signup.store(turn, sent, values)
        run(connection, _LINK, {"uid": entry["uid"], "signup_id": stored.signup_id})
    return stored


def _values_of(origin: KioskOrigin, form_id: int) -> _EntryValues:
    taken_at = origin.taken_at
    return {
        "uid": uuid_param(origin.uid),
        "till_id": origin.till_id,
        "staff_id": origin.staff_id,
        "form_id": form_id,
        "optional": origin.optional,
        "filled": origin.filled,
        "taken_at": taken_at if taken_at is None or is_postgresql() else sqlite_time(taken_at),
    }


def hold(form: LiveForm, origin: KioskOrigin) -> None:
    """Note that the governor kept the entry back, unless a parallel copy was stored."""
    values = origin._asdict() | {"form_id": form.id, "outcome": KioskOutcome.HELD, "bounced": False}
    with transaction():
        db.session.execute(upsert(KioskEntry).values(**values).on_conflict_do_nothing())


def note_bounces(signup_ids: list[int]) -> None:
    """Note on the entries of sign-ups to be purged whether their mail bounced. Needs an open transaction."""
    came_back = select(Message.signup_id).where(
        Message.signup_id.in_(signup_ids), Message.kind == MessageKind.CONFIRM, Message.state == MessageState.FAILED
    )
    db.session.execute(
        update(KioskEntry).where(KioskEntry.signup_id.in_(came_back)).values(bounced=True),
        execution_options={"synchronize_session": False},
    )
