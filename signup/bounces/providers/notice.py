"""A provider's notice about one mail, in our words; and what the readers of all providers share."""

import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from signup.bounces.bounce_class import CLASS_OF, BounceClass, Reason, Returned
from signup.bounces.find_reason import reason_of, status_in
from signup.limits.json_body import loads

MAX_NOTICES = 1_000
_OWN_ID = re.compile(r"^<?([0-9a-f]{32})@")


class ProviderNotice(NamedTuple):
    """What a provider says of one mail."""

    id: str
    """By which the provider tells it from others."""
    told: Returned


def notice(id_: str, about: tuple[Any, Any], text: str, kind: BounceClass, status: str = "") -> ProviderNotice:
    """A notice `about` an address and a Message-ID. The server’s words give the reason, else the provider’s `kind`."""
    reason = Reason.COMPLAINT if kind == BounceClass.COMPLAINT else reason_of([text], status)
    if kind == BounceClass.SOFT and CLASS_OF[reason] == BounceClass.HARD and reason != Reason.HOST_UNKNOWN:
        reason = Reason.TEMPORARY  # the provider goes on trying
    if kind == BounceClass.HARD and reason == Reason.UNDEFINED:
        reason = Reason.USER_UNKNOWN
    address, message_id = about
    own = _OWN_ID.match(str(message_id or "").lower())
    told = Returned(
        str(address or "")[:254],
        CLASS_OF[reason],
        reason,
        status or status_in(text),
        UUID(own.group(1)) if own else None,
    )
    return ProviderNotice(id_[:200], told)


def documents(body: bytes) -> list[dict[str, Any]]:
    """The JSON objects of a body: one, or a list of them. Raises `ValueError`."""
    read = loads(body)
    listed = read if isinstance(read, list) else [read]
    return [one for one in listed[:MAX_NOTICES] if isinstance(one, dict)]


def part(document: Mapping[str, Any], *names: str) -> Any:
    """What stands at the end of a path of names; None where it breaks off."""
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def knows_secret(headers: Mapping[str, str], secret: str) -> bool:
    """Whether a request carries the secret: as `Bearer`, or as user and password (RFC 7617)."""
    kind, _space, given = headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            given = b64decode(given, validate=True).decode()
        except ValueError:
            return False
    return kind.lower() in {"basic", "bearer"} and hmac.compare_digest(given.encode(), secret.encode())
