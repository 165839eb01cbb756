"""The lock on the program's door: which key knocks, whether it may, how often. Answers are problem details."""

from http import HTTPStatus
from typing import NoReturn

from flask import Response, abort, jsonify, request

from signup.access import api_key
from signup.access.api_key import ApiKey, KeyScope
from signup.ground.db import transaction
from signup.ground.errors import TooMany
from signup.limits.governor import governor
from signup.limits.limit_rule import MINUTE, Rule, network_rules

ALLOWED_A_MINUTE = 300
WRONG_ALLOWED = 60, 200, 1_000
"""Keys that open nothing, an hour and a day from one address, and a day from its network."""


def enter(scope: KeyScope) -> ApiKey:
    """The key of this request, which may do `scope`. Else the request ends here, with 401, 403 or 429."""
    kind, _blank, secret = request.headers.get("Authorization", "").partition(" ")
    key = api_key.find(secret.strip()) if kind.lower() == "bearer" else None
    try:
        if key is None:
            governor().admit(network_rules(request.remote_addr, *WRONG_ALLOWED, prefix="k"))
            _refuse_unknown()
        governor().admit([Rule("key", f"key:{key.uid.hex}", MINUTE, ALLOWED_A_MINUTE)])
    except TooMany as error:
        headers = {"Retry-After": str(error.retry_after)}
        stop(HTTPStatus.TOO_MANY_REQUESTS, "Too many requests", "Wait, then send requests more slowly.", headers)
    if not key.may(scope):
        stop(HTTPStatus.FORBIDDEN, "Not allowed", f"This key does not have the scope {scope.value}.")
    with transaction():
        api_key.note_use(key)
    return key


def _refuse_unknown() -> NoReturn:
    # The same for no key, a wrong, an expired and a revoked one.
    detail = "Send a valid key: Authorization: Bearer signup_…"
    stop(HTTPStatus.UNAUTHORIZED, "No valid key", detail, {"WWW-Authenticate": "Bearer"})


def stop(status: HTTPStatus, title: str, detail: str, headers: dict[str, str] | None = None) -> NoReturn:
    """End the request with problem details (RFC 9457)."""
    answer: Response = jsonify(type="about:blank", title=title, status=status.value, detail=detail)
    answer.status_code = status
    answer.headers["Content-Type"] = "application/problem+json"
    answer.headers.update(headers or {})
    abort(answer)
