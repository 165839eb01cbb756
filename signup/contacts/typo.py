"""The domain that a mistyped one was probably meant to be: one slip of the finger away from a provider's, as
`embed/typo.js` tells visitors.
"""

from functools import lru_cache

from signup.contacts.mailbox_provider import PROVIDERS

SHORTEST = 6
"""Shorter domains are one slip from too many others."""
OTHERS = {"email.com", "mail.com", "gmail.co", "yahoo.ca", "live.ca", "live.se", "live.dk", "live.no", "gmx.eu"}
"""Real ones that are a slip away."""


@lru_cache(maxsize=8192)
def meant_domain(domain: str) -> str:
    """The provider's domain that `domain`, in lower case, was meant to be; empty when it looks right."""
    if len(domain) < SHORTEST or domain in PROVIDERS or domain in OTHERS:
        return ""
    return next((known for known in PROVIDERS if len(known) >= SHORTEST and _is_slip(domain, known)), "")


def _is_slip(one: str, other: str) -> bool:
    """Whether two different words differ by a letter too many, too few, another one, or two swapped."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    if left[1:] == right[1:] or left[1:] == right or left == right[1:]:
        return True
    return left[:2] == right[1::-1] and left[2:] == right[2:]
