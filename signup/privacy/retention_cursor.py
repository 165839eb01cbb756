"""How far a chore has come along a table whose rows it looks at once: the next round goes on behind that row."""

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, upsert


class RetentionCursor(Base):
    """The last row that a chore is done with, in the order of ids."""

    __tablename__ = "retention_cursor"
    name: Mapped[str] = mapped_column(String(20), primary_key=True, comment="of the table")
    last: Mapped[str] = mapped_column(String(40), comment="its id")


def position(table: str) -> str | None:
    """The id behind which the next round goes on. None before the first."""
    return db.session.scalar(select(RetentionCursor.last).where(RetentionCursor.name == table))


def advance(table: str, last: object) -> None:
    """Be done with all rows up to this id. Needs an open transaction."""
    row = upsert(RetentionCursor).values(name=table, last=str(last))
    db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"last": str(last)}))
