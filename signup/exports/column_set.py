"""Columns that an export may have, saved under a name for everybody who works with the list."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now
from signup.ground.errors import NotFound

MAX_NAME = 60


class ColumnSet(Base):
    """The names of the columns, as `exports.columns` gives them; one that a list has no more is passed over."""

    __tablename__ = "export_columns"
    __table_args__ = (UniqueConstraint("list_id", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    columns: Mapped[list[str]] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(server_default=now())


def sets_of(list_id: int) -> list[ColumnSet]:
    """A list's saved columns, by name."""
    return list(db.session.scalars(select(ColumnSet).where(ColumnSet.list_id == list_id).order_by(ColumnSet.name)))


def find_set(list_id: int, name: str) -> ColumnSet:
    """A list's columns with this name. Raises `NotFound`."""
    found = db.session.scalar(select(ColumnSet).where(ColumnSet.list_id == list_id, ColumnSet.name == name))
    if found is None:
        raise NotFound(f"saved columns {name!r}")
    return found


def save(list_id: int, name: str, columns: list[str]) -> None:
    """Keep columns under a name; the same name again takes the place of the former. Needs an open transaction."""
    saved = upsert(ColumnSet).values(list_id=list_id, name=name, columns=columns)
    db.session.execute(saved.on_conflict_do_update(index_elements=["list_id", "name"], set_={"columns": columns}))


def remove(list_id: int, name: str) -> bool:
    """Take saved columns away; no file is touched. Returns whether they were there. Needs an open transaction."""
    gone = delete(ColumnSet).where(ColumnSet.list_id == list_id, ColumnSet.name == name).returning(ColumnSet.id)
    return db.session.scalar(gone) is not None
