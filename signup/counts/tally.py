"""Counters: every change adds one small row, and a chore adds up a day's rows into one for each key.

The sum over the table is exact at any moment, and no sign-up waits for another one's counter.
"""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, Index, String, delete, func, insert, literal_column, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.contacts.contact import Standing
from signup.ground.db import Base, db, is_postgresql, transaction
from signup.ground.dialect import POSTGRESQL_CLOCK, SQLITE_CLOCK

FOLD_FROM = 500


class Measure(StrEnum):
    """What is counted."""

    SEEN = "seen"
    STARTED = "started"
    SUBMITTED = "submitted"
    REPEATED = "repeated"
    MAILED = "mailed"
    REMINDED = "reminded"
    BOUNCED = "bounced"
    """A confirmation email that the mail server refused for good."""
    OPENED_PAGE = "opened_page"
    CONFIRMED = "confirmed"
    DOWNLOADED = "downloaded"
    UNSUBSCRIBED = "unsubscribed"
    EXPIRED = "expired"
    IMPORTED = "imported"
    HELD = "held"
    """A sign-up that the governor held back; `source` names the rule."""
    LEFT_BECAUSE = "left:"
    """A prefix: who left a list and said why, as `left:too-many`."""
    IN_STATE = "in:"
    """A prefix: subscriptions of a list in a state, as `in:confirmed`. Goes up and down."""
    STANDING = "standing:"
    """A prefix: contacts with a standing, as `standing:confirmed`. Goes up and down, without a list."""


class Tally(Base):
    """`n` times `measure` on a day (UTC). List, form and source are 0 or empty where they have no meaning."""

    __tablename__ = "tally"
    __table_args__ = (Index("ix_tally_measure_day", "measure", "day"), Index("ix_tally_folded", "folded"))
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    list_id: Mapped[int] = mapped_column(default=0)
    form_id: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(String(120), default="")
    measure: Mapped[str] = mapped_column(String(24))
    n: Mapped[int] = mapped_column(default=1)
    folded: Mapped[bool] = mapped_column(default=False)


KEY = (Tally.day, Tally.list_id, Tally.form_id, Tally.source, Tally.measure)


def count(rows: Iterable[dict[str, Any]]) -> None:
    """Add counts; each row has `Tally`'s columns without `id`. Needs an open transaction."""
    if listed := [
        {"day": today(), "list_id": 0, "form_id": 0, "source": "", "n": 1, "folded": False} | row for row in rows
    ]:
        for row in listed:
            db.session.execute(insert(Tally).values(**row))


def today() -> ColumnElement[date]:
    """The date of the database's clock in UTC."""
    return literal_column((POSTGRESQL_CLOCK if is_postgresql() else SQLITE_CLOCK).today, Date())


def moved(measure: Measure, before: str | None, after: str, **key: Any) -> list[dict[str, Any]]:
    """The two counts of a change of state: one less in the old state, one more in the new."""
    if before == after:
        return []
    rows = [{"measure": measure + after, **key}]
    return rows if before is None else [*rows, {"measure": measure + before, "n": -1, **key}]


def totals(prefix: Measure, lists: int | Collection[int] | None = None) -> dict[str, int]:
    """How many are in each state now, by the state's name: in one list, in several, or in all.

    Who was merged is not counted.
    """
    query = select(Tally.measure, func.sum(Tally.n)).where(Tally.measure.startswith(prefix)).group_by(Tally.measure)
    if lists is not None:
        query = query.where(Tally.list_id.in_([lists] if isinstance(lists, int) else lists))
    counts = {measure.removeprefix(prefix): int(n) for measure, n in db.session.execute(query) if n}
    counts.pop(Standing.MERGED, None)
    return counts


def fold_now() -> None:
    """The chore that runs `fold` in a transaction of its own."""
    with transaction():
        fold()


def fold() -> None:
    """Add up the rows of every day into one for each key, once there are enough. Needs an open transaction."""
    loose = db.session.scalar(
        select(func.count()).select_from(select(Tally.id).where(~Tally.folded).limit(FOLD_FROM).subquery())
    )
    if loose is None or loose < FOLD_FROM:
        return
    days = list(db.session.scalars(select(Tally.day).where(~Tally.folded).distinct()))
    gone = delete(Tally).where(Tally.day.in_(days)).returning(*KEY, Tally.n)
    sums: dict[tuple[Any, ...], int] = {}
    for *key, n in db.session.execute(gone):
        sums[tuple(key)] = sums.get(tuple(key), 0) + n
    names = [column.key for column in KEY]
    rows = [dict(zip(names, key, strict=True)) | {"n": n, "folded": True} for key, n in sums.items() if n]
    if rows:
        db.session.execute(insert(Tally), rows)
