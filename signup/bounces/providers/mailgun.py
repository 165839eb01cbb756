"""Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks. The secret is the signing key."""

import hmac
from collections.abc import Mapping

from signup.bounces.bounce_class import BounceClass
from signup.bounces.providers.notice import ProviderNotice, documents, notice, part


def is_genuine(_headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    signed = [part(one, "signature") for one in documents(body)]
    return bool(signed) and all(_is_signed(one, secret) for one in signed)


def _is_signed(signature: object, secret: str) -> bool:
    if not isinstance(signature, dict):
        return False
    text = f"{signature.get('timestamp')}{signature.get('token')}".encode()
    own = hmac.digest(secret.encode(), text, "sha256").hex()
    return hmac.compare_digest(own.encode(), str(signature.get("signature")).encode())


def read(body: bytes) -> list[ProviderNotice]:
    found = []
    for one in documents(body):
        event, severity = part(one, "event-data", "event"), part(one, "event-data", "severity")
        kind = BounceClass.COMPLAINT if event == "complained" else None
        if event == "failed":
            kind = BounceClass.HARD if severity == "permanent" else BounceClass.SOFT
        if kind:
            status = part(one, "event-data", "delivery-status") or {}
            text = f"{part(status, 'message') or ''} {part(status, 'description') or ''}"
            message_id = part(one, "event-data", "message", "headers", "message-id")
            id_, address = part(one, "event-data", "id"), part(one, "event-data", "recipient")
            found.append(notice(f"{id_}", (address, message_id), text, kind, str(part(status, "enhanced-code") or "")))
    return found
