"""One form's funnel over a period, with what it is held against: for the page and the console."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from signup.access import scope
from signup.admin.overview.overview_numbers import Period
from signup.counts import tally
from signup.counts.advice import AdvisedChange, best_change
from signup.counts.funnel import Funnel, FunnelCells, FunnelScope, read, read_by_day
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
    funnel: Funnel
    others: Funnel
    before: Funnel

    def by(self, dimension: str) -> Mapping[Any, Funnel]:
        """A funnel for each value of a dimension."""
        if dimension == "day":
            return read_by_day(FunnelScope((self.form.id,), self.period.first, self.period.last, self.only))
        return self.cells.by(dimension, self.only)

    @property
    def change(self) -> AdvisedChange | None:
        return best_change(self.funnel, self.others, self.before)

    @property
    def uplift(self) -> Uplift:
        return uplift_of(self.funnel)


def report_on(form: Form, days: int, only: dict[str, str] | None = None) -> FunnelReport:
    """Read a form's funnel over `days` up to today, with what it is held against."""
    last = db.session.scalar(select(tally.today()))
    assert last is not None  # noqa: S101  # a clock always answers
    period, only = Period(last, days), only or {}
    others = tuple(db.session.scalars(select(Form.id).where(_others(form))))
    cells = FunnelCells(FunnelScope((form.id,), period.first, period.last))
    return FunnelReport(
        form,
        period,
        only,
        cells,
        cells.funnel(only),
        read(FunnelScope(others, period.first, period.last)),
        read(FunnelScope((form.id,), period.before.first, period.before.last, only)),
    )


def _others(form: Form) -> ColumnElement[bool]:
    return and_(Form.id != form.id, Form.archived_at.is_(None), scope.only(Form.list_id))
