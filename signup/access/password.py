"""Hashes of passwords and PINs: slow and salted, so that a copy of the database gives none of them away."""

import threading
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

METHOD = "scrypt:32768:8:3"
"""N, r and p as OWASP's Password Storage Cheat Sheet asks. Of its equal choices this one needs the least memory, 32 MB:
strangers may make us compute it.
"""
AT_ONCE = 2
"""Hashes one process computes at a time: the others wait, or a few tries at once would need all memory."""

_turn = threading.BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """A new salted hash. Compute it before a transaction begins: on SQLite everybody waits for the one who writes."""
    with _turn:
        return generate_password_hash(password, METHOD)


def fits(hashed: str | None, password: str) -> bool:
    """Whether `password` made this hash; costs the same time when there is none."""
    compared = hashed or _nobodys()
    with _turn:
        return check_password_hash(compared, password) and hashed is not None


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made at another cost than today's."""
    return not hashed.startswith(f"{METHOD}$")


@cache
def _nobodys() -> str:
    """A hash that nothing fits; made when first needed, for it takes as long as a check does."""
    return hash_password("nobody has this password")
