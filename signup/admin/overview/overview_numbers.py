"""The overview's numbers, read from the counts: totals, days, sources, and the same for the period before.

What is compared with the period before ends yesterday, as that one had all of its hours. A rate of confirmations is
taken of sign-ups whose time to confirm is over (`Period.settled`).
"""

from collections import Counter
from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from signup.consent.subscription import SubscriptionState
from signup.counts.funnel import Funnel, FunnelScope, add_up, read_by_day
from signup.counts.period import Period, up_to_today
from signup.counts.tally import Measure, Tally, totals
from signup.counts.uplift import UpliftGroup
from signup.forms.form import Form
from signup.ground.db import db

MAX_SOURCES = 6
FLOW = (Measure.SUBMITTED, Measure.CONFIRMED, Measure.DOWNLOADED, Measure.UNSUBSCRIBED, Measure.IMPORTED)
CONFIRMED_ON_LISTS = Measure.IN_STATE + SubscriptionState.CONFIRMED


class OverviewNumbers:
    """Counts by measure and day over a period and the one before; read once, asked often."""

    def __init__(self, lists: int | Collection[int] | None, days: int, last: date | None = None) -> None:
        """`lists` None: of everybody. Of several lists, who is on two of them counts twice. `last` None: today."""
        self.period = Period(last, days) if last else up_to_today(days)
        self.counts_people = lists is None or isinstance(lists, int) or len(lists) == 1
        self._lists = None if lists is None else [lists] if isinstance(lists, int) else list(lists)
        self._scope = [] if self._lists is None else [Tally.list_id.in_(self._lists)]
        self._level = (Measure.STANDING if lists is None else Measure.IN_STATE) + SubscriptionState.CONFIRMED
        query = (
            select(Tally.measure, Tally.day, func.sum(Tally.n))
            .where(
                Tally.measure.in_([*FLOW, Measure.SEEN, Measure.HELD, self._level, CONFIRMED_ON_LISTS]),
                Tally.day >= self.period.whole.before.first,
            )
            .where(*self._scope)
            .group_by(Tally.measure, Tally.day)
        )
        self._counts = Counter({(measure, day): int(n) for measure, day, n in db.session.execute(query)})
        self.states = totals(Measure.STANDING) if lists is None else totals(Measure.IN_STATE, lists)
        self._on_lists = totals(Measure.IN_STATE) if lists is None else self.states
        self._funnels = read_by_day(FunnelScope(self._forms(), self.period.settled.before.first, self.period.last))

    def _forms(self) -> tuple[int, ...]:
        query = select(Form.id) if self._lists is None else select(Form.id).where(Form.list_id.in_(self._lists))
        return tuple(db.session.scalars(query))

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

    def cohort(self, period: Period) -> Funnel:
        """What became of the sign-ups of these days."""
        return add_up(funnel for day, funnel in self._funnels.items() if period.first <= day <= period.last)

    def cohort_rates(self) -> list[float]:
        """The share that confirmed of each settled day's sign-ups, 0 on days without any."""
        return [self._funnels.get(day, Funnel({})).confirm_rate or 0.0 for day in self.period.settled.dates]

    @property
    def still_open(self) -> int:
        """Sign-ups that are not confirmed and still can be."""
        return add_up(funnel for day, funnel in self._funnels.items() if day > self.period.settled.last).open

    def left(self, period: Period) -> UpliftGroup:
        """Unsubscribed, of the subscriptions that were confirmed at the end of `period` or unsubscribed in it."""
        later = sum(
            n for (measure, day), n in self._counts.items() if measure == CONFIRMED_ON_LISTS and day > period.last
        )
        gone = self.total(Measure.UNSUBSCRIBED, period)
        return UpliftGroup(gone, self._on_lists.get(SubscriptionState.CONFIRMED, 0) - later + gone)

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
