"""How filled the contacts are, key by key: computed now and then over all of them or every n-th, and kept.

Nothing of anybody's values is kept here, only how many there are. What follows from it is for the pages above.
"""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, delete, func, select, true
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts.contact import Contact, is_counted
from signup.fields import value_sql
from signup.fields.kinds.all_kinds import kind_of, kind_of_json
from signup.ground.db import Base, db, transaction, upsert
from signup.ground.dialect import now
from signup.ground.jobs import last_beat
from signup.ground.query_planning import plan_for_once

SAMPLE = 100_000
"""Contacts looked at; of more, evenly spread ones."""
EMPTY = ("", '""', "[]", "{}")
BEAT = "field-figures"
MAX_KEYS = 1_000
NEWEST = 500


class FieldFigure(Base):
    """What the contacts hold under one key, whether a field defines it or not."""

    __tablename__ = "field_figure"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    looked: Mapped[int] = mapped_column(comment="contacts that were looked at")
    total: Mapped[int] = mapped_column(comment="contacts there were")
    filled: Mapped[int] = mapped_column(comment="of those looked at, how many hold a value")
    different: Mapped[int] = mapped_column(comment="different values among them")
    size: Mapped[int] = mapped_column(comment="bytes of these values")
    types: Mapped[dict[str, Any]] = mapped_column(comment="how many of each JSON type")
    at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def share(self) -> float:
        """How many of all contacts hold a value, 0 to 1."""
        return self.filled / self.looked if self.looked else 0.0

    @property
    def filled_of_all(self) -> int:
        """How many of all contacts hold a value; reckoned up where only some were looked at."""
        return round(self.share * self.total)

    @property
    def size_of_all(self) -> int:
        return round(self.size / self.looked * self.total) if self.looked else 0

    @property
    def guessed_kind(self) -> str:
        """What the values look like, for a field that nobody has defined yet."""
        most = max(self.types, key=lambda name: int(self.types[name]), default="string")
        return kind_of_json(most).name


def figures() -> dict[str, FieldFigure]:
    """The figures as they were last computed, by key."""
    return {one.key: one for one in db.session.scalars(select(FieldFigure).order_by(FieldFigure.key))}


def last_measured() -> datetime | None:
    """When the figures were last computed; None: not counted yet, which is not the same as nothing."""
    return db.session.scalar(select(func.max(FieldFigure.at))) or last_beat(BEAT)


def kind_held(key: str) -> str | None:
    """What the values under a key look like: by the figures, of a newer key by the newest contacts; None without."""
    if figure := db.session.get(FieldFigure, key):
        return figure.guessed_kind
    newest = select(Contact.answers).order_by(Contact.id.desc()).limit(NEWEST)
    held = next((one[key] for one in db.session.scalars(newest) if key in one), None)
    if held is None:
        return None
    return kind_of(held).name


def measure() -> None:
    """The chore: compute the figures anew. Opens its own transaction."""
    plan_for_once()
    total = db.session.scalar(select(func.count(Contact.id)).where(is_counted())) or 0
    step = max(1, total // SAMPLE)
    some = select(func.count(Contact.id)).where(is_counted(), Contact.id % step == 0)
    looked = total if step == 1 else db.session.scalar(some) or 0
    found: dict[str, dict[str, Any]] = {}
    for key, kind, filled, different, size in db.session.execute(_counted(step)):
        one = found.setdefault(key, {"filled": 0, "different": 0, "size": 0, "types": Counter()})
        one["filled"] += filled
        one["different"] += different
        one["size"] += size
        one["types"][kind] += filled
    same = {"looked": looked, "total": total}
    rows = [{"key": key, **one, "types": dict(one["types"]), **same} for key, one in found.items() if len(key) <= 40]  # noqa: PLR2004  # a key's length
    with transaction():
        db.session.execute(delete(FieldFigure).where(FieldFigure.key.not_in([row["key"] for row in rows])))
        # A button and the chore may compute at once: the later one's figures hold.
        for row in rows[:MAX_KEYS]:
            kept = upsert(FieldFigure).values(row)
            values = {**row, "at": now()}
            db.session.execute(kept.on_conflict_do_update(index_elements=[FieldFigure.key], set_=values))


def _counted(step: int) -> Select[Any]:
    given = value_sql.each(Contact.answers)
    text = value_sql.written(given)
    counted = (func.count(), func.count(text.distinct()), func.coalesce(func.sum(func.length(text)), 0))
    kind = value_sql.type_of(given)
    query = select(given.c.key, kind.label("kind"), *counted).select_from(Contact).join(given, true())
    query = query.where(is_counted(), text.not_in(EMPTY), kind != "null")
    if step > 1:
        query = query.where(Contact.id % step == 0)
    return query.group_by(given.c.key, kind)
