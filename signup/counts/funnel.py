"""The funnel, read from the step counts: how many people who saw a form took each step, in total or by dimension.

Sign-ups of a period are followed to their end, so its numbers add up to the sign-ups' rows, and to those that are gone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from signup.counts.period import up_to_today
from signup.counts.step import SINGLE, SOON, Step, StepCount
from signup.ground.db import db

CELL = ("source", "site", "language", "provider", "step")
DIMENSIONS = ("source", "site", "language", "provider", "day")
BEFORE_SIGN_UP = frozenset({Step.SEEN, Step.SEEN_BY_BOT, Step.STARTED, Step.REFUSED})
"""Steps at which the mailbox is not known yet."""


@dataclass(frozen=True)
class FunnelScope:
    """Which counts are read: of these forms and days, and of one website, source, language or mailbox provider."""

    form_ids: tuple[int, ...]
    first: date
    last: date
    only: Mapping[str, str] = field(default_factory=dict)

    def within(self) -> list[Any]:
        """The conditions on `StepCount`."""
        narrowed = [getattr(StepCount, name) == value for name, value in self.only.items()]
        return [StepCount.form_id.in_(self.form_ids), StepCount.day.between(self.first, self.last), *narrowed]


@dataclass(frozen=True)
class Funnel:
    """How often each step was taken, and the figures that follow from it."""

    counts: Mapping[str, int]

    def n(self, step: str) -> int:
        return self.counts.get(step, 0)

    @property
    def submitted(self) -> int:
        return self.n(Step.SUBMITTED)

    @property
    def single(self) -> int:
        """Sign-ups confirmed without an email, because the form's owner chose that."""
        return self.n(Step.CONFIRMED + SINGLE)

    @property
    def confirmed(self) -> int:
        return sum(n for step, n in self.counts.items() if step.startswith(Step.CONFIRMED))

    @property
    def not_mailed(self) -> int:
        """Sign-ups whose first email was neither taken nor refused: suppressed, or still in the outbox."""
        return self.submitted - self.single - self.n(Step.MAILED) - self.n(Step.BOUNCED)

    @property
    def not_opened(self) -> int:
        return self.n(Step.MAILED) - self.n(Step.OPENED)

    @property
    def not_pressed(self) -> int:
        """Sign-ups whose page was opened, and who neither confirmed nor said that it was not them."""
        return self.n(Step.OPENED) - (self.confirmed - self.single) - self.n(Step.DISOWNED)

    @property
    def open(self) -> int:
        """Sign-ups that can still confirm."""
        return self.submitted - self.confirmed - self.n(Step.DISOWNED) - self.n(Step.EXPIRED)

    @property
    def asked(self) -> int:
        """Sign-ups that were asked to confirm: all but those of a form whose owner chose that nobody is."""
        return self.submitted - self.single

    @property
    def answered(self) -> int:
        """Of those that were asked, how many confirmed."""
        return self.confirmed - self.single

    @property
    def confirm_rate(self) -> float | None:
        """Of sign-ups that were asked to confirm. Only where none is open does it say how many do."""
        return self.answered / self.asked if self.asked else None

    def reached(self) -> list[tuple[str, int]]:
        """The steps from the form to the incentive, each with its number."""
        mails = (Step.SEEN, Step.STARTED, Step.SUBMITTED, Step.MAILED, Step.OPENED)
        return [*((step.value, self.n(step)) for step in mails), ("confirmed", self.confirmed), self._taken()]

    def _taken(self) -> tuple[str, int]:
        return Step.TAKEN.value, self.n(Step.TAKEN)

    def soon(self) -> list[tuple[str, int]]:
        """How many had confirmed within each time of `SOON`; each includes the earlier ones."""
        sums, so_far = [], 0
        for name in SOON.values():
            so_far += self.n(Step.CONFIRMED + name)
            sums.append((name, so_far))
        return sums

    def as_dict(self) -> dict[str, int]:
        """All numbers by name, for files and programs."""
        told = [Step.SEEN, Step.STARTED, Step.REFUSED, Step.SUBMITTED, Step.MAILED, Step.BOUNCED, Step.OPENED]
        ends = [Step.TAKEN, Step.DISOWNED, Step.EXPIRED, Step.DOUBLED, Step.REPEATED, Step.SEEN_BY_BOT]
        return {
            **{step.value: self.n(step) for step in told},
            "confirmed": self.confirmed,
            **{step.value: self.n(step) for step in ends},
            "not_mailed": self.not_mailed,
            "not_opened": self.not_opened,
            "not_pressed": self.not_pressed,
            "open": self.open,
            **{f"confirmed_in_{name}": n for name, n in self.soon()},
        }


class FunnelCells:
    """The counts in scope by every dimension but the day. They are read once and can be added up in any way."""

    def __init__(self, scope: FunnelScope) -> None:
        columns = [getattr(StepCount, name) for name in CELL]
        query = select(*columns, func.sum(StepCount.n)).where(*scope.within()).group_by(*columns)
        self._rows = [(dict(zip(CELL, row, strict=False)), int(row[-1])) for row in db.session.execute(query)]

    def funnel(self, only: Mapping[str, str] | None = None) -> Funnel:
        """The funnel of all cells, or of the cells with these values."""
        counts: Counter[str] = Counter()
        for cell, n in self._within(only):
            counts[cell["step"]] += n
        return Funnel(counts)

    def by(self, dimension: str, only: Mapping[str, str] | None = None) -> dict[str, Funnel]:
        """A funnel for each value of a dimension, the one with most sign-ups first."""
        counts: dict[str, Counter[str]] = {}
        for cell, n in self._within(only):
            if dimension != "provider" or cell["step"] not in BEFORE_SIGN_UP:
                counts.setdefault(cell[dimension], Counter())[cell["step"]] += n
        found = [(value, Funnel(of)) for value, of in counts.items()]
        return dict(sorted(found, key=lambda row: (-row[1].submitted, -row[1].n(Step.SEEN), row[0])))

    def values(self, dimension: str) -> list[str]:
        """The values of a dimension that a report can be limited to."""
        return sorted({cell[dimension] for cell, _n in self._rows})

    def _within(self, only: Mapping[str, str] | None) -> Iterator[tuple[dict[str, str], int]]:
        wanted = (only or {}).items()
        return ((cell, n) for cell, n in self._rows if all(cell[name] == value for name, value in wanted))


def add_up(funnels: Iterable[Funnel]) -> Funnel:
    """The funnel of several days or parts together."""
    counts: Counter[str] = Counter()
    for funnel in funnels:
        counts.update(funnel.counts)
    return Funnel(counts)


def read(scope: FunnelScope) -> Funnel:
    """The funnel of all counts in scope."""
    query = select(StepCount.step, func.sum(StepCount.n)).where(*scope.within()).group_by(StepCount.step)
    return Funnel({step: int(n) for step, n in db.session.execute(query)})


def settled_rates() -> dict[int, float | None]:
    """By form, the share that confirmed of all sign-ups ever whose time to confirm is over."""
    last = up_to_today(1).settled.last
    query = select(StepCount.form_id, StepCount.step, func.sum(StepCount.n)).where(
        StepCount.day <= last, or_(StepCount.step == Step.SUBMITTED, StepCount.step.startswith(Step.CONFIRMED))
    )
    counts: dict[int, Counter[str]] = {}
    for form_id, step, n in db.session.execute(query.group_by(StepCount.form_id, StepCount.step)):
        counts.setdefault(form_id, Counter())[step] = int(n)
    return {form_id: Funnel(found).confirm_rate for form_id, found in counts.items()}


def read_by_day(scope: FunnelScope) -> dict[date, Funnel]:
    """A funnel for each day's sign-ups, in order of the days."""
    query = select(StepCount.day, StepCount.step, func.sum(StepCount.n)).where(*scope.within())
    counts: dict[date, Counter[str]] = {}
    for day, step, n in db.session.execute(query.group_by(StepCount.day, StepCount.step)):
        counts.setdefault(day, Counter())[step] = int(n)
    return {day: Funnel(counts[day]) for day in sorted(counts)}
