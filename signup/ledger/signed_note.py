"""A checkpoint as a signed note (C2SP tlog-checkpoint and signed-note): what the tree was, when, signed with Ed25519.

    signup.example.org/consent
    1234
    <root, base64>
    2026-11-30T09:00:00.000Z

    — signup.example.org/consent <key id and signature, base64>

The keys are derived from the service's key ring, so there is no secret more to keep; each key of the ring signs, and a
reader who trusts one of them can follow a rotation.
"""

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from signup.ground.errors import SignupError
from signup.ground.tokens import keys
from signup.ground.urls import settings
from signup.ledger.leaf import as_time

ED25519 = b"\x01"
ID_BYTES = 4
DASH = "— "


class BadNote(SignupError):
    """A checkpoint that cannot be read, or that none of the known keys signed."""


class SignedTree(NamedTuple):
    """What a checkpoint says: how many leaves, which root, when."""

    size: int
    root: bytes
    at: datetime


class PublicKey(NamedTuple):
    """A key that signs checkpoints, by its name and id."""

    name: str
    id: bytes
    raw: bytes

    @classmethod
    def read(cls, text: str) -> "PublicKey":
        """From `text`, as it writes itself. Raises `BadNote`."""
        try:
            name, hex_id, key = text.strip().split("+", 2)
            raw = b64decode(key, validate=True)[len(ED25519) :]
            return cls(name, bytes.fromhex(hex_id), raw)
        except (ValueError, Base64Error):
            raise BadNote("not a public key") from None

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(ED25519 + self.raw).decode()}"


def origin() -> str:
    """The name of this service's ledger."""
    return f"{urlsplit(settings().public_url).netloc}/consent"


def public_keys() -> list[PublicKey]:
    """The keys of this service, newest first."""
    return [_public(origin(), _private(secret)) for secret in keys().ring]


def sign(size: int, root: bytes, at: datetime) -> str:
    """The checkpoint of a tree, signed with every key of the ring."""
    name = origin()
    text = f"{name}\n{size}\n{b64encode(root).decode()}\n{as_time(at)}\n"
    lines = [
        f"{DASH}{name} {b64encode(_public(name, private).id + private.sign(text.encode())).decode()}\n"
        for private in map(_private, keys().ring)
    ]
    return f"{text}\n{''.join(lines)}"


def read(note: str, trusted: list[PublicKey]) -> SignedTree:
    """What a checkpoint says. Raises `BadNote` unless one of the trusted keys signed it."""
    text, _blank, signatures = note.partition("\n\n")
    signed = f"{text}\n".encode()
    try:
        _origin, size, root, at, *_more = text.split("\n")
        tree = SignedTree(int(size), b64decode(root, validate=True), datetime.fromisoformat(at))
    except (ValueError, Base64Error):
        raise BadNote("not a checkpoint") from None
    if not any(_has_signed(key, signed, signatures) for key in trusted):
        raise BadNote("no known key signed this checkpoint")
    return tree


def _has_signed(key: PublicKey, signed: bytes, signatures: str) -> bool:
    for line in signatures.splitlines():
        name, _space, encoded = line.removeprefix(DASH).rpartition(" ")
        try:
            raw = b64decode(encoded, validate=True)
            if name == key.name and raw[:ID_BYTES] == key.id:
                Ed25519PublicKey.from_public_bytes(key.raw).verify(raw[ID_BYTES:], signed)
                return True
        except (Base64Error, ValueError, InvalidSignature):
            continue
    return False


@lru_cache(maxsize=64)
def _private(secret: str) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"signup consent ledger Ed25519").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=64)
def _public(name: str, private: Ed25519PrivateKey) -> PublicKey:
    raw = private.public_key().public_bytes_raw()
    return PublicKey(name, hashlib.sha256(f"{name}\n".encode() + ED25519 + raw).digest()[:ID_BYTES], raw)
