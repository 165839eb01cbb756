"""Time as the application sees it, and ids that sort by it. The database judges deadlines (`signup.dialect.now`)."""

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
    value = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0b11 << 62) | 0b10 << 62
    return uuid.UUID(int=value)
