"""The steps from a form to a confirmed address, counted by form, website, source, language and mailbox provider.

Like the tally, each step appends one small row, and a chore adds the rows up. Steps from the sign-up on are counted on
the day of the *sign-up*: what became of Monday's sign-ups stands in Monday's row, whenever it happened.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, Index, String, delete, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, transaction, upsert
from signup.ground.jobs import stopping

BATCH = 2_000
LOOSE = text("NOT folded")
FOLDED = text("folded")


class Step(StrEnum):
    """What is counted. All but the first four belong to one sign-up and are counted once for it."""

    SEEN = "seen"
    SEEN_BY_BOT = "seen_by_bot"
    STARTED = "started"
    REFUSED = "refused"
    """The form refused it: a typing error, or a box not ticked. The visitor may have sent it again."""
    SUBMITTED = "submitted"
    REPEATED = "repeated"
    """A confirmed person signed up again. There is nothing to confirm, so it is not part of the funnel."""
    MAILED = "mailed"
    BOUNCED = "bounced"
    OPENED = "opened_page"
    """The confirmation page was opened, or the code was typed without it."""
    CONFIRMED = "confirmed:"
    """A prefix: how soon (see `SOON`), or `confirmed:single` without an email."""
    TAKEN = "taken"
    DISOWNED = "disowned"
    EXPIRED = "expired"
    DOUBLED = "doubled"
    """Expired sign-ups of people who confirmed another one."""
    TRIED = "tried:"
    """A prefix: not confirmed when the first reminder was due, as `tried:reminded` or `tried:holdout`."""
    WON = "won:"
    """A prefix: those of them who confirmed later."""


SOON = {60: "1m", 600: "10m", 3_600: "1h", 86_400: "24h", 604_800: "7d"}
"""Seconds from sign-up to confirmation, and the step's name up to there; `later` beyond."""
SINGLE = "single"
AS_CONFIRMED = " ".join(
    [
        "CASE WHEN :single THEN 'confirmed:single'",
        *(f"WHEN AGE(signup_row.created_at) <= {seconds} THEN 'confirmed:{name}'" for seconds, name in SOON.items()),
        "ELSE 'confirmed:later' END",
    ]
)


class StepCount(Base):
    """`n` times `step`. Website, source and provider are empty where they are unknown."""

    __tablename__ = "step_count"
    __table_args__ = (
        Index("ix_step_count_form_id_day", "form_id", "day"),
        Index("ix_step_count_loose", "id", postgresql_where=LOOSE, sqlite_where=LOOSE),
        Index(
            "uq_step_count_folded",
            *("form_id", "day", "site", "source", "language", "provider", "step"),
            unique=True,
            postgresql_where=FOLDED,
            sqlite_where=FOLDED,
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    form_id: Mapped[int]
    site: Mapped[str] = mapped_column(String(120), default="")
    source: Mapped[str] = mapped_column(String(60), default="")
    language: Mapped[str] = mapped_column(String(5), default="")
    provider: Mapped[str] = mapped_column(String(12), default="")
    step: Mapped[str] = mapped_column(String(20))
    n: Mapped[int] = mapped_column(default=1)
    folded: Mapped[bool] = mapped_column(default=False)


PAUSE_SECONDS = 0.02  # on SQLite whoever waits to write would hardly get between two batches
KEY = ("form_id", "day", "site", "source", "language", "provider", "step")
APPEND = "INSERT INTO step_count (day, form_id, site, source, language, provider, step, n, folded)"
OF_SIGNUP = (
    "DAY(signup_row.created_at), signup_row.form_id, signup_row.site, signup_row.placement, signup_row.language,"
    " signup_row.provider"
)
"""For hand-written SQL: the key of the steps of the sign-up that it calls `signup_row`, without the step."""


def count_steps(rows: Iterable[dict[str, Any]]) -> None:
    """Add counts; each row has `StepCount`'s columns except `id` and `folded`. Needs an open transaction."""
    if listed := [{"folded": False, **row} for row in rows]:
        db.session.execute(insert(StepCount), listed)


def fold() -> None:
    """The chore that adds up new rows into one row for each key, in small transactions."""
    while _fold_some() and not stopping().wait(PAUSE_SECONDS):
        pass


def _fold_some() -> bool:
    sums: Counter[tuple[Any, ...]] = Counter()
    columns = [getattr(StepCount, name) for name in KEY]
    loose = select(StepCount.id).where(~StepCount.folded).order_by(StepCount.id).limit(BATCH)
    gone = delete(StepCount).where(StepCount.id.in_(loose)).returning(*columns, StepCount.n)
    with transaction():
        for *key, n in db.session.execute(gone.execution_options(synchronize_session=False)):
            sums[tuple(key)] += n
        rows = [dict(zip(KEY, key, strict=True)) | {"n": n, "folded": True} for key, n in sorted(sums.items())]
        if rows:  # in one order: no deadlock
            db.session.connection().execute(_add(), rows)
    return bool(sums)


def _add() -> Any:
    row = upsert(StepCount)
    adds = {"n": StepCount.n + row.excluded.n}
    return row.on_conflict_do_update(index_elements=KEY, index_where=FOLDED, set_=adds)
