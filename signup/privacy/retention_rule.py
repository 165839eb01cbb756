"""One kind of data and its time: where it lies, what of it goes, how long after what, and the work that deletes it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from signup.access import audit
from signup.ground.config import Settings
from signup.ground.db import db, transaction
from signup.ground.jobs import last_beat
from signup.ground.urls import settings

RAN = "retention-ran"
"""The action of the audit trail."""


@dataclass(frozen=True)
class RetentionRule:
    """What is deleted by itself, and when."""

    chore: str
    """The name of the worker's beat; never renamed, for the database knows it."""
    every: timedelta
    work: Callable[[], object]
    due: Callable[[], int]
    """How many rows or files would go now."""
    table: str
    """The tables, or the folder below `SIGNUP_VAR`."""
    what: Any
    after: timedelta | str
    """How long, or the name of the setting that says so many days or months."""
    event: Any
    """After which event, or with no time of its own, until which."""
    by_hand: Callable[[], object] | None = None
    """What the console does, where the worker's chore does more than delete."""
    is_told: bool = False
    """Whether the audit trail says how many it was, each time some go: `work` returns the number."""

    @property
    def kept(self) -> str:
        """How long it is kept as shipped, in words."""
        if isinstance(self.after, str):
            count = in_words_of(self.after, Settings.model_fields[self.after].default)
            return f"{count} (`{self.after.upper()}`) after {self.event}"
        return f"{in_words(self.after)} after {self.event}" if self.after else f"until {self.event}"

    @property
    def count(self) -> int | None:
        """How many days or months the setting of this service says; 0: for ever. None where there is no setting."""
        count: int | None = getattr(settings(), self.after) if isinstance(self.after, str) else None
        return count

    @property
    def kept_here(self) -> str:
        """How long it is kept by the settings of this service, in words."""
        if self.count is None or not isinstance(self.after, str):
            return self.kept
        return f"{in_words_of(self.after, self.count)} after {self.event}" if self.count else "for ever"

    @property
    def last_run(self) -> datetime | None:
        return last_beat(self.chore)

    def delete(self) -> int:
        """Delete what is due, by hand; returns how many went."""
        before = self.due()
        (self.by_hand or self.work)()
        return before - self.due()

    def run(self) -> object:
        """The chore."""
        done = self.work()
        if self.is_told and done:
            with transaction():
                audit.note(None, RAN, self.chore, rows=done, by="worker")
        return done


def in_words(time: timedelta) -> str:
    hours = time.seconds // 3600
    parts = [f"{n} {unit}{'s' * (n > 1)}" for n, unit in ((time.days, "day"), (hours, "hour")) if n]
    return " and ".join(parts)


def in_words_of(setting: str, count: int) -> str:
    unit = "month" if setting.endswith("_months") else "day"
    return f"{count} {unit}{'s' * (count != 1)}"


def rows(table: Any, *conditions: ColumnElement[bool]) -> int:
    """How many rows of a table meet the conditions."""
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
