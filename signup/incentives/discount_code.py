"""A discount code. Each contact gets one, and the same one at every visit.

The database settles who gets the last one; who comes too late gets the incentive's fallback text, never an error.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, is_postgresql
from signup.ground.dialect import now, read_instant
from signup.ground.driver_sql import DriverConnection, run

MAX_LENGTH = 60


class DiscountCode(Base):
    """A code: left, given to one contact for good, or redeemed."""

    __tablename__ = "discount_code"
    __table_args__ = (
        UniqueConstraint("lead_magnet_id", "code_key"),
        UniqueConstraint("lead_magnet_id", "contact_id"),
        Index("ix_discount_code_code_key", "code_key"),
        Index(
            "ix_discount_code_left",
            "lead_magnet_id",
            "id",
            postgresql_where=text("given_at IS NULL"),
            sqlite_where=text("given_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    lead_magnet_id: Mapped[int] = mapped_column(ForeignKey("lead_magnet.id"))
    code: Mapped[str] = mapped_column(String(MAX_LENGTH))
    code_key: Mapped[str] = mapped_column(String(MAX_LENGTH), comment="the code in capitals")
    expires_at: Mapped[datetime | None]
    contact_id: Mapped[int | None] = mapped_column(
        comment="no foreign key: a code stays given when its contact is erased"
    )
    signup_id: Mapped[int | None] = mapped_column(comment="what it was given for")
    given_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())


class GivenCode(NamedTuple):
    """A contact's code, and the day until which the shop accepts it."""

    code: str
    expires_at: datetime | None

    @property
    def until(self) -> str | None:
        """The last day of the code (UTC), as emails write it."""
        return self.expires_at.date().isoformat() if self.expires_at else None


_LOCK_POSTGRESQL = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"
# All conditions stand inside: a code that is locked and not taken would look given to everybody else.
_GIVE = """
    UPDATE discount_code SET given_at = NOW(), signup_id = :signup_id,
      contact_id = (SELECT contact_id FROM signup WHERE id = :signup_id)
    WHERE id = (
      SELECT id FROM discount_code WHERE lead_magnet_id = :magnet_id AND given_at IS NULL AND redeemed_at IS NULL
        AND (expires_at IS NULL OR expires_at > NOW())
        AND EXISTS (SELECT 1 FROM signup WHERE signup.id = :signup_id
          AND signup.state = :state AND (signup.state = 'repeated' OR signup.expires_at > NOW()))
        AND NOT EXISTS (SELECT 1 FROM discount_code own JOIN signup ON signup.contact_id = own.contact_id
          WHERE signup.id = :signup_id AND own.lead_magnet_id = :magnet_id)
      ORDER BY id LIMIT 1 {lock})
"""
_OWN = """
    SELECT discount_code.code, discount_code.expires_at
    FROM discount_code JOIN signup ON signup.contact_id = discount_code.contact_id
    WHERE signup.id = :signup_id AND discount_code.lead_magnet_id = :magnet_id
      AND (discount_code.expires_at IS NULL OR discount_code.expires_at > NOW())
"""


def lock_person(connection: DriverConnection, magnet_id: int, recipient_hash: str) -> None:
    """Lock a person's sign-ups for a pool: two that are confirmed at once must get one code.

    Before any row is touched: whoever held a row here and waited there would be waited for. On SQLite the
    transaction itself is the queue. `recipient_hash` is the keyed hash of the address.
    """
    if is_postgresql():
        run(connection, _LOCK_POSTGRESQL, {"name": f"code:{magnet_id}:{recipient_hash}"})


def give(connection: DriverConnection, magnet_id: int, signup_id: int, state: str) -> GivenCode | None:
    """The code of this sign-up's contact: the one given before, else the next that is left. None when none is left.

    Nothing is given away unless the sign-up is in `state`, and if that is pending, can still be confirmed.
    Needs an open transaction that began with `lock_person`.
    """
    values = {"magnet_id": magnet_id, "signup_id": signup_id, "state": state}
    run(connection, _GIVE.format(lock="FOR UPDATE SKIP LOCKED" if is_postgresql() else ""), values)
    row = run(connection, _OWN, values).fetchone()
    return GivenCode(row[0], read_instant(row[1])) if row else None


def of_contact(magnet_id: int, contact_id: int) -> GivenCode | None:
    """The code that this contact was given, while the shop accepts it."""
    query = select(DiscountCode.code, DiscountCode.expires_at).where(
        DiscountCode.lead_magnet_id == magnet_id,
        DiscountCode.contact_id == contact_id,
        or_(DiscountCode.expires_at.is_(None), DiscountCode.expires_at > now()),
    )
    row = db.session.execute(query).first()
    return GivenCode(row.code, row.expires_at) if row else None
