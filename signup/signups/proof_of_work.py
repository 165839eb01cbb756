"""Makes and checks the signed challenges that browsers solve during an attack. Each is good for one form, once.

The answer is `<challenge>.<n>` with SHA-256 of it beginning with the asked number of zero bits. Who cannot compute
sends the bare challenge back after a while instead: waiting costs a person little, and is scarce (`limits`).
"""

import hashlib
import secrets
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from signup.ground.clock import utcnow
from signup.ground.errors import InvalidToken, NeedsProof
from signup.ground.tokens import CLOCK_SKEW, TokenPurpose, keys

BITS = 14
"""16 000 hashes on average: see docs/abuse.md for what that takes where."""
CHALLENGE_TTL = timedelta(minutes=10)
WAIT = timedelta(seconds=20)
MAX_DIGITS = 16
_WAS_COUNTED = 0x80
_PARTS, _SOLVED_PARTS = 3, 4


class Solved(NamedTuple):
    """A challenge that was answered."""

    id: str
    has_waited: bool
    was_counted: bool
    """It was given with a refusal, which was counted as held back."""


def new(public_id: str, bits: int, *, was_counted: bool) -> str:
    """A fresh challenge for this form: seven random bytes, the bits, and which form, signed with the time."""
    flagged = bits | (_WAS_COUNTED if was_counted else 0)
    return keys().sign(TokenPurpose.WORK, UUID(bytes=secrets.token_bytes(7) + bytes([flagged]) + _form(public_id)))


def check(public_id: str, given: str) -> Solved:
    """Judge what was sent as `proof`. Raises `NeedsProof`: without, it was wrong or too old; with, it is too early."""
    parts = given.split(".")
    if len(parts) not in {_PARTS, _SOLVED_PARTS}:
        raise NeedsProof
    text = ".".join(parts[:_PARTS])
    try:
        opened = keys().open(TokenPurpose.WORK, text)
    except InvalidToken:
        raise NeedsProof from None
    age, content = utcnow() - opened.signed_at, opened.id.bytes
    if not -CLOCK_SKEW <= age <= CHALLENGE_TTL or content[8:] != _form(public_id):
        raise NeedsProof
    bits, was_counted = content[7] & ~_WAS_COUNTED, bool(content[7] & _WAS_COUNTED)
    if len(parts) == _PARTS:
        if age < WAIT:
            raise NeedsProof(text, bits)
        return Solved(opened.id.hex, has_waited=True, was_counted=was_counted)
    n = parts[_PARTS]
    if not (n.isascii() and n.isdigit() and len(n) <= MAX_DIGITS and has_zero_bits(given, bits)):
        raise NeedsProof
    return Solved(opened.id.hex, has_waited=False, was_counted=was_counted)


def is_solved(given: str) -> bool:
    """Whether `given` claims to be a solution rather than a bare challenge that waited."""
    return given.count(".") == _PARTS


def has_zero_bits(text: str, bits: int) -> bool:
    """Whether the SHA-256 of `text` begins with so many zero bits."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big") >> (256 - bits) == 0


def _form(public_id: str) -> bytes:
    return hashlib.sha256(f"work:{public_id}".encode()).digest()[:8]
