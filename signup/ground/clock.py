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
    """A UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, 12 of their fraction, then 62 random bits."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[uuid.UUID]:
    """Return `count` ids. The system's randomness is read once: each read may cost a busy thread its turn."""
    millisecond, rest = divmod(time.time_ns(), 1_000_000)
    # The fraction (section 6.2, method 3) keeps what one machine does within a millisecond in its order.
    at = millisecond << 80 | 0x7 << 76 | (rest * 4096 // 1_000_000) << 64 | 0b10 << 62
    random = secrets.token_bytes(8 * count)
    return [uuid.UUID(int=at | int.from_bytes(random[n : n + 8]) >> 2) for n in range(0, 8 * count, 8)]
