"""The interface of a store of counts, and the store that is used while Redis is away: this process alone."""

from collections.abc import Sequence
from typing import Protocol

from signup.limits.limit_rule import Rule

LOCAL_SHARE = 4
LOCAL_KEYS = 100_000
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


class LocalStore:
    """Counts in this process alone, at a quarter of the sliding limits, while Redis is away."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], tuple[int, float]] = {}

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        for rule in rules:
            less = rule._replace(allowed=max(1, rule.allowed // LOCAL_SHARE))
            if is_full(less, [self._counts.get((rule.key, b), (0, 0)) for b in buckets_of(rule, now)], now):
                return rule
        if len(self._counts) > LOCAL_KEYS:
            self._counts = {key: count for key, count in self._counts.items() if count[1] > now}
            if len(self._counts) > LOCAL_KEYS:
                return rules[0]  # full is full: forgetting would open the door
        for rule in rules:
            bucket = buckets_of(rule, now)[0]
            n, _ends_at = self._counts.get((rule.key, bucket), (0, 0))
            self._counts[rule.key, bucket] = (n + 1, (bucket + 2) * rule.window)
        return None

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        for rule in rules:
            key = (rule.key, buckets_of(rule, counted_at)[0])
            n, ends_at = self._counts.get(key, (0, 0))
            self._counts[key] = (max(0, n - 1), ends_at)
        for rule in forget:
            for bucket in buckets_of(rule, now):
                self._counts.pop((rule.key, bucket), None)
