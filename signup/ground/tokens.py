"""Signed links and stamps (itsdangerous), keyed hashes of addresses, and how long each is valid."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from flask import current_app
from itsdangerous import BadData, TimestampSigner
from itsdangerous.encoding import base64_encode, int_to_bytes
from itsdangerous.signer import SigningAlgorithm

from signup.ground.errors import InvalidToken

CONFIRM_TTL = timedelta(days=7)
CODE_TTL = timedelta(minutes=30)
CODE_TRIES = 5
LATER_TTL = timedelta(hours=1)
DOWNLOAD_TTL = timedelta(days=30)
DOWNLOAD_LIMIT = 50
INVITE_TTL = timedelta(hours=72)
RESET_TTL = timedelta(hours=1)
LEFT_TTL = timedelta(hours=1)
COPY_TTL = timedelta(hours=1)
ERASE_TTL = timedelta(hours=24)
PASSKEY_TTL = timedelta(minutes=10)
HALFWAY_TTL = timedelta(minutes=5)
KNOWN_BROWSER_TTL = timedelta(days=180)
RENDER_MIN_AGE = timedelta(seconds=2)
TEST_TTL = timedelta(hours=1)
CLOCK_SKEW = timedelta(seconds=300)
HASH_BYTES = 16
MAX_LENGTH = 300


class TokenPurpose(StrEnum):
    """What a token is used for. Each purpose has its own salt, so a token of one is not valid for another."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    LEFT = "left"
    PREFERENCES = "preferences"
    DOWNLOAD = "download"
    COPY = "copy"
    ERASE = "erase"
    NEW_ADDRESS = "new-address"
    CODE = "code"
    STATE = "state"
    LATER = "later"
    BROWSER = "browser"
    RENDER = "form-render"
    TEST = "form-test"
    WORK = "work"
    TICKET = "ticket"
    PASSKEY = "passkey"
    HALFWAY = "halfway"
    KNOWN_BROWSER = "known-browser"
    EXPORT = "export"
    KIOSK = "till"
    OPEN = "open"
    CLICK = "click"
    BOUNCE = "bounce"
    LEAVE_BY_MAIL = "leave-by-mail"


class Opened(NamedTuple):
    """A verified token: the 128-bit id inside, and when it was signed."""

    id: UUID
    signed_at: datetime


class _Hmac(SigningAlgorithm):
    """HMAC-SHA256 from a copy of one begun for each key: OpenSSL looks up its algorithms at every start."""

    def __init__(self) -> None:
        self._begun: dict[bytes, hmac.HMAC] = {}

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        begun = self._begun.get(key) or self._begun.setdefault(key, hmac.new(key, digestmod="sha256"))
        own = begun.copy()
        own.update(value)
        return own.digest()


class _Signer(TimestampSigner):
    """Derives each key once. Deriving it each time would double the time of a signature."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._derived: dict[bytes, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        secret = self.secret_key if secret_key is None else secret_key
        raw = secret.encode() if isinstance(secret, str) else secret
        if raw not in self._derived:
            self._derived[raw] = super().derive_key(raw)
        return self._derived[raw]


class Keys:
    """The keys of one application: the newest signs, all of them verify."""

    def __init__(self, ring: Sequence[str]) -> None:
        oldest_first, self._hmac = list(reversed(ring)), _Hmac()
        self.ring = tuple(ring)
        self._signers = {
            purpose: _Signer(
                oldest_first,
                salt=f"signup.{purpose}",
                key_derivation="hmac",
                digest_method=hashlib.sha256,
                algorithm=self._hmac,
            )
            for purpose in TokenPurpose
        }
        # Throttling and the stop list must survive a rotation, so their hash uses the oldest key: it is never dropped.
        self._hash_key = hmac.digest(ring[-1].encode(), b"signup.address-hash", "sha256")
        self.fingerprints = [hashlib.sha256(b"signup.key-id" + key.encode()).hexdigest()[:8] for key in ring]
        self.newest_id = self.fingerprints[0]

    def sign(self, purpose: TokenPurpose, id_: UUID, at: datetime | None = None) -> str:
        """A URL-safe token that holds `id_` and nothing else; of a given time it is always the same."""
        payload = urlsafe_b64encode(id_.bytes).rstrip(b"=")
        if at is None:
            return self._signers[purpose].sign(payload).decode()
        unsigned = b".".join((payload, base64_encode(int_to_bytes(int(at.timestamp())))))
        return self.sign_again(purpose, unsigned.decode())[0]

    def sign_again(self, purpose: TokenPurpose, unsigned: str) -> list[str]:
        """The tokens that begin with `unsigned`, all but the signature: one for each key, the newest key's first."""
        signer = self._signers[purpose]
        signed = (self._hmac.get_signature(signer.derive_key(key), unsigned.encode()) for key in self.ring)
        return [f"{unsigned}.{base64_encode(signature).decode()}" for signature in signed]

    def open(self, purpose: TokenPurpose, token: str) -> Opened:
        """Verify a token. Raises `InvalidToken`. The database judges whether it is still valid."""
        try:
            if len(token) > MAX_LENGTH:
                raise InvalidToken("too long")
            payload, at = self._signers[purpose].unsign(token, return_timestamp=True)
            return Opened(UUID(bytes=urlsafe_b64decode(payload + b"==")), at)
        except (BadData, ValueError, OverflowError, OSError) as error:
            raise InvalidToken(purpose) from error

    def hash(self, text: str) -> str:
        """A keyed 128-bit hash (hex), by which an address is found again without being stored."""
        return self._hmac.get_signature(self._hash_key, text.encode())[:HASH_BYTES].hex()


def keys() -> Keys:
    """The key ring of the current application."""
    ring: Keys = current_app.extensions["signup.keys"]
    return ring


def new_code() -> str:
    """Six random digits, leading zeros kept."""
    return f"{secrets.randbelow(1_000_000):06d}"
