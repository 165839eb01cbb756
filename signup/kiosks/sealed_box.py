"""Sealed boxes: what a kiosk keeps while it is offline is encrypted to this service; the kiosk cannot read it again.

ECIES after SEC 1 section 5.1 with what every browser has: an ephemeral P-256 key, HKDF-SHA-256, AES-256-GCM. The box is
the ephemeral public key (65 bytes) and the ciphertext; the entry's uid is authenticated with it.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (FIPS 186-5): private keys are 1 … ORDER - 1."""
POINT_BYTES = 65
INFO = b"signup till entry"
NONCE = bytes(12)
"""Every box has a key of its own, so its nonce may be constant."""


class UnreadableBox(Exception):
    """A box that none of our keys opens, or that holds no entry."""


def public_key() -> str:
    """The newest key's public half as the page carries it: an uncompressed point in base64."""
    return b64encode(_point(_private_keys()[0].public_key())).decode()


def seal(public: str, uid: UUID, content: Any) -> str:
    """What the kiosk's script does; here for tests and as its specification."""
    server = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, b64decode(public))
    own = ec.generate_private_key(CURVE)
    point = _point(own.public_key())
    text = json.dumps(content).encode()
    return b64encode(point + _cipher(own, server, point).encrypt(NONCE, text, str(uid).encode())).decode()


def unseal(uid: UUID, box: str) -> Any:
    """The content of a box that any key of the ring opens. Raises `UnreadableBox`."""
    try:
        raw = b64decode(box, validate=True)
        point = raw[:POINT_BYTES]
        own = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except (Base64Error, ValueError):
        raise UnreadableBox("no box") from None
    for key in _private_keys():
        try:
            return json.loads(_cipher(key, own, point).decrypt(NONCE, raw[POINT_BYTES:], str(uid).encode()))
        except InvalidTag:
            continue
        except (ValueError, RecursionError):  # opened, but no JSON in it
            break
    raise UnreadableBox("no key opens it")


def _cipher(private: ec.EllipticCurvePrivateKey, public: ec.EllipticCurvePublicKey, point: bytes) -> AESGCM:
    shared = private.exchange(ec.ECDH(), public)
    return AESGCM(HKDF(SHA256(), 32, salt=point, info=INFO).derive(shared))


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _private_keys() -> list[ec.EllipticCurvePrivateKey]:
    """One for each signing key, newest first; made of it, so there is nothing more to keep or to lose."""
    found: list[ec.EllipticCurvePrivateKey] | None = current_app.extensions.get("signup.seal_keys")
    if found is None:
        ring = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
        found = current_app.extensions["signup.seal_keys"] = [_private_key(secret) for secret in ring]
    return found


def _private_key(secret: str) -> ec.EllipticCurvePrivateKey:
    # 48 bytes reduced to 32: the remainder's bias is far below anything that could be noticed (FIPS 186-5, A.2.1).
    number = int.from_bytes(HKDF(SHA256(), 48, salt=None, info=INFO + b" key").derive(secret.encode()))
    return ec.derive_private_key(number % (ORDER - 1) + 1, CURVE)
