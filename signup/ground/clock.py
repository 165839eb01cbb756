"""The application's clock, and ids that sort by time. The database judges deadlines (`ground.dialect.now`)."""

import secrets
import time
import uuid
from datetime import UTC, datetime


def utcnow() -> datetime:
    """The current time, aware, in UTC, cut to milliseconds as the database keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def uuid7() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[uuid.UUID]:
    """Return `count` ids. The system's randomness is read once: each read may cost a busy thread its turn."""
    at, random = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80, secrets.token_bytes(10 * count)
    return [_uuid7(at | int.from_bytes(random[n : n + 10])) for n in range(0, 10 * count, 10)]


def _uuid7(value: int) -> uuid.UUID:
    value = value & ~(0xF << 76) | 7 << 76
    return uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62)
