"""What a field costs under five heads – collection, entry, storage, distribution, analysis –, each with what it is
reckoned from. Sign-ups lost are measured where a form was shown with and without the question, else a benchmark.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from signup.admin.fields.field_use import FieldUse
from signup.admin.frame.formatting import number, percent, size
from signup.counts.step import Step, StepCount
from signup.counts.tally import Measure, Tally
from signup.fields.field_figure import FieldFigure
from signup.fields.kinds.all_kinds import KINDS
from signup.fields.kinds.number import Number
from signup.fields.kinds.text import Text
from signup.forms.form import Form, FormVersion
from signup.forms.question_cost import BENCHMARK, visible
from signup.ground.db import db
from signup.ground.dialect import now

ENOUGH = 100
"""Times seen, with and without a question, before the difference is called measured."""
MONTH = timedelta(days=30)
TYPED = {Text.name, Number.name}


@dataclass(frozen=True)
class CostLine:
    """One head of the cost: its sum in words, what it is reckoned from, and its minutes and money a month."""

    name: str
    cost: str
    inputs: str
    minutes: float = 0.0
    money: float = 0.0


@dataclass(frozen=True)
class SignupLoss:
    """The share of sign-ups that a question costs on one form; how often it was seen with and without."""

    form: Form
    share: float
    with_it: int
    without: int

    @property
    def is_measured(self) -> bool:
        return min(self.with_it, self.without) >= ENOUGH


@dataclass(frozen=True)
class FieldCost:
    """All lines of one field."""

    lines: list[CostLine]
    losses: list[SignupLoss]

    @property
    def minutes(self) -> float:
        return sum(line.minutes for line in self.lines)

    @property
    def lost(self) -> float:
        """The worst loss on a form."""
        return max((loss.share for loss in self.losses), default=0.0)


def compute_cost(key: str, kind: str, figure: FieldFigure | None, use: FieldUse, rates: dict[str, float]) -> FieldCost:
    """The five lines of one field."""
    losses = [_loss(form, key) for form in use.forms]
    found = [
        _collection(use, losses),
        _entry(kind, figure, rates),
        _storage(figure, rates),
        _distribution(use, rates),
        _analysis(use, figure, rates),
    ]
    return FieldCost(found, losses)


def upkeep_minutes(n_fields: int, contacts: int, rates: dict[str, float]) -> float:
    """Minutes a month to keep so many fields of so many contacts up to date."""
    return n_fields * contacts / 1000 * rates["upkeep"]


def _collection(use: FieldUse, losses: list[SignupLoss]) -> CostLine:
    if not losses:
        asked = _("only asked after confirmation") if use.later else _("no form asks for it")
        return CostLine(_("Collection"), _("costs no sign-ups"), asked)
    worst = max(losses, key=lambda loss: loss.share)
    told = _("%(share)s of the sign-ups of “%(form)s”", share=percent(worst.share), form=worst.form.name)
    if worst.is_measured:
        facts = {"with": number(worst.with_it), "without": number(worst.without)}
        inputs = _("measured: form seen %(with)s times with it, %(without)s times without", **facts)
    else:
        inputs = _(
            "benchmark for %(n)s visible fields; measured once it has been shown 100 times with and without",
            n=visible(worst.form.version.definition),
        )
    return CostLine(_("Collection"), told, inputs)


def _entry(kind: str, figure: FieldFigure | None, rates: dict[str, float]) -> CostLine:
    seconds = rates["typed" if (KINDS[kind].compared_as or kind) in TYPED else "chosen"]
    volume = (figure.share if figure else 0.0) * _new_a_month()
    minutes = seconds * volume / 60
    told = _("%(n)s min per month", n=number(round(minutes, 1)))
    inputs = _("%(seconds)s s × %(n)s new values per month", seconds=number(seconds), n=number(round(volume)))
    return CostLine(_("Entry"), told, inputs, minutes, minutes / 60 * rates["hour"])


def _storage(figure: FieldFigure | None, rates: dict[str, float]) -> CostLine:
    held = figure.size_of_all if figure else 0
    filled = figure.filled_of_all if figure else 0
    inputs = _("%(n)s values, %(price)s per gigabyte per month", n=number(filled), price=number(rates["gigabyte"]))
    return CostLine(_("Storage"), size(held), inputs, 0.0, held / 1e9 * rates["gigabyte"])


def _distribution(use: FieldUse, rates: dict[str, float]) -> CostLine:
    minutes = use.exports / 3 * rates["recipient"]
    told = _("%(n)s min per month", n=number(round(minutes, 1)))
    facts = {"exports": number(use.exports), "people": number(use.recipients)}
    inputs = _("exports in 90 days: %(exports)s, people in them: %(people)s", **facts)
    return CostLine(_("Distribution"), told, inputs, minutes, minutes / 60 * rates["hour"])


def _analysis(use: FieldUse, figure: FieldFigure | None, rates: dict[str, float]) -> CostLine:
    minutes = upkeep_minutes(1, figure.filled_of_all if figure else 0, rates)
    told = _("%(n)s min per month", n=number(round(minutes, 1)))
    facts = {"segments": number(len(use.segments)), "forms": number(len(use.forms) + len(use.later))}
    inputs = _("used in segments: %(segments)s, in forms: %(forms)s", **facts)
    return CostLine(_("Analysis"), told, inputs, minutes, minutes / 60 * rates["hour"])


def _new_a_month() -> int:
    """People who came in the last thirty days, by a form or a file."""
    came = (Measure.CONFIRMED, Measure.IMPORTED)
    since = db.session.scalar(select(now(-MONTH)))
    query = select(func.sum(Tally.n)).where(Tally.measure.in_(came), Tally.day >= (since.date() if since else None))
    return int(db.session.scalar(query) or 0)


def _loss(form: Form, key: str) -> SignupLoss:
    """What the question costs on this form: by the days it was asked and the days it was not, else a benchmark."""
    days = _days(form)
    asked = _asked_on(form, key)
    seen, signed = {True: 0, False: 0}, {True: 0, False: 0}
    for day, counts in days.items():
        if (is_asked := asked(day)) is not None:
            seen[is_asked] += counts.get(Step.SEEN, 0)
            signed[is_asked] += counts.get(Step.SUBMITTED, 0)
    n = min(visible(form.version.definition), max(BENCHMARK))
    share = 1 - BENCHMARK[n] / BENCHMARK[max(1, n - 1)]
    if min(seen.values()) >= ENOUGH and signed[False]:
        rate_with, rate_without = signed[True] / seen[True], signed[False] / seen[False]
        share = max(0.0, 1 - rate_with / rate_without)
    return SignupLoss(form, share, seen[True], seen[False])


def _days(form: Form) -> dict[date, dict[str, int]]:
    query = select(StepCount.day, StepCount.step, func.sum(StepCount.n)).where(
        StepCount.form_id == form.id, StepCount.step.in_((Step.SEEN, Step.SUBMITTED))
    )
    found: dict[date, dict[str, int]] = {}
    for day, step, n in db.session.execute(query.group_by(StepCount.day, StepCount.step)):
        found.setdefault(day, {})[step] = int(n)
    return found


def _asked_on(form: Form, key: str) -> Callable[[date], bool | None]:
    """Whether a day's visitors were asked; None for a day on which that changed."""
    versions: list[Any] = list(
        db.session.scalars(select(FormVersion).where(FormVersion.form_id == form.id).order_by(FormVersion.number))
    )
    steps = [(one.created_at.date(), any(f.key == key for f in one.definition.first_fields)) for one in versions]

    def asked(day: date) -> bool | None:
        before = [is_asked for at, is_asked in steps if at < day]
        within = {is_asked for at, is_asked in steps if at == day} | set(before[-1:])
        return within.pop() if len(within) == 1 else None

    return asked
