"""Counts in the database: a read that refuses the clear cases, then one guarded upsert that settles the races."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, is_postgresql
from signup.ground.driver import driver_connection
from signup.limits.limit_rule import Rule
from signup.limits.store import PAUSING, buckets_of, is_full


class LimitCounter(Base):
    """How often a key was counted in one window. Old rows are swept.

    Every sign-up writes some ten of them, each elsewhere in the table: SQLite keeps it as the key's own tree alone.
    """

    __tablename__ = "limit_counter"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]
    ends_at: Mapped[int] = mapped_column(comment="Unix seconds after which the row is of no use")


class DatabaseStore:
    """A read that refuses the clear cases, then guarded upserts, in one statement, that settle the races.

    Each count is committed by itself, or, given a `driver_connection`, together with whatever else is written there.
    """

    def __init__(self, connection: Any = None) -> None:
        self._connection = connection

    def _open(self) -> AbstractContextManager[Any]:
        return driver_connection(durable=False) if self._connection is None else nullcontext(self._connection)

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        with self._open() as connection:
            counts = self._read(connection, rules, now)
            for rule in rules:
                if is_full(rule, counts[rule.key], now):
                    return rule
            taken = self._count(connection, rules, counts, now)
            lost = next((rule for rule in rules if rule.key.encode() not in taken), None)
            if lost is not None:  # another one took the last place between our read and now
                self._take_back(connection, [rule for rule in rules if rule.key.encode() in taken], now)
            return lost

    def _read(self, connection: Any, rules: Sequence[Rule], now: float) -> dict[str, list[tuple[int, float]]]:
        wanted = [(rule.key.encode(), bucket) for rule in rules for bucket in buckets_of(rule, now)]
        pairs = ", ".join([f"({_marker()}, {_marker()})"] * len(wanted))
        # From the wanted to the counted: SQLite would read the whole table for an `IN (VALUES …)`.
        select = (
            f"SELECT c.key, c.bucket, c.n, c.ends_at FROM (VALUES {pairs}) AS w CROSS JOIN limit_counter AS c"  # noqa: S608
            " WHERE c.key = w.column1 AND c.bucket = w.column2"
        )
        found = connection.execute(select, [part for pair in wanted for part in pair])
        rows = {(bytes(key), bucket): (n, ends_at) for key, bucket, n, ends_at in found}
        return {
            rule.key: [rows.get((rule.key.encode(), bucket), (0, 0)) for bucket in buckets_of(rule, now)]
            for rule in rules
        }

    def _count(
        self, connection: Any, rules: Sequence[Rule], counts: dict[str, list[tuple[int, float]]], now: float
    ) -> set[bytes]:
        """Take a place under each rule that still has one; the keys of those that had."""
        mark = _marker()
        rows, places = [], []
        for rule in sorted(rules, key=lambda rule: rule.key):  # one order for all: no deadlock
            key, bucket = rule.key.encode(), buckets_of(rule, now)[0]
            ends_at = ends_of(rule, now)
            faded = 0 if rule.pauses else counts[rule.key][1][0] * (1 - now % rule.window / rule.window)
            rows += [key, bucket, ends_at]
            places += [key, int(rule.allowed - faded)]
        is_over = f"limit_counter.bucket = {PAUSING} AND limit_counter.ends_at <= {mark}"
        upsert = (
            "INSERT INTO limit_counter (key, bucket, n, ends_at) VALUES "  # noqa: S608
            + ", ".join([f"({mark}, {mark}, 1, {mark})"] * len(rules))
            + f" ON CONFLICT (key, bucket) DO UPDATE SET ends_at = excluded.ends_at,"
            f" n = CASE WHEN {is_over} THEN 1 ELSE limit_counter.n + 1 END"
            f" WHERE ({is_over}) OR limit_counter.n < CASE limit_counter.key"
            + f" WHEN {mark} THEN {mark}" * len(rules)
            + " END RETURNING key"
        )
        taken = connection.execute(upsert, [*rows, int(now), int(now), *places]).fetchall()
        return {bytes(key) for (key,) in taken}

    def take_back(
        self,
        rules: Sequence[Rule],
        counted_at: float,
        forget: Sequence[Rule],
        now: float,  # noqa: ARG002  # all its buckets go
    ) -> None:
        with self._open() as connection:
            self._take_back(connection, rules, counted_at)
            if forget:
                marks = ", ".join([_marker()] * len(forget))
                connection.execute(
                    f"DELETE FROM limit_counter WHERE key IN ({marks})",  # noqa: S608
                    [rule.key.encode() for rule in forget],
                )

    def _take_back(self, connection: Any, rules: Sequence[Rule], counted_at: float) -> None:
        wanted = sorted((rule.key.encode(), buckets_of(rule, counted_at)[0]) for rule in rules)
        if wanted:  # none, where the very first place was lost
            pairs = ", ".join([f"({_marker()}, {_marker()})"] * len(wanted))
            less = (
                f"UPDATE limit_counter SET n = n - 1 FROM (VALUES {pairs}) AS w"  # noqa: S608
                " WHERE n > 0 AND key = w.column1 AND bucket = w.column2"
            )
            connection.execute(less, [part for pair in wanted for part in pair])


def ends_of(rule: Rule, now: float) -> int:
    """When a count of now is of no use any more, in Unix seconds."""
    return math.ceil(now + rule.window) if rule.pauses else (buckets_of(rule, now)[0] + 2) * rule.window


def _marker() -> str:
    return "%s" if is_postgresql() else "?"
