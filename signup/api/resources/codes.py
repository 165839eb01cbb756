"""Discount codes: a web shop or cash register says that somebody used one."""

from pydantic import Field

from signup.access.api_key import ApiKey, KeyScope
from signup.api.endpoint import PathText, endpoint
from signup.api.problem import not_found
from signup.api.shapes import Instant, Told
from signup.forms.given_incentives import incentives_of_lists
from signup.ground.db import transaction
from signup.incentives import code_pool
from signup.incentives.discount_code import MAX_LENGTH


class UsedCode(Told):
    """A code that is marked as redeemed."""

    code: str
    redeemed_at: Instant
    expires_at: Instant | None
    is_given: bool = Field(description="Whether we gave it to someone.")
    again: bool = Field(description="Whether it had been redeemed before.")


@endpoint("POST", "/codes/{code}/redeem", KeyScope.CODES_REDEEM, "Mark a discount code as redeemed")
def redeem_code(key: ApiKey, code: PathText) -> UsedCode:
    """The same again answers the same, but for `again`. One out of the key's reach is unknown."""
    used = None
    if len(code) <= MAX_LENGTH and code.isprintable():
        with transaction():
            used = code_pool.redeem_one(code, _reach(key))
    if used is None:
        not_found("code")
    return UsedCode(
        code=used.code,
        redeemed_at=used.redeemed_at,
        expires_at=used.expires_at,
        is_given=used.is_given,
        again=used.again,
    )


def _reach(key: ApiKey) -> list[int] | None:
    return incentives_of_lists(key.list_ids) if key.list_ids else None
