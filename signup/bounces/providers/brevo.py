"""Brevo: https://developers.brevo.com/docs/transactional-webhooks. The secret is the webhook's bearer token."""

from collections.abc import Mapping

from signup.bounces.bounce_class import BounceClass
from signup.bounces.providers.notice import ProviderNotice, documents, knows_secret, notice

_KINDS = {
    "hard_bounce": BounceClass.HARD,
    "invalid_email": BounceClass.HARD,
    "soft_bounce": BounceClass.SOFT,
    "blocked": BounceClass.SOFT,
    "spam": BounceClass.COMPLAINT,
    "complaint": BounceClass.COMPLAINT,
}


def is_genuine(headers: Mapping[str, str], _body: bytes, secret: str) -> bool:
    return knows_secret(headers, secret)


def read(body: bytes) -> list[ProviderNotice]:
    found = []
    for one in documents(body):
        if kind := _KINDS.get(str(one.get("event"))):
            id_ = f"{one.get('message-id')}|{one.get('event')}|{one.get('ts_event') or one.get('ts')}"
            found.append(notice(id_, (one.get("email"), one.get("message-id")), str(one.get("reason") or ""), kind))
    return found
