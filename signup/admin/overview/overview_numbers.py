"""The overview's numbers, read from the tallies: totals, days, sources, and the same for the period before."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from signup.consent.subscription import SubscriptionState
from signup.counts.tally import Measure, Tally, today, totals
from signup.ground.db import db

MAX_SOURCES = 6
FLOW = (Measure.SUBMITTED, Measure.MAILED, Measure.OPENED_PAGE, Measure.CONFIRMED, Measure.DOWNLOADED)


@dataclass(frozen=True)
class Period:
    """`days` days up to today (UTC), and as many before."""

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
        return Period(self.last - timedelta(days=self.days), self.days)


class OverviewNumbers:
    """Counts by measure and day over a period and the one before; read once, asked often."""

    def __init__(self, lists: int | frozenset[int] | None, days: int) -> None:
        """`lists` None: of everybody. Of several lists, who is on two of them counts twice."""
        last = db.session.scalar(select(today()))
        assert last is not None  # noqa: S101  # a clock always answers
        self.period = Period(last, days)
        self.counts_people = lists is None or isinstance(lists, int) or len(lists) == 1
        self._scope = [] if lists is None else [Tally.list_id.in_([lists] if isinstance(lists, int) else lists)]
        self._level = (Measure.STANDING if lists is None else Measure.IN_STATE) + SubscriptionState.CONFIRMED
        query = (
            select(Tally.measure, Tally.day, func.sum(Tally.n))
            .where(
                Tally.measure.in_([*FLOW, Measure.SEEN, Measure.UNSUBSCRIBED, Measure.HELD, self._level]),
                Tally.day >= self.period.before.first,
            )
            .where(*self._scope)
            .group_by(Tally.measure, Tally.day)
        )
        self._counts = Counter({(measure, day): int(n) for measure, day, n in db.session.execute(query)})
        self.states = totals(Measure.STANDING) if lists is None else totals(Measure.IN_STATE, lists)

    @property
    def confirmed_now(self) -> int:
        return self.states.get(SubscriptionState.CONFIRMED, 0)

    def total(self, measure: Measure, period: Period | None = None) -> int:
        """How often, over the whole period."""
        return sum(self._counts[measure, day] for day in (period or self.period).dates)

    def daily(self, measure: Measure) -> list[int]:
        """How often on each day of the period."""
        return [self._counts[measure, day] for day in self.period.dates]

    def confirmed_by_day(self) -> list[int]:
        """How many were confirmed at the end of each day of the period."""
        levels = [self.confirmed_now]
        for day in reversed(self.period.dates[1:]):
            levels.append(levels[-1] - self._counts[self._level, day])
        return levels[::-1]

    def confirmed_at_start(self) -> int:
        """How many were confirmed when the period began."""
        return self.confirmed_by_day()[0] - self._counts[self._level, self.period.first]

    def rate(self, part: Measure, whole: Measure, period: Period | None = None) -> float | None:
        """`part` of `whole`; None when there was nothing."""
        total = self.total(whole, period)
        return self.total(part, period) / total if total else None

    def unsubscribe_rate(self, period: Period | None = None) -> float | None:
        """Unsubscribed of all that were or became confirmed in the period."""
        start = self.confirmed_at_start()
        if period is not None and period != self.period:
            start -= sum(self._counts[self._level, day] for day in period.dates)
        base = start + self.total(Measure.CONFIRMED, period)
        return self.total(Measure.UNSUBSCRIBED, period) / base if base > 0 else None

    def sources(self) -> list[tuple[str, int]]:
        """Where submitted sign-ups came from, most first."""
        n = func.sum(Tally.n)
        query = (
            select(Tally.source, n)
            .where(Tally.measure == Measure.SUBMITTED, Tally.day.between(self.period.first, self.period.last))
            .where(*self._scope)
            .group_by(Tally.source)
            .order_by(n.desc(), Tally.source)
            .limit(MAX_SOURCES)
        )
        return [(source, int(count)) for source, count in db.session.execute(query)]
