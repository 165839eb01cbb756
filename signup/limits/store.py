"""The interface of a store of counts, and how full a rule is: the same in each of the three stores."""

from collections.abc import Sequence
from typing import Protocol

from signup.limits.limit_rule import Rule

PAUSING = -1
"""The bucket of a rule that pauses: it has only one."""


class Store(Protocol):
    """Counts under all rules or none. `now` is in Unix seconds."""

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        """Count one under every rule, or count nothing and return the first rule that is full."""

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        """Count one less under each rule than was counted at that time; reset the rules in `forget`."""


def buckets_of(rule: Rule, now: float) -> list[int]:
    """The buckets that tell how full a rule is, the present one first."""
    present = int(now // rule.window)
    return [PAUSING] if rule.pauses else [present, present - 1]


def buckets_of_each(rules: Sequence[Rule], now: float) -> list[list[int]]:
    """`buckets_of` each of the rules."""
    return [buckets_of(rule, now) for rule in rules]


def first_full(rules: Sequence[Rule], counts: Sequence[Sequence[tuple[int, float]]], now: float) -> Rule | None:
    """The first rule that `is_full`; `counts` are those of each rule."""
    return next((rule for rule, own in zip(rules, counts, strict=True) if is_full(rule, own, now)), None)


def is_full(rule: Rule, counts: Sequence[tuple[int, float]], now: float) -> bool:
    """Whether a rule is full. `counts` are n and end (Unix seconds) of its `buckets_of`."""
    if rule.pauses:
        n, ends_at = counts[0]
        return n >= rule.allowed and ends_at > now
    return counts[1][0] * (1 - now % rule.window / rule.window) + counts[0][0] + 1 > rule.allowed
