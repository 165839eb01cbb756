"""Periods of whole days (UTC), and those of their sign-ups whose time to confirm is over.

A sign-up that can still be confirmed is neither won nor lost. A rate is taken only of days on which none is left.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from signup.counts.tally import today
from signup.ground.db import db
from signup.ground.tokens import CONFIRM_TTL

TIME_TO_CONFIRM = CONFIRM_TTL + timedelta(days=1)
"""Of a day's sign-ups: the last of them came shortly before midnight."""


@dataclass(frozen=True)
class Period:
    """`days` days up to `last`."""

    last: date
    days: int

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def dates(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range(self.days)]

    @property
    def before(self) -> "Period":
        return self._moved(timedelta(days=self.days))

    @property
    def whole(self) -> "Period":
        """As many days, without today, which is not over: of a period up to today."""
        return self._moved(timedelta(days=1))

    @property
    def settled(self) -> "Period":
        """As many days whose sign-ups have all had their time to confirm: of a period up to today."""
        return self._moved(TIME_TO_CONFIRM)

    def _moved(self, back: timedelta) -> "Period":
        return Period(self.last - back, self.days)


def up_to_today(days: int) -> Period:
    """The last `days` days, by the database's clock."""
    last = db.session.scalar(select(today()))
    assert last is not None  # noqa: S101  # a clock always answers
    return Period(last, days)
