"""How sure a share is: Wilson's interval, which holds for small samples too (Wilson 1927, J. Am. Stat. Assoc. 22)."""

from math import sqrt
from typing import NamedTuple

Z95 = 1.959964


class Share(NamedTuple):
    """A share with its 95 % interval, each from 0 to 1."""

    n: int
    of: int
    share: float
    low: float
    high: float


def share_of(n: int, of: int) -> Share | None:
    """The share of `n` in `of`; None of nobody."""
    if of <= 0:
        return None
    share, z2 = n / of, Z95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 * sqrt(share * (1 - share) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    return Share(n, of, share, max(0.0, middle - half), min(1.0, middle + half))
