"""An email address of ours that names something and that nobody can make up: its id and a MAC in letters.

Its letters have no case, as some relays fold it, and it is shorter than the 64 characters of RFC 5321.
"""

import hmac
from base64 import b32decode, b32encode
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from signup.ground.tokens import TokenPurpose, keys

MAC_BYTES = 10
_UID_LETTERS, _MAC_LETTERS = 26, 16


@dataclass(frozen=True)
class SignedAddress:
    """Addresses of one kind: what they begin with, and what they are for."""

    prefix: str
    purpose: TokenPurpose

    def write(self, uid: UUID, domain: str) -> str:
        """The address that names `uid`."""
        return f"{self.prefix}{_letters(uid.bytes)}{_letters(self._macs(uid)[0])}@{domain}"

    def read(self, address: str) -> UUID | None:
        """What an address names; None when we did not make it, or when a letter of it was changed."""
        local = address.strip().partition("@")[0].lower()
        if len(local) != len(self.prefix) + _UID_LETTERS + _MAC_LETTERS or not local.startswith(self.prefix):
            return None
        letters = local[len(self.prefix) : -_MAC_LETTERS]
        try:
            uid = UUID(bytes=_bytes(letters))
            mac = _bytes(local[-_MAC_LETTERS:])
        except ValueError:
            return None
        if _letters(uid.bytes) != letters:  # the last letter has bits to spare
            return None
        return uid if any(hmac.compare_digest(mac, own) for own in self._macs(uid)) else None

    def _macs(self, uid: UUID) -> list[bytes]:
        """One for each key, the newest key's first."""
        signed = keys().sign_again(self.purpose, uid.hex)
        return [sha256(token.encode()).digest()[:MAC_BYTES] for token in signed]


def _letters(content: bytes) -> str:
    return b32encode(content).decode().rstrip("=").lower()


def _bytes(letters: str) -> bytes:
    return b32decode(letters.upper() + "=" * (-len(letters) % 8))
