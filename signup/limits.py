"""The governor: how often an address, a network, a list and the whole service may be signed up. One for every door.

Counters live in Redis when a Redis broker is set, else in the database. When the store is away, each process
counts for itself at a quarter of the limits: it fails closed, not open.
"""

import hashlib
import threading
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, NamedTuple, Protocol

import redis
import structlog
from flask import current_app
from sqlalchemy import LargeBinary, delete
from sqlalchemy.orm import Mapped, mapped_column

from signup.config import Settings
from signup.db import Base, db, driver_connection, is_postgresql, transaction
from signup.errors import TooMany

MINUTE, HOUR, DAY, WEEK = 60, 3_600, 86_400, 604_800
RETRY_STORE_AFTER = 5.0
LOCAL_SHARE = 4
LOCAL_KEYS = 100_000
STORE_TIMEOUT = 0.5

log = structlog.get_logger()


class Rule(NamedTuple):
    """At most `allowed` in any `window` seconds for `key`."""

    name: str
    key: str
    window: int
    allowed: int


class LimitCounter(Base):
    """How often a key was counted in one window. Old rows are swept."""

    __tablename__ = "limit_counter"
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]
    ends_at: Mapped[int] = mapped_column(index=True, comment="Unix seconds after which the row is of no use")


class Store(Protocol):
    """Counts under rules, all or none; returns the rule that is exceeded."""

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None: ...

    def forgive(self, rules: Sequence[Rule], now: float) -> None: ...


def sign_up_rules(
    settings: Settings, address: str, list_id: int, ip: str | None, *, is_proven: bool = True
) -> list[Rule]:
    """The rules one sign-up counts under. `address` is the keyed hash of the canonical address.

    Without a form's stamp and without a browser's origin (`is_proven`) a visitor has half as many an hour.
    """
    return [
        *unconfirmed_rules(address, list_id),
        Rule("address-5min", f"a5:{list_id}:{address}", 5 * MINUTE, 1),
        Rule("address-day", f"ad:{list_id}:{address}", DAY, 3),
        Rule("address-everywhere", f"aa:{address}", DAY, 5),
        *network_rules(ip, 10 if is_proven else 5, 30, 100),
        Rule("list", f"l:{list_id}", HOUR, settings.limit_list_per_hour),
        Rule("all", "all", HOUR, settings.limit_all_per_hour),
    ]


def is_silent(rule: str) -> bool:
    """Whether a refusal under this rule is kept from the visitor: it would tell that the address was here before."""
    return rule.startswith("address")


def unconfirmed_rules(address: str, list_id: int) -> list[Rule]:
    """Forgiven once the address confirms."""
    return [Rule("address-unconfirmed", f"au:{list_id}:{address}", WEEK, 3)]


def network_rules(ip: str | None, hour: int, day: int, net_day: int) -> list[Rule]:
    """Rules for the visitor's address and its network.

    The loopback is left out: it is the operator's own machine, or a reverse proxy that hides its visitors, who must
    not be locked out all together (`signup doctor` tells).
    """
    if ip is None or (address := ip_address(ip)).is_loopback:
        return []
    host, net = (32, 24) if isinstance(address, IPv4Address) else (64, 48)
    one = ip_network(f"{ip}/{host}", strict=False).network_address.packed.hex()
    wide = ip_network(f"{ip}/{net}", strict=False).network_address.packed.hex()
    return [
        Rule("ip-hour", f"ih:{one}", HOUR, hour),
        Rule("ip-day", f"id:{one}", DAY, day),
        Rule("net-day", f"nd:{wide}", DAY, net_day),
    ]


def _estimate(rule: Rule, previous: int, current: int, now: float) -> float:
    """Sliding-window count: the last window fades out linearly while the present one fills."""
    return previous * (1 - now % rule.window / rule.window) + current


class RedisStore:
    """All rules in one round trip, atomically (a Lua script computes its keys: no Redis Cluster)."""

    _SCRIPT = """
    local t = redis.call('TIME'); local now = t[1] + t[2] / 1000000
    for i, key in ipairs(KEYS) do
      local window, allowed = tonumber(ARGV[2*i-1]), tonumber(ARGV[2*i])
      local bucket = math.floor(now / window)
      local previous = tonumber(redis.call('GET', key .. ':' .. (bucket - 1)) or 0)
      local current = tonumber(redis.call('GET', key .. ':' .. bucket) or 0)
      if previous * (1 - now % window / window) + current + 1 > allowed then return i end
    end
    for i, key in ipairs(KEYS) do
      local window = tonumber(ARGV[2*i-1])
      local full = key .. ':' .. math.floor(now / window)
      if redis.call('INCR', full) == 1 then redis.call('EXPIRE', full, 2 * window) end
    end
    return 0
    """

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url, socket_timeout=STORE_TIMEOUT, socket_connect_timeout=STORE_TIMEOUT)
        self._sha = hashlib.sha1(self._SCRIPT.encode(), usedforsecurity=False).hexdigest()  # Redis' name for it
        self._threads = threading.local()

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:  # noqa: ARG002  # Redis' own clock counts
        arguments = [str(len(rules)), *(f"signup:{rule.key}" for rule in rules)]
        arguments += [str(part) for rule in rules for part in rule[2:]]
        try:
            found = self._call("EVALSHA", self._sha, *arguments)
        except redis.exceptions.NoScriptError:  # a Redis that was restarted or flushed
            found = self._call("EVAL", self._SCRIPT, *arguments)
        return rules[int(found) - 1] if found else None

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

    def forgive(self, rules: Sequence[Rule], now: float) -> None:
        buckets = [f"signup:{rule.key}:{int(now // rule.window) - back}" for rule in rules for back in (0, 1)]
        self._call("DEL", *buckets)


class DatabaseStore:
    """A read that refuses the clear cases, then guarded upserts that settle the races."""

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        rows = sorted((rule.key.encode(), int(now // rule.window), rule) for rule in rules)  # one order: no deadlock
        with driver_connection() as connection:
            marker = "%s" if is_postgresql() else "?"
            pairs = ", ".join([f"({marker}, {marker})"] * len(rows) * 2)
            wanted = [part for key, bucket, _ in rows for part in (key, bucket - 1, key, bucket)]
            select = f"SELECT key, bucket, n FROM limit_counter WHERE (key, bucket) IN (VALUES {pairs})"  # noqa: S608
            counts = {(bytes(key), bucket): n for key, bucket, n in connection.execute(select, wanted)}
            for key, bucket, rule in rows:
                if (
                    _estimate(rule, counts.get((key, bucket - 1), 0), counts.get((key, bucket), 0), now) + 1
                    > rule.allowed
                ):
                    return rule
            upsert = (
                f"INSERT INTO limit_counter (key, bucket, n, ends_at) VALUES ({marker}, {marker}, 1, {marker})"  # noqa: S608
                " ON CONFLICT (key, bucket) DO UPDATE SET n = limit_counter.n + 1"
                f" WHERE limit_counter.n < {marker} RETURNING n"
            )
            for key, bucket, rule in rows:
                left = int(rule.allowed - _estimate(rule, counts.get((key, bucket - 1), 0), 0, now))
                taken = connection.execute(upsert, (key, bucket, (bucket + 2) * rule.window, left)).fetchone()
                if taken is None:  # another one took the last place between our read and now
                    return rule
        return None

    def forgive(self, rules: Sequence[Rule], now: float) -> None:
        with driver_connection() as connection:
            marker = "%s" if is_postgresql() else "?"
            for rule in rules:
                forget = f"DELETE FROM limit_counter WHERE key = {marker} AND bucket >= {marker}"  # noqa: S608
                connection.execute(forget, (rule.key.encode(), int(now // rule.window) - 1))


class LocalStore:
    """This process alone, at a quarter of the limits: what is left when the shared store is away."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}

    def admit(self, rules: Sequence[Rule], now: float) -> Rule | None:
        for rule in rules:
            bucket = int(now // rule.window)
            previous, current = (
                self._counts.get((rule.key, bucket - 1), 0),
                self._counts.get((rule.key, bucket), 0),
            )
            if _estimate(rule, previous, current, now) + 1 > max(1, rule.allowed // LOCAL_SHARE):
                return rule
        if len(self._counts) > LOCAL_KEYS:
            self._counts.clear()
        for rule in rules:
            key = (rule.key, int(now // rule.window))
            self._counts[key] = self._counts.get(key, 0) + 1
        return None

    def forgive(self, rules: Sequence[Rule], now: float) -> None:
        for rule in rules:
            for back in (0, 1):
                self._counts.pop((rule.key, int(now // rule.window) - back), None)


class Governor:
    """Asks the shared store, and the local one while that is away."""

    def __init__(self, settings: Settings) -> None:
        url = settings.broker_url.get_secret_value()
        self._store: Store = RedisStore(url) if url.startswith("redis") else DatabaseStore()
        self._local = LocalStore()
        self._away_until = 0.0

    def admit(self, rules: Sequence[Rule]) -> None:
        """Count one attempt under every rule. Raises `TooMany`, and counts nothing, when one is exceeded."""
        now = time.time()
        exceeded = None
        if now >= self._away_until:
            try:
                exceeded = self._store.admit(rules, now)
            except redis.RedisError as error:
                log.warning("limits.store_away", error=type(error).__name__)
                self._away_until = now + RETRY_STORE_AFTER
        if now < self._away_until:
            exceeded = self._local.admit(rules, now)
        if exceeded:
            raise TooMany(exceeded.name, retry_after=int(exceeded.window - now % exceeded.window) + 1)

    def forgive(self, rules: Sequence[Rule]) -> None:
        """Take back what was counted under `rules`."""
        try:
            self._store.forgive(rules, time.time())
        except Exception as error:  # noqa: BLE001  # a kindness must not hide the error that led to it
            log.warning("limits.store_away", error=type(error).__name__)


def governor() -> Governor:
    """The governor of the current application."""
    found: Governor = current_app.extensions["signup.governor"]
    return found


def sweep_counters() -> None:
    """The chore: forget counters of windows that are over."""
    with transaction():
        db.session.execute(delete(LimitCounter).where(LimitCounter.ends_at < int(time.time())))
