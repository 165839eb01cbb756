"""Counts limits in the memory of this process, while Redis is away (`governor` says when)."""

from collections.abc import Sequence

from signup.limits.limit_rule import Rule

LOCAL_SHARE = 4
LOCAL_KEYS = 100_000


class LocalStore:
    """Counts in this process alone, at a quarter of the sliding limits, while Redis is away."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], tuple[int, float]] = {}

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        for rule in rules:
            less = rule._replace(allowed=max(1, rule.allowed // LOCAL_SHARE))
            if less.is_full([self._counts.get((rule.key, bucket), (0, 0)) for bucket in rule.buckets(now)], now):
                return rule
        if len(self._counts) > LOCAL_KEYS:
            self._counts = {key: count for key, count in self._counts.items() if count[1] > now}
            if len(self._counts) > LOCAL_KEYS:
                return rules[0]  # full is full: forgetting would open the door
        for rule in rules:
            bucket = rule.buckets(now)[0]
            n, _ends_at = self._counts.get((rule.key, bucket), (0, 0))
            self._counts[rule.key, bucket] = (n + 1, (bucket + 2) * rule.window)
        return None

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        for rule in rules:
            key = (rule.key, rule.buckets(counted_at)[0])
            n, ends_at = self._counts.get(key, (0, 0))
            self._counts[key] = (max(0, n - 1), ends_at)
        for rule in forget:
            for bucket in rule.buckets(now):
                self._counts.pop((rule.key, bucket), None)
