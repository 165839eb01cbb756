"""Reads JSON from strangers strictly, at every door: limited depth, no key twice. Bodies that are no JSON are counted.

RFC 8259 leaves open what a repeated key means: whoever checks one value and stores the other is deceived.
"""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from flask import Request, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import BadRequest

from signup.limits.governor import governor
from signup.limits.limit_rule import network_rules

MAX_DEPTH = 32
"""Deeper than any door needs."""
BROKEN_ALLOWED = 60, 300, 2_000
"""Broken bodies that are allowed: from one address in an hour and in a day, and from its network in a day."""


class BadJson(ValueError):
    """The text is not accepted as JSON. `key` is one that an object had twice."""

    def __init__(self, reason: str, key: str = "") -> None:
        super().__init__(reason)
        self.key = key


class StrictJson(DefaultJSONProvider):
    """Reads and writes JSON for the application."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of a JSON text. Raises `BadJson` or another `ValueError`."""
        return loads(s, **kwargs)


class StrictRequest(Request):
    """A request whose body should be JSON and is not counts for its network."""

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        """Answer 415 for another format and 400 for broken JSON. Raises `TooMany` for a network that sends many."""
        if e is None:
            super().on_json_loading_failed(e)
        governor().admit(network_rules(request.remote_addr, *BROKEN_ALLOWED, prefix="j"))
        raise BadRequest from e


def loads(text: str | bytes, **kwargs: Any) -> Any:
    """Read a JSON text. Raises `BadJson` when it is nested too deep or has a key twice, else `ValueError`."""
    try:
        value = json.loads(text, object_pairs_hook=_once, **kwargs)
    except RecursionError:
        raise BadJson("nested too deep") from None
    openings = (b"[", b"{") if isinstance(text, bytes) else ("[", "{")
    if sum(map(text.count, openings)) > MAX_DEPTH and _depth(value) > MAX_DEPTH:  # type: ignore[arg-type]
        raise BadJson("nested too deep")
    return value


def repeated_key(error: BadRequest) -> str:
    """The key that the refused body had twice; empty when `error` has another reason."""
    return error.__cause__.key if isinstance(error.__cause__, BadJson) else ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise BadJson("a key twice", next(key for key, _value in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [inner for one in level for inner in _inside(one)]:
        depth += 1
    return depth


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
