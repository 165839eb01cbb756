"""Where counts are kept: in Redis, in the database, or – while the shared store is away – in this process alone."""

import hashlib
import math
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import redis
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from signup.db import Base, is_postgresql
from signup.driver import driver_connection
from signup.limits.rule import Rule

LOCAL_SHARE = 4
LOCAL_KEYS = 100_000
STORE_TIMEOUT = 0.5
PAUSING = -1
"""The bucket of a rule that pauses: it has but one."""


class Store(Protocol):
    """Counts under rules, all or none. `now` is in Unix seconds."""

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        """Count one under every rule; or count nothing and return the first rule that is full."""

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        """One less under each rule than was counted at that time; nothing left under those to `forget`."""


def _buckets(rule: Rule, now: float) -> list[int]:
    """The buckets that say how full a rule is: the present one first."""
    present = int(now // rule.window)
    return [PAUSING] if rule.pauses else [present, present - 1]


def _is_full(rule: Rule, counts: Sequence[tuple[int, float]], now: float) -> bool:
    """`counts` are n and end (Unix seconds) of the rule's `_buckets`."""
    if rule.pauses:
        n, ends_at = counts[0]
        return n >= rule.allowed and ends_at > now
    return counts[1][0] * (1 - now % rule.window / rule.window) + counts[0][0] + 1 > rule.allowed


class RedisStore:
    """All rules in one round trip, atomically (a Lua script computes its keys: no Redis Cluster)."""

    # A pausing rule is a hash of its count `n` and its end `e`; the others are a plain count for each window.
    _ADMIT = """
    local now = tonumber(ARGV[1])
    if now == 0 then local t = redis.call('TIME'); now = t[1] + t[2] / 1000000 end
    local next = {}
    for i, key in ipairs(KEYS) do
      local window, allowed = tonumber(ARGV[3*i-1]), tonumber(ARGV[3*i])
      if ARGV[3*i+1] == '1' then
        local paused = redis.call('HMGET', key, 'n', 'e')
        local n, ends = tonumber(paused[1] or 0), tonumber(paused[2] or 0)
        if n >= allowed and ends > now then return i end
        next[i] = ends > now and n + 1 or 1
      else
        local bucket = math.floor(now / window)
        next[i] = key .. ':' .. bucket
        local counts = redis.call('MGET', next[i], key .. ':' .. (bucket - 1))
        local current, previous = tonumber(counts[1] or 0), tonumber(counts[2] or 0)
        if previous * (1 - now % window / window) + current + 1 > allowed then return i end
      end
    end
    for i, key in ipairs(KEYS) do
      local window = tonumber(ARGV[3*i-1])
      if ARGV[3*i+1] == '1' then
        redis.call('HSET', key, 'n', next[i], 'e', string.format('%.3f', now + window))
        redis.call('EXPIRE', key, window)
      elseif redis.call('INCR', next[i]) == 1 then
        redis.call('EXPIRE', next[i], 2 * window)
      end
    end
    return 0
    """
    _TAKE_BACK = """
    for i, key in ipairs(KEYS) do
      if ARGV[i] == 'gone' then redis.call('DEL', key)
      elseif ARGV[i] == '1' then
        if tonumber(redis.call('HGET', key, 'n') or 0) > 0 then redis.call('HINCRBY', key, 'n', -1) end
      elseif tonumber(redis.call('GET', key) or 0) > 0 then redis.call('DECR', key) end
    end
    """

    def __init__(self, url: str, *, own_clock: bool = True) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=STORE_TIMEOUT, socket_connect_timeout=STORE_TIMEOUT)
        self._own_clock = own_clock
        self._threads = threading.local()

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        arguments = [f"signup:{rule.key}" for rule in rules]
        arguments.append("0" if self._own_clock else f"{now:.3f}")
        for rule in rules:
            arguments += [str(rule.window), str(rule.allowed), "1" if rule.pauses else "0"]
        found = self._run(self._ADMIT, len(rules), arguments)
        return rules[int(found) - 1] if found else None

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        gone = [key for rule in forget for key in self._keys(rule, now)]
        keys = [*(self._keys(rule, counted_at)[0] for rule in rules), *gone]
        kinds = [*("1" if rule.pauses else "0" for rule in rules), *["gone"] * len(gone)]
        self._run(self._TAKE_BACK, len(keys), keys + kinds)

    def _keys(self, rule: Rule, now: float) -> list[str]:
        if rule.pauses:
            return [f"signup:{rule.key}"]
        return [f"signup:{rule.key}:{bucket}" for bucket in _buckets(rule, now)]

    def _run(self, script: str, keys: int, arguments: Sequence[str]) -> Any:
        name = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()  # Redis' name for it
        try:
            return self._call("EVALSHA", name, str(keys), *arguments)
        except redis.exceptions.NoScriptError:  # a Redis that was restarted or flushed
            return self._call("EVAL", script, str(keys), *arguments)

    def _call(self, *command: str) -> Any:
        # The client's own way through pool, retries and hooks costs twice as much as the answer itself.
        connection = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._threads.connection = self._client.connection_pool.get_connection()
        try:
            connection.send_command(*command)
            return connection.read_response()
        except redis.exceptions.NoScriptError:
            raise
        except redis.RedisError:
            connection.disconnect()  # the next call connects anew
            raise


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
                if _is_full(rule, counts[rule.key], now):
                    return rule
            taken = self._count(connection, rules, counts, now)
            lost = next((rule for rule in rules if rule.key.encode() not in taken), None)
            if lost is not None:  # another one took the last place between our read and now
                self._take_back(connection, [rule for rule in rules if rule.key.encode() in taken], now)
            return lost

    def _read(self, connection: Any, rules: Sequence[Rule], now: float) -> dict[str, list[tuple[int, float]]]:
        wanted = [(rule.key.encode(), bucket) for rule in rules for bucket in _buckets(rule, now)]
        pairs = ", ".join([f"({_marker()}, {_marker()})"] * len(wanted))
        # From the wanted to the counted: SQLite would read the whole table for an `IN (VALUES …)`.
        select = (
            f"SELECT c.key, c.bucket, c.n, c.ends_at FROM (VALUES {pairs}) AS w CROSS JOIN limit_counter AS c"  # noqa: S608
            " WHERE c.key = w.column1 AND c.bucket = w.column2"
        )
        found = connection.execute(select, [part for pair in wanted for part in pair])
        rows = {(bytes(key), bucket): (n, ends_at) for key, bucket, n, ends_at in found}
        return {
            rule.key: [rows.get((rule.key.encode(), bucket), (0, 0)) for bucket in _buckets(rule, now)]
            for rule in rules
        }

    def _count(
        self, connection: Any, rules: Sequence[Rule], counts: dict[str, list[tuple[int, float]]], now: float
    ) -> set[bytes]:
        """Take a place under each rule that still has one; the keys of those that had."""
        mark = _marker()
        rows, places = [], []
        for rule in sorted(rules, key=lambda rule: rule.key):  # one order for all: no deadlock
            key, bucket = rule.key.encode(), _buckets(rule, now)[0]
            ends_at = math.ceil(now + rule.window) if rule.pauses else (bucket + 2) * rule.window
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
        wanted = sorted((rule.key.encode(), _buckets(rule, counted_at)[0]) for rule in rules)
        if wanted:  # none, where the very first place was lost
            pairs = ", ".join([f"({_marker()}, {_marker()})"] * len(wanted))
            less = (
                f"UPDATE limit_counter SET n = n - 1 FROM (VALUES {pairs}) AS w"  # noqa: S608
                " WHERE n > 0 AND key = w.column1 AND bucket = w.column2"
            )
            connection.execute(less, [part for pair in wanted for part in pair])


def _marker() -> str:
    return "%s" if is_postgresql() else "?"


class LocalStore:
    """This process alone, at a quarter of the limits: what is left when the shared store is away."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], tuple[int, float]] = {}

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        for rule in rules:
            less = rule._replace(allowed=max(1, rule.allowed // LOCAL_SHARE))
            if _is_full(less, [self._counts.get((rule.key, b), (0, 0)) for b in _buckets(rule, now)], now):
                return rule
        if len(self._counts) > LOCAL_KEYS:
            self._counts = {key: count for key, count in self._counts.items() if count[1] > now}
            if len(self._counts) > LOCAL_KEYS:
                return rules[0]  # full is full: forgetting would open the door
        for rule in rules:
            bucket = _buckets(rule, now)[0]
            n, ends_at = self._counts.get((rule.key, bucket), (0, 0))
            begins = rule.pauses and ends_at <= now
            ends = now + rule.window if rule.pauses else (bucket + 2) * rule.window
            self._counts[rule.key, bucket] = (1 if begins else n + 1, ends)
        return None

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        for rule in rules:
            key = (rule.key, _buckets(rule, counted_at)[0])
            n, ends_at = self._counts.get(key, (0, 0))
            self._counts[key] = (max(0, n - 1), ends_at)
        for rule in forget:
            for bucket in _buckets(rule, now):
                self._counts.pop((rule.key, bucket), None)
