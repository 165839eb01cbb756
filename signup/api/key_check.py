"""The lock on the program's door: which key knocks, whether it may, how often."""

from http import HTTPStatus
from typing import NoReturn

from flask import Response, g, request

from signup.access import api_key
from signup.access.api_key import ApiKey, KeyScope
from signup.api.problem import stop
from signup.ground.errors import TooMany
from signup.ground.urls import settings
from signup.limits.governor import governor
from signup.limits.limit_rule import MINUTE, network_rules
from signup.limits.load_limit import Share, load_limit

WRONG_ALLOWED = 60, 200, 1_000
"""Keys that open nothing, an hour and a day from one address, and a day from its network."""


def enter(scope: KeyScope | None) -> ApiKey:
    """The key of this request, which may do `scope` (None: anything). Else the request ends here, with 401, 403 or 429.

    From here on `access.scope` narrows every query to the key's lists, and the audit trail names the key.
    """
    kind, _blank, secret = request.headers.get("Authorization", "").partition(" ")
    key = api_key.find(secret.strip()) if kind.lower() == "bearer" else None
    if key is None:
        try:
            governor().admit(network_rules(request.remote_addr, *WRONG_ALLOWED, prefix="k"))
        except TooMany as error:
            _slow_down(error.retry_after)
        _refuse_unknown()
    g.share = load_limit().take(key.uid.hex, settings().limit_key_per_minute)
    if g.share.left < 0:
        _slow_down(g.share.seconds)
    if scope is not None and not key.may(scope):
        stop(HTTPStatus.FORBIDDEN, "Not allowed", f"This key does not have the scope {scope.value}.")
    api_key.note_use(key)
    g.seen_lists, g.program = key.lists, key.signature
    return key


def tell_share(response: Response) -> Response:
    """Say how many requests are left (draft-ietf-httpapi-ratelimit-headers)."""
    share: Share | None = g.get("share")
    if share is not None:
        response.headers["RateLimit-Policy"] = f'"key";q={settings().limit_key_per_minute};w={MINUTE}'
        response.headers["RateLimit"] = f'"key";r={max(0, share.left)};t={share.seconds}'
    return response


def _slow_down(seconds: int) -> NoReturn:
    headers = {"Retry-After": str(seconds)}
    stop(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", "Wait, then send requests more slowly.", headers)


def _refuse_unknown() -> NoReturn:
    # The same for no key, a wrong, an expired and a revoked one.
    detail = "Send a valid key: Authorization: Bearer signup_…"
    stop(HTTPStatus.UNAUTHORIZED, "No valid key", detail, {"WWW-Authenticate": "Bearer"})
