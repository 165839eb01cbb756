"""Two shares or two counts, how they differ, and the confidence interval of that. Arithmetic only."""

from dataclasses import dataclass
from math import sqrt

from signup.counts.funnel import Funnel
from signup.counts.step import Step

Z95 = 1.959963984540054
"""The normal distribution's 97.5 % point: intervals of 95 %."""
ENOUGH = 30
"""With fewer people in either group, an interval would say nothing."""


@dataclass(frozen=True)
class UpliftGroup:
    """`part` of `whole` confirmed."""

    part: int
    whole: int

    @property
    def share(self) -> float:
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class Difference:
    """One share minus another, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether zero lies outside the interval: chance alone would hardly cause this difference."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Uplift:
    """The reminder's trial: people reminded, people held out, and the difference once both are enough."""

    reminded: UpliftGroup
    held_out: UpliftGroup

    @property
    def is_enough(self) -> bool:
        return min(self.reminded.whole, self.held_out.whole) >= ENOUGH

    @property
    def difference(self) -> Difference:
        return newcombe(self.reminded, self.held_out)


def uplift_of(funnel: Funnel) -> Uplift:
    """How many of those who had not confirmed when the first reminder was due did so later, with and without it."""
    groups = (UpliftGroup(funnel.n(Step.WON + name), funnel.n(Step.TRIED + name)) for name in ("reminded", "holdout"))
    return Uplift(*groups)


def wilson(group: UpliftGroup) -> tuple[float, float]:
    """Wilson's score interval of a share. It stays within 0 and 1, and is valid for small numbers."""
    if not group.whole:
        return 0.0, 1.0
    n, p, zz = group.whole, group.share, Z95 * Z95
    middle = (p + zz / (2 * n)) / (1 + zz / n)
    half = Z95 / (1 + zz / n) * sqrt(p * (1 - p) / n + zz / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(one: UpliftGroup, other: UpliftGroup) -> Difference:
    """The difference of two independent shares, with Newcombe's interval (1998, method 10)."""
    (low1, high1), (low2, high2) = wilson(one), wilson(other)
    value = one.share - other.share
    low = value - sqrt((one.share - low1) ** 2 + (high2 - other.share) ** 2)
    high = value + sqrt((high1 - one.share) ** 2 + (other.share - low2) ** 2)
    return Difference(value, low, high)


def growth(now: int, before: int) -> Difference | None:
    """By what part a count grew, with its interval; None without a count to grow from.

    Of counts that come by chance, `now` is a share of both together, whatever they are (Przyborowski and Wilenski 1940,
    Biometrika 31:313). Wilson's interval of that share is the interval of their ratio.
    """
    if not before:
        return None
    low, high = wilson(UpliftGroup(now, now + before))
    return Difference(now / before - 1, low / (1 - low) - 1, high / (1 - high) - 1)
