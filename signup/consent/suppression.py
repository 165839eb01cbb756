"""The stop list: addresses that get no mail at all. Only a keyed hash is kept, so it survives erasure."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now

HARD_BOUNCE, COMPLAINT = "hard bounce", "complaint"
BY_OPERATOR, IMPORTED = "by an operator", "imported"
BATCH = 500


class Suppression(Base):
    """An address that must not be mailed, as `tokens.Keys.hash` of its key."""

    __tablename__ = "suppression"
    address_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(server_default=now())


def suppress(address_hash: str, reason: str) -> bool:
    """Mail an address no longer. The first reason stays, but a complaint weighs more. Needs an open transaction.

    Returns whether it is new on the list, or a complaint for the first time.
    """
    row = upsert(Suppression).values(address_hash=address_hash, reason=reason[:40])
    if reason == COMPLAINT:
        changed = row.on_conflict_do_update(
            index_elements=["address_hash"],
            set_={"reason": COMPLAINT},
            where=Suppression.reason.not_in((COMPLAINT, "erased")),
        )
    else:
        changed = row.on_conflict_do_nothing()
    return db.session.execute(changed.returning(Suppression.address_hash)).first() is not None


def suppress_all(address_hashes: Iterable[str], reason: str) -> int:
    """Mail these addresses no longer. Needs an open transaction; returns how many are new on the list.

    They go in in one order, so that two imports at once cannot wait for each other.
    """
    rows = [{"address_hash": one, "reason": reason[:40]} for one in sorted(set(address_hashes))]
    new = 0
    for start in range(0, len(rows), BATCH):
        some = upsert(Suppression).values(rows[start : start + BATCH]).on_conflict_do_nothing()
        new += len(db.session.execute(some.returning(Suppression.address_hash)).all())
    return new


def release(address_hash: str) -> bool:
    """Let an address be mailed again. Needs an open transaction; returns whether it was on the list."""
    gone = delete(Suppression).where(Suppression.address_hash == address_hash).returning(Suppression.reason)
    return db.session.execute(gone).first() is not None


def reason_for(address_hash: str) -> str | None:
    """Why an address is not mailed; None when it may be."""
    reason: str | None = db.session.scalar(select(Suppression.reason).where(Suppression.address_hash == address_hash))
    return reason


def count_by_reason() -> list[tuple[str, int]]:
    """How many addresses are not mailed, by reason, the most first."""
    n = func.count().label("n")
    query = select(Suppression.reason, n).group_by(Suppression.reason).order_by(n.desc(), Suppression.reason)
    return [(row.reason, row.n) for row in db.session.execute(query)]
