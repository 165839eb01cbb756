"""Counts limits in Redis: all rules of a sign-up in one round trip. It raises while Redis is away: see `governor`."""

import hashlib
import threading
from collections.abc import Sequence
from typing import Any

import redis

from signup.limits.limit_rule import Rule

STORE_TIMEOUT = 0.5


class RedisStore:
    """All rules in one round trip, atomically (a Lua script computes its keys: no Redis Cluster).

    For rules that slide: what is exact is the database's to count (`Governor`).
    """

    _ADMIT = """
    local now = tonumber(ARGV[1])
    if now == 0 then local t = redis.call('TIME'); now = t[1] + t[2] / 1000000 end
    local next = {}
    for i, key in ipairs(KEYS) do
      local window, allowed = tonumber(ARGV[2*i]), tonumber(ARGV[2*i+1])
      local bucket = math.floor(now / window)
      next[i] = key .. ':' .. bucket
      local counts = redis.call('MGET', next[i], key .. ':' .. (bucket - 1))
      local current, previous = tonumber(counts[1] or 0), tonumber(counts[2] or 0)
      if previous * (1 - now % window / window) + current + 1 > allowed then return i end
    end
    for i, key in ipairs(KEYS) do
      if redis.call('INCR', next[i]) == 1 then redis.call('EXPIRE', next[i], 2 * tonumber(ARGV[2*i])) end
    end
    return 0
    """
    _TAKE_BACK = """
    for i, key in ipairs(KEYS) do
      if ARGV[i] == 'gone' then redis.call('DEL', key)
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
            arguments += [str(rule.window), str(rule.allowed)]
        found = self._run(self._ADMIT, len(rules), arguments)
        return rules[int(found) - 1] if found else None

    def take_back(self, rules: Sequence[Rule], counted_at: float, forget: Sequence[Rule], now: float) -> None:
        gone = [key for rule in forget for key in self._keys(rule, now)]
        keys = [*(self._keys(rule, counted_at)[0] for rule in rules), *gone]
        kinds = [*["less"] * len(rules), *["gone"] * len(gone)]
        self._run(self._TAKE_BACK, len(keys), keys + kinds)

    def _keys(self, rule: Rule, now: float) -> list[str]:
        return [f"signup:{rule.key}:{bucket}" for bucket in rule.buckets(now)]

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
