"""JSON that a stranger sent, read strictly at all doors: not nested without end, no key twice; what is none counts.

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
"""Deeper than anything that a door asks for."""
BROKEN_ALLOWED = 60, 300, 2_000
"""Bodies that are no JSON, an hour and a day from one address, and a day from its network."""


class BadJson(ValueError):
    """Text that is not taken as JSON. `key` is one that stood twice in an object."""

    def __init__(self, reason: str, key: str = "") -> None:
        super().__init__(reason)
        self.key = key


class StrictJson(DefaultJSONProvider):
    """What reads and writes JSON for the application."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value of a JSON text. Raises `BadJson` or another `ValueError`."""
        return loads(s, **kwargs)


class StrictRequest(Request):
    """A request whose body, when it should be JSON and is none, counts for its network."""

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        """415 for another format, 400 for what is no JSON; `TooMany` for a network that sends it all the time."""
        if e is None:
            super().on_json_loading_failed(e)
        governor().admit(network_rules(request.remote_addr, *BROKEN_ALLOWED, prefix="j"))
        raise BadRequest from e


def loads(text: str | bytes, **kwargs: Any) -> Any:
    """The value of a JSON text. Raises `BadJson` when it is nested too deep or has a key twice, else `ValueError`."""
    try:
        value = json.loads(text, object_pairs_hook=_once, **kwargs)
    except RecursionError:
        raise BadJson("nested too deep") from None
    openings = (b"[", b"{") if isinstance(text, bytes) else ("[", "{")
    if sum(map(text.count, openings)) > MAX_DEPTH and _depth(value) > MAX_DEPTH:  # type: ignore[arg-type]
        raise BadJson("nested too deep")
    return value


def repeated_key(error: BadRequest) -> str:
    """The key that stood twice in the body of the request that `error` refuses; empty for any other reason."""
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
