"""POST /api/v1/codes/<code>/redeem: a web shop or cash register says that somebody used a discount code."""

from http import HTTPStatus

from flask import Response, jsonify

from signup.access.api_key import ApiKey, KeyScope
from signup.api import key_check
from signup.forms.given_incentives import incentives_of_lists
from signup.ground.db import transaction
from signup.incentives import code_pool
from signup.incentives.discount_code import MAX_LENGTH


def redeem_code(code: str) -> Response:
    """Mark it as redeemed. The same again answers the same, but for `again`; one out of the key's reach is unknown."""
    key = key_check.enter(KeyScope.CODES_REDEEM)
    used = None
    if len(code) <= MAX_LENGTH and code.isprintable():
        with transaction():
            used = code_pool.redeem_one(code, _reach(key))
    if used is None:
        key_check.stop(HTTPStatus.NOT_FOUND, "Unknown code", "No code pool this key can use has this code.")
    return jsonify(
        code=used.code,
        redeemed_at=used.redeemed_at.isoformat(),
        expires_at=used.expires_at and used.expires_at.isoformat(),
        is_given=used.is_given,
        again=used.again,
    )


def _reach(key: ApiKey) -> list[int] | None:
    return incentives_of_lists(key.list_ids) if key.list_ids else None
