"""Suppressions: look up one address, add some, let one be mailed again. It holds only hashes: nobody can read it."""

from typing import Literal

from pydantic import Field

from signup.access import audit
from signup.access.api_key import ApiKey, KeyScope
from signup.addresses.address import key_of, parse
from signup.api.endpoint import endpoint
from signup.api.problem import refuse, stop
from signup.api.shapes import EmailText, Shape, Told
from signup.consent import suppression
from signup.contacts.contact import hash_of
from signup.ground.db import transaction
from signup.ground.errors import InvalidAddress

MAX_BODY = 512 * 1024


class SuppressionQuery(Shape):
    """Which address."""

    email: EmailText


class SuppressionTold(Told):
    """Whether an address is never mailed, whatever its subscriptions say."""

    is_suppressed: bool
    reason: str | None = None


class NewSuppressions(Shape):
    """Addresses that must not be mailed."""

    model_config = Shape.model_config | {"json_schema_extra": {"examples": [{"emails": ["dan@example.org"]}]}}
    emails: list[EmailText] = Field(min_length=1, max_length=1_000)


class SuppressedTold(Told):
    """How many are new on the list."""

    added: int


class Release(Shape):
    """An address that may be mailed again."""

    model_config = Shape.model_config | {
        "json_schema_extra": {"examples": [{"email": "dan@example.org", "because": "asked"}]}
    }
    email: EmailText
    because: Literal["asked", "mistake"] = Field(description="They asked for it, or it was a mistake.")


@endpoint("GET", "/suppressions", KeyScope.SUPPRESSIONS_READ, "Whether an address is suppressed")
def suppressions(key: ApiKey, query: SuppressionQuery) -> SuppressionTold:
    _for_all_lists(key)
    reason = suppression.reason_for(hash_of(key_of(query.email)))
    return SuppressionTold(is_suppressed=reason is not None, reason=reason)


@endpoint("POST", "/suppressions", KeyScope.SUPPRESSIONS_WRITE, "Suppress addresses", status=201, max_body=MAX_BODY)
def suppressions_add(key: ApiKey, body: NewSuppressions) -> SuppressedTold:
    """No email of any list goes there any more; mails that wait are dropped when their turn comes."""
    _for_all_lists(key)
    hashes = set()
    for place, typed in enumerate(body.emails):
        try:
            hashes.add(hash_of(parse(typed).key))
        except InvalidAddress:
            refuse({f"body.emails.{place}": "This is no email address."})
    with transaction():
        added = suppression.suppress_all(hashes, suppression.BY_OPERATOR)
        audit.note(None, "addresses-suppressed", rows=added)
    return SuppressedTold(added=added)


@endpoint("POST", "/suppressions/release", KeyScope.SUPPRESSIONS_WRITE, "Let an address be mailed again")
def suppression_release(key: ApiKey, body: Release) -> SuppressionTold:
    """Who complained or was erased stays on the list."""
    _for_all_lists(key)
    hashed = hash_of(key_of(body.email))
    with transaction():
        reason = suppression.reason_for(hashed)
        if reason in {suppression.COMPLAINT, "erased"}:
            stop(409, "Kept", "Who complained or was erased is not mailed again.")
        if suppression.release(hashed):
            audit.note(None, "address-released", hashed, reason=body.because)
    return SuppressionTold(is_suppressed=False)


def _for_all_lists(key: ApiKey) -> None:
    if key.lists is not None:
        stop(403, "Not allowed", "The suppression list is of all lists: use a key that reaches them all.")
