"""The return path that names a message (VERP): what comes back tells which mail it was, and nobody can make one up.

Its letters have no case, as some relays fold it, and it is shorter than the 64 characters of RFC 5321.
"""

import hmac
from base64 import b32decode, b32encode
from hashlib import sha256
from uuid import UUID

from signup.ground.tokens import TokenPurpose, keys

PREFIX = "b-"
MAC_BYTES = 10
_UID_LETTERS, _MAC_LETTERS = 26, 16
_LENGTH = len(PREFIX) + _UID_LETTERS + _MAC_LETTERS


def return_path(message_uid: UUID, sender_domain: str) -> str:
    """The envelope sender of a message."""
    newest = _macs(message_uid)[0]
    return f"{PREFIX}{_letters(message_uid.bytes)}{_letters(newest)}@{sender_domain}"


def read(address: str) -> UUID | None:
    """The message whose return path this is; None when we did not make it."""
    local = address.strip().partition("@")[0].lower()
    if len(local) != _LENGTH or not local.startswith(PREFIX):
        return None
    try:
        uid = UUID(bytes=_bytes(local[len(PREFIX) : -_MAC_LETTERS]))
        mac = _bytes(local[-_MAC_LETTERS:])
    except ValueError:
        return None
    return uid if any(hmac.compare_digest(mac, own) for own in _macs(uid)) else None


def _macs(uid: UUID) -> list[bytes]:
    """One for each key, the newest key's first."""
    signed = keys().sign_again(TokenPurpose.BOUNCE, uid.hex)
    return [sha256(token.encode()).digest()[:MAC_BYTES] for token in signed]


def _letters(content: bytes) -> str:
    return b32encode(content).decode().rstrip("=").lower()


def _bytes(letters: str) -> bytes:
    return b32decode(letters.upper() + "=" * (-len(letters) % 8))
