"""Amazon SES by SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html.

The secret is the topic's ARN: whoever signs for another topic is a stranger. Certificates and confirmations are fetched
from hosts of SNS alone, since anybody may write any URL into a request.
"""

import json
import re
import urllib.request
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from signup.bounces.bounce_class import BounceClass
from signup.bounces.providers.notice import ProviderNotice, documents, notice, part

_HOST = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
TIMEOUT, MAX_FETCHED = 5, 64 * 1024


def is_genuine(_headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    found = documents(body)
    return len(found) == 1 and found[0].get("TopicArn") == secret and _is_signed(found[0])


def _is_signed(document: Mapping[str, Any]) -> bool:
    url, names = str(document.get("SigningCertURL")), _SIGNED.get(str(document.get("Type")), ())
    if not names or not is_of_sns(url) or not urlsplit(url).path.endswith(".pem"):
        return False
    text = "".join(f"{name}\n{document[name]}\n" for name in names if document.get(name) is not None)
    try:
        key = x509.load_pem_x509_certificate(certificate(url)).public_key()
        signature = b64decode(str(document.get("Signature")), validate=True)
        if not isinstance(key, RSAPublicKey):
            return False
        how = SHA256() if document.get("SignatureVersion") == "2" else SHA1()  # noqa: S303  # version 1 is SHA-1
        key.verify(signature, text.encode(), PKCS1v15(), how)
    except (ValueError, OSError, InvalidSignature):
        return False
    return True


def is_of_sns(url: str) -> bool:
    """Whether a URL leads to a host of SNS, over TLS, at its usual port."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and parts.netloc == parts.hostname and bool(_HOST.fullmatch(parts.netloc))
    except ValueError:
        return False


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        """Goes nowhere else: the host was checked, another one was not."""


def fetch(url: str) -> bytes:
    """What stands at a URL of SNS. Raises `OSError`."""
    opener = urllib.request.build_opener(_NoRedirect)
    with opener.open(url, timeout=TIMEOUT) as answer:
        content: bytes = answer.read(MAX_FETCHED)
    return content


@lru_cache(maxsize=16)
def certificate(url: str) -> bytes:
    return fetch(url)


def confirm(body: bytes) -> None:
    """Answer the question whether this service wants the topic. The request was found to be genuine before."""
    for one in documents(body):
        url = str(one.get("SubscribeURL"))
        if one.get("Type") == "SubscriptionConfirmation" and is_of_sns(url):
            fetch(url)


def read(body: bytes) -> list[ProviderNotice]:
    found: list[ProviderNotice] = []
    for one in documents(body):
        if one.get("Type") == "Notification":
            told = json.loads(str(one.get("Message")))
            found += _of(told) if isinstance(told, dict) else []
    return found


def _of(told: dict[str, Any]) -> list[ProviderNotice]:
    message_id = part(told, "mail", "commonHeaders", "messageId")
    kind = told.get("notificationType") or told.get("eventType")
    if kind == "Complaint":
        listed, what = part(told, "complaint", "complainedRecipients"), BounceClass.COMPLAINT
        id_ = part(told, "complaint", "feedbackId")
    elif kind == "Bounce":
        is_final = part(told, "bounce", "bounceType") == "Permanent"
        listed, what = part(told, "bounce", "bouncedRecipients"), BounceClass.HARD if is_final else BounceClass.SOFT
        id_ = part(told, "bounce", "feedbackId")
    else:
        return []
    recipients = [each for each in listed or () if isinstance(each, dict)]
    return [
        notice(
            f"{id_}|{each.get('emailAddress')}",
            (each.get("emailAddress"), message_id),
            str(each.get("diagnosticCode") or ""),
            what,
            str(each.get("status") or ""),
        )
        for each in recipients
    ]
