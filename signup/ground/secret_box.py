"""Secrets that the service must read again, such as the seed of an authenticator app, are stored encrypted.

AES-256-GCM (NIST SP 800-38D) with a random nonce, under a key that HKDF-SHA-256 (RFC 5869) derives from SECRET_KEYS for
each purpose. The newest key encrypts, all of them decrypt. What a secret is about is authenticated with it, so that no
row's secret can be put into another row.
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signup.ground.tokens import keys

NONCE_BYTES, TAG_BYTES = 12, 16


class Secret(StrEnum):
    """What a secret is used for. Each use has keys of its own."""

    TOTP = "totp"
    DKIM = "dkim"
    WEBHOOK = "webhook"
    ANSWER = "answer"


class UnreadableSecret(Exception):
    """No key of the service can decrypt the secret: the key is gone, or the text was changed or belongs elsewhere."""


def encrypt(kind: Secret, secret: bytes, about: str) -> str:
    """Encrypt a secret. Returns nonce, ciphertext and tag in base64: 28 bytes more than the secret."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return b64encode(nonce + _cipher(keys().ring[0], kind).encrypt(nonce, secret, about.encode())).decode()


def decrypt(kind: Secret, text: str, about: str) -> bytes:
    """Decrypt a secret. Raises `UnreadableSecret`."""
    return _open(kind, text, about)[0]


def is_newest(kind: Secret, text: str, about: str) -> bool:
    """Whether the newest key encrypted the secret. Raises `UnreadableSecret`."""
    return _open(kind, text, about)[1] == 0


def _open(kind: Secret, text: str, about: str) -> tuple[bytes, int]:
    try:
        raw = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise UnreadableSecret(kind) from None
    if len(raw) < NONCE_BYTES + TAG_BYTES:
        raise UnreadableSecret(kind)
    nonce, content = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
    for place, key in enumerate(keys().ring):
        try:
            return _cipher(key, kind).decrypt(nonce, content, about.encode()), place
        except InvalidTag:
            continue
    raise UnreadableSecret(kind)


@lru_cache(maxsize=64)
def _cipher(key: str, kind: Secret) -> AESGCM:
    info = f"signup secret {kind}".encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key.encode()))
