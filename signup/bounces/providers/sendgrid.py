"""SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event. The secret is its public key."""

from base64 import b64decode
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from signup.bounces.bounce_class import BounceClass
from signup.bounces.providers.notice import ProviderNotice, documents, notice

_SIGNATURE, _TIME = "X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"


def is_genuine(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    try:
        key = load_der_public_key(b64decode(secret))
        signature = b64decode(headers.get(_SIGNATURE, ""), validate=True)
        if not isinstance(key, EllipticCurvePublicKey):
            return False
        key.verify(signature, headers.get(_TIME, "").encode() + body, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def read(body: bytes) -> list[ProviderNotice]:
    found = []
    for one in documents(body):
        event, kind = one.get("event"), None
        if event == "spamreport":
            kind = BounceClass.COMPLAINT
        elif event == "bounce":
            kind = BounceClass.SOFT if one.get("type") == "blocked" else BounceClass.HARD
        if kind:
            text, status = str(one.get("reason") or ""), str(one.get("status") or "")
            found.append(
                notice(f"{one.get('sg_event_id')}", (one.get("email"), one.get("smtp-id")), text, kind, status)
            )
    return found
