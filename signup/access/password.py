"""Hashes of passwords and PINs. They are slow and salted, so that a copy of the database reveals no password."""

import threading
from functools import cache

from werkzeug.security import check_password_hash, generate_password_hash

METHOD = "scrypt:32768:8:3"
"""N, r and p as OWASP's Password Storage Cheat Sheet recommends. Of its equal choices this one needs the least memory,
32 MB: strangers can make the service compute it.
"""
AT_ONCE = 2
"""Hashes that a process computes at the same time. Others wait, because a few tries at once would need all memory."""

_turn = threading.BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """A new salted hash. Compute it before a transaction begins: on SQLite all others wait for the writer."""
    with _turn:
        return generate_password_hash(password, METHOD)


def fits(hashed: str | None, password: str) -> bool:
    """Whether `password` belongs to this hash. Takes the same time when there is no hash."""
    compared = hashed or _hash_of_nobody()
    with _turn:
        return check_password_hash(compared, password) and hashed is not None


def is_outdated(hashed: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return not hashed.startswith(f"{METHOD}$")


@cache
def _hash_of_nobody() -> str:
    """A hash that no password fits. It is made when first needed, as that takes as long as a check."""
    return hash_password("nobody has this password")
