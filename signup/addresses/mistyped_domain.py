"""The domain that a typing error probably meant: one slip away from a provider's, as `embed/typo.js` tells visitors."""

from functools import lru_cache

from rapidfuzz.distance import OSA

from signup.addresses.mailbox_provider import PROVIDERS

SHORTEST = 6
"""Shorter domains are one typing error away from too many others."""
REAL = {"email.com", "gmail.co", "yahoo.ca", "live.ca", "live.se", "live.dk", "live.no", "gmx.eu"}
"""Real domains of other providers that look like a typing error."""


@lru_cache(maxsize=8192)
def meant_domain(domain: str) -> str:
    """The provider's domain that `domain`, in lower case, probably meant; empty when it looks right."""
    if len(domain) < SHORTEST or domain in PROVIDERS or domain in REAL:
        return ""
    known = (one for one in PROVIDERS if len(one) >= SHORTEST)
    return next((one for one in known if OSA.distance(domain, one, score_cutoff=1) == 1), "")
