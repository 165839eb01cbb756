"""One kind of data and its time: where it lies, what of it goes, how long after what, and the work that deletes it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import format_timedelta, gettext, ngettext
from sqlalchemy import ColumnElement, func, select

from signup.access import audit
from signup.ground.config import Settings
from signup.ground.db import db, transaction
from signup.ground.jobs import last_beat
from signup.ground.urls import settings

RAN = "retention-ran"
"""The action of the audit trail."""
NEVER_WEEKS = 100
"""Seven days are seven days, not a week."""


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
    def count(self) -> int | None:
        """How many days or months the setting of this service says; 0: for ever. None where there is no setting."""
        count: int | None = getattr(settings(), self.after) if isinstance(self.after, str) else None
        return count

    @property
    def kept_here(self) -> str:
        """How long it is kept by the settings of this service, and after or until what."""
        if isinstance(self.after, str):
            return self._until_or_after(time_of(self.after, self.count)) if self.count else str(gettext("For ever"))
        return self._until_or_after(in_words(self.after) if self.after else "")

    @property
    def kept(self) -> str:
        """The same as shipped, with the setting's name."""
        if not isinstance(self.after, str):
            return self.kept_here
        shipped = time_of(self.after, Settings.model_fields[self.after].default)
        return self._until_or_after(f"{shipped} (`{self.after.upper()}`)")

    def _until_or_after(self, time: str) -> str:
        if not time:
            return str(gettext("until %(event)s", event=self.event))
        return str(gettext("%(time)s after %(event)s", time=time, event=self.event))

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
    return str(format_timedelta(time, granularity="hour" if time.seconds else "day", threshold=NEVER_WEEKS))


def time_of(setting: str, count: int) -> str:
    if setting.endswith("_months"):
        return str(ngettext("%(num)s month", "%(num)s months", count))
    return str(ngettext("%(num)s day", "%(num)s days", count))


def rows(table: Any, *conditions: ColumnElement[bool]) -> int:
    """How many rows of a table meet the conditions."""
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
