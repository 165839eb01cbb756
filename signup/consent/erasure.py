"""Who was erased, as a keyed hash: no file brings them back. Only they themselves do, by confirming a new sign-up.

It is no stop list: a person who was erased without objecting may sign up again, and is mailed.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts.contact import Contact
from signup.ground.db import Base, db, transaction, upsert
from signup.ground.dialect import now


class Erasure(Base):
    """An address that was erased, as `tokens.Keys.hash` of its key, and when it last was."""

    __tablename__ = "erasure"
    address_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=now())


def remember(address_hash: str) -> None:
    """Keep imports from bringing an address back. Needs an open transaction."""
    row = upsert(Erasure).values(address_hash=address_hash, at=now())
    db.session.execute(row.on_conflict_do_update(index_elements=["address_hash"], set_={"at": now()}))


def forget(address_hash: str) -> None:
    """Somebody has confirmed that they want mail at this address. Needs an open transaction."""
    db.session.execute(delete(Erasure).where(Erasure.address_hash == address_hash))


def was_erased(address_hash: Any) -> ColumnElement[bool]:
    """Whether an address was erased, and nobody has confirmed it since."""
    mine = select(Erasure.address_hash).where(Erasure.address_hash == address_hash)
    return mine.correlate_except(Erasure).exists()


def forget_returned() -> None:
    """The chore: who has confirmed a new sign-up since is a contact like any other."""
    with transaction():
        db.session.execute(delete(Erasure).where(has_returned()), execution_options={"synchronize_session": False})


def has_returned() -> ColumnElement[bool]:
    """Of an erasure: whether the person has confirmed a new sign-up since."""
    back = select(Contact.id).where(Contact.address_hash == Erasure.address_hash, Contact.confirmed_at > Erasure.at)
    return back.exists()
