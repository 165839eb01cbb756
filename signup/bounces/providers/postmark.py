"""Postmark: https://postmarkapp.com/developer/webhooks/bounce-webhook. The secret is `user:password`."""

from collections.abc import Mapping

from signup.bounces.bounce_class import BounceClass
from signup.bounces.providers.notice import ProviderNotice, documents, knows_secret, notice

_KINDS = {
    "HardBounce": BounceClass.HARD,
    "BadEmailAddress": BounceClass.HARD,
    "SpamComplaint": BounceClass.COMPLAINT,
    "SoftBounce": BounceClass.SOFT,
    "Transient": BounceClass.SOFT,
    "DnsError": BounceClass.SOFT,
    "Blocked": BounceClass.SOFT,
    "SpamNotification": BounceClass.SOFT,
}


def is_genuine(headers: Mapping[str, str], _body: bytes, secret: str) -> bool:
    return knows_secret(headers, secret)


def read(body: bytes) -> list[ProviderNotice]:
    found = []
    for one in documents(body):
        record = str(one.get("RecordType") or "")
        kind = BounceClass.COMPLAINT if record == "SpamComplaint" else _KINDS.get(str(one.get("Type")))
        if kind:
            text = f"{one.get('Details') or ''} {one.get('Description') or ''}"
            found.append(notice(f"{one.get('ID')}", (one.get("Email"), one.get("MessageID")), text, kind))
    return found
