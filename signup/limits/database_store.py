"""Counts limits in the database: a read refuses the clear cases, then one guarded upsert settles the races."""

import math
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base
from signup.ground.driver_sql import DriverConnection, driver_connection
from signup.limits.limit_rule import PAUSING, Rule


class LimitCounter(Base):
    """How often a key was counted in one window. A chore deletes old rows.

    Every sign-up writes some ten of them, each elsewhere in the table: SQLite keeps it as the key's own tree alone.
    """

    __tablename__ = "limit_counter"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]
    ends_at: Mapped[int] = mapped_column(comment="Unix seconds after which the row is of no use")


class _Asked(NamedTuple):
    """A rule to count under, with its key and buckets in the database."""

    rule: Rule
    key: bytes
    buckets: list[int]


class DatabaseStore:
    """Counts in one statement: a read refuses the clear cases, then guarded upserts settle the races.

    Each count is committed by itself, or, given a `driver_connection`, together with whatever else is written there.
    """

    def __init__(self, connection: DriverConnection | None = None) -> None:
        self._connection = connection

    def _open(self) -> AbstractContextManager[DriverConnection]:
        return driver_connection(durable=False) if self._connection is None else nullcontext(self._connection)

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        asked = [_Asked(rule, rule.key.encode(), rule.buckets(now)) for rule in rules]
        with self._open() as connection:
            counts = self._read(connection, asked)
            for rule, own in zip(rules, counts, strict=True):
                if rule.is_full(own, now):
                    return rule
            taken = self._count(connection, asked, counts, now)
            lost = next((one.rule for one in asked if one.key not in taken), None)
            if lost is not None:  # another one took the last place between our read and now
                self._take_back(connection, [one.rule for one in asked if one.key in taken], now)
            return lost

    def left(self, rule: Rule, now: float) -> int:
        """How many more an exact rule admits."""
        with self._open() as connection:
            [[(n, ends_at)]] = self._read(connection, [_Asked(rule, rule.key.encode(), rule.buckets(now))])
        return rule.allowed - n if ends_at > now else rule.allowed

    def _read(self, connection: DriverConnection, asked: Sequence[_Asked]) -> list[list[tuple[int, float]]]:
        wanted = [(one.key, bucket) for one in asked for bucket in one.buckets]
        mark = _marker(connection)
        pairs = ", ".join([f"({mark}, {mark})"] * len(wanted))
        # From the wanted to the counted: SQLite would read the whole table for an `IN (VALUES …)`.
        select = (
            "SELECT known.key, known.bucket, known.n, known.ends_at"  # noqa: S608
            f" FROM (VALUES {pairs}) AS wanted CROSS JOIN limit_counter AS known"
            " WHERE known.key = wanted.column1 AND known.bucket = wanted.column2"
        )
        found = connection.execute(select, [part for pair in wanted for part in pair])
        rows = {(bytes(key), bucket): (n, ends_at) for key, bucket, n, ends_at in found}
        return [[rows.get((one.key, bucket), (0, 0)) for bucket in one.buckets] for one in asked]

    def _count(
        self,
        connection: DriverConnection,
        asked: Sequence[_Asked],
        counts: Sequence[Sequence[tuple[int, float]]],
        now: float,
    ) -> set[bytes]:
        """Count under each rule that has a place left. Returns the keys of these rules."""
        mark = _marker(connection)
        rows, places = [], []
        in_order = sorted(zip(asked, counts, strict=True), key=lambda pair: pair[0].key)  # one for all: no deadlock
        for (rule, key, buckets), own in in_order:
            faded = 0 if rule.pauses else own[1][0] * (1 - now % rule.window / rule.window)
            rows += [key, buckets[0], ends_of(rule, now)]
            places += [key, int(rule.allowed - faded)]
        is_over = f"limit_counter.bucket = {PAUSING} AND limit_counter.ends_at <= {mark}"
        upsert = (
            "INSERT INTO limit_counter (key, bucket, n, ends_at) VALUES "  # noqa: S608
            + ", ".join([f"({mark}, {mark}, 1, {mark})"] * len(asked))
            + f" ON CONFLICT (key, bucket) DO UPDATE SET ends_at = excluded.ends_at,"
            f" n = CASE WHEN {is_over} THEN 1 ELSE limit_counter.n + 1 END"
            f" WHERE ({is_over}) OR limit_counter.n < CASE limit_counter.key"
            + f" WHEN {mark} THEN {mark}" * len(asked)
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
                marks = ", ".join([_marker(connection)] * len(forget))
                connection.execute(
                    f"DELETE FROM limit_counter WHERE key IN ({marks})",  # noqa: S608
                    [rule.key.encode() for rule in forget],
                )

    def _take_back(self, connection: DriverConnection, rules: Sequence[Rule], counted_at: float) -> None:
        wanted = sorted((rule.key.encode(), rule.buckets(counted_at)[0]) for rule in rules)
        if wanted:  # none, where the very first place was lost
            mark = _marker(connection)
            pairs = ", ".join([f"({mark}, {mark})"] * len(wanted))
            less = (
                f"UPDATE limit_counter SET n = n - 1 FROM (VALUES {pairs}) AS wanted"  # noqa: S608
                " WHERE n > 0 AND key = wanted.column1 AND bucket = wanted.column2"
            )
            connection.execute(less, [part for pair in wanted for part in pair])


def ends_of(rule: Rule, now: float) -> int:
    """When a count made now is no longer needed, in Unix seconds."""
    return math.ceil(now + rule.window) if rule.pauses else (int(now // rule.window) + 2) * rule.window


def _marker(connection: DriverConnection) -> str:
    return "?" if isinstance(connection, sqlite3.Connection) else "%s"
