"""One form's funnel over a period, with what it is held against: for the page and the console.

What became of people is told of sign-ups whose time to confirm is over: as many days as the period has, up to the last
such day. Newer ones are neither won nor lost yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from signup.access import scope
from signup.counts.advice import AdvisedChange, Passage, best_change, largest_loss
from signup.counts.funnel import Funnel, FunnelCells, FunnelScope, read, read_by_day
from signup.counts.period import Period, up_to_today
from signup.counts.uplift import Uplift, uplift_of
from signup.forms.form import Form
from signup.ground.db import db


@dataclass(frozen=True)
class FunnelReport:
    """All that is asked about one form over a period."""

    form: Form
    period: Period
    only: dict[str, str]
    cells: FunnelCells
    """Of the period."""
    settled_cells: FunnelCells
    """Of as many days whose sign-ups have had their time."""

    @cached_property
    def funnel(self) -> Funnel:
        """The period up to now."""
        return self.cells.funnel(self.only)

    @cached_property
    def settled(self) -> Funnel:
        """What became of those whose time is over."""
        return self.settled_cells.funnel(self.only)

    @cached_property
    def over(self) -> Funnel:
        """The part of the period whose time is over."""
        return read(FunnelScope((self.form.id,), self.period.first, self.period.settled.last, self.only))

    @cached_property
    def fresh(self) -> Funnel:
        """The days on which somebody can still confirm."""
        first = max(self.period.first, self.period.settled.last + timedelta(days=1))
        return read(FunnelScope((self.form.id,), first, self.period.last, self.only))

    def by(self, dimension: str) -> Mapping[Any, Funnel]:
        """A funnel for each value of a dimension."""
        return self._by(dimension, self.cells, self.period)

    def settled_by(self, dimension: str) -> Mapping[Any, Funnel]:
        """The same of those whose time is over."""
        return self._by(dimension, self.settled_cells, self.period.settled)

    def _by(self, dimension: str, cells: FunnelCells, period: Period) -> Mapping[Any, Funnel]:
        if dimension == "day":
            return read_by_day(FunnelScope((self.form.id,), period.first, period.last, self.only))
        return cells.by(dimension, self.only)

    @cached_property
    def change(self) -> AdvisedChange | None:
        """The change worth most."""
        settled = self.period.settled
        others = tuple(db.session.scalars(select(Form.id).where(_others(self.form))))
        return best_change(
            self.settled,
            read(FunnelScope(others, settled.first, settled.last)),
            read(FunnelScope((self.form.id,), settled.before.first, settled.before.last, self.only)),
        )

    @property
    def loss(self) -> Passage | None:
        return largest_loss(self.settled)

    @property
    def uplift(self) -> Uplift:
        return uplift_of(self.settled)


def report_on(form: Form, days: int, only: dict[str, str] | None = None) -> FunnelReport:
    """Read a form's funnel over `days` up to today, with what it is held against."""
    period = up_to_today(days)
    cells, settled = (FunnelCells(FunnelScope((form.id,), one.first, one.last)) for one in (period, period.settled))
    return FunnelReport(form, period, only or {}, cells, settled)


def _others(form: Form) -> ColumnElement[bool]:
    return and_(Form.id != form.id, Form.archived_at.is_(None), scope.only(Form.list_id))
