"""Signs mails by DKIM: relaxed canonicalisation of header and body, SHA-256 (RFC 6376), and Ed25519 (RFC 8463).

The signature follows from the mail and the key alone, so a second try sends the same bytes. It stands before the mail
and is no part of the hash that a proof keeps: keys come and go.
"""

import hashlib
import re
from base64 import b64encode
from email.utils import parsedate_to_datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from signup.mailer.compose import ComposedMail
from signup.mailer.dkim_key import SigningKey, signing_keys

SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "mime-version",
    "content-type",
    "auto-submitted",
    "list-id",
    "list-archive",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
)
"""Every header of ours; RFC 8058 needs the unsubscribe headers among them."""
OVERSIGNED = "from"
"""Named once more than it stands there: a second one, added on the way, breaks the signature."""
_BLANKS, _LINE_END_BLANKS = re.compile(rb"[ \t]+"), re.compile(rb"[ \t]+\r\n")
_FOLD = re.compile(r"\r\n(?=[ \t])")


def signed(mail: ComposedMail) -> ComposedMail:
    """The mail with a signature for each key of its sender's domain; as it is where the domain has none."""
    head, _gap, body = mail.content.partition(b"\r\n\r\n")
    headers = _headers(head.decode())
    domain = headers["from"].rstrip("> ").rpartition("@")[2]  # not the envelope's, which may be for bounces alone
    found = signing_keys(domain)
    if not found:
        return mail
    digest = b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    lines = [_signature(headers, digest, key, domain) for key in found]
    return mail._replace(content="".join(lines).encode() + mail.content)


def relaxed_body(body: bytes) -> bytes:
    """A body in relaxed form (RFC 6376, 3.4.4): empty lines at its end, and what differs in blanks, do not count."""
    if b"\t" in body or b"  " in body or b" \r\n" in body:  # seldom: quoted-printable hides blanks at line ends
        body = _BLANKS.sub(b" ", _LINE_END_BLANKS.sub(b"\r\n", body))
    body = body.rstrip(b"\r\n \t")
    return body + b"\r\n" if body else b""


def relaxed_header(name: str, value: str) -> str:
    """A header in relaxed form (RFC 6376, 3.4.2)."""
    return f"{name.lower()}:{' '.join(_FOLD.sub('', value).split())}"


def _headers(head: str) -> dict[str, str]:
    found = {}
    for line in _FOLD.sub("", head).split("\r\n"):
        name, _colon, value = line.partition(":")
        found[name.lower()] = value
    return found


def _signature(headers: dict[str, str], digest: str, key: SigningKey, domain: str) -> str:
    names = [name for name in SIGNED if name in headers]
    at = _time(headers["date"])
    tags = (
        f"v=1; a={key.algorithm}; c=relaxed/relaxed; d={domain}; s={key.selector}; t={at};\r\n"
        f" h={':'.join([*names, OVERSIGNED])};\r\n bh={digest};\r\n b="
    )
    told = [*((name, headers[name]) for name in names), ("dkim-signature", tags)]
    text = "\r\n".join(relaxed_header(name, value) for name, value in told)
    raw = _sign(text.encode(), key)
    return f"DKIM-Signature: {tags}{_folded(b64encode(raw).decode())}\r\n"


@lru_cache(maxsize=1024)
def _time(date: str) -> int:
    return int(parsedate_to_datetime(date.strip()).timestamp())


def _sign(text: bytes, key: SigningKey) -> bytes:
    if isinstance(key.private, RSAPrivateKey):
        return key.private.sign(text, PKCS1v15(), SHA256())
    return key.private.sign(hashlib.sha256(text).digest())


def _folded(text: str) -> str:
    return "\r\n ".join(text[at : at + 72] for at in range(0, len(text), 72))
