"""Whether a password is one that attackers try first: a common one, a row of keys, or the account's own name.

The list has the 6,000 most common passwords that pass the length of 12 characters; 3,000 are asked for (OWASP ASVS 5.0,
6.2.4). Nothing is asked of anybody else's service.
"""

import re
from collections.abc import Iterable
from functools import cache
from urllib.parse import urlsplit

from sqlalchemy import select

from signup.access.operator import Operator
from signup.checks import reference
from signup.consent.mailing_list import MailingList
from signup.ground.db import db
from signup.ground.urls import settings

COMMON = {
    *("123456123456", "q1w2e3r4t5y6", "azertyuiop12", "azertyuiop123", "motdepasse123", "administrator1"),
    *("iloveyouforever", "letmeinletmein", "correcthorsebatterystaple", "abc123abc123"),
}
"""Further common passwords, beside the list in `checks/reference`."""
AROUND = "!?.,;:*#$@_-"
RUNS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
)
OURS = ("signup", "newsletter", "password", "motdepasse")
MIN_DIFFERENT = 5
MIN_OWN = 6
"""Besides a known word, a password must have as much as this many characters."""


def is_guessable(password: str, known: Iterable[str] = ()) -> bool:
    """Whether a password is easy to guess. `known` is what everybody knows of the account, such as address and name."""
    plain = "".join(password.lower().split())
    bare = plain.strip(AROUND)
    if not {plain, bare}.isdisjoint(_common()) or len(set(plain)) < MIN_DIFFERENT or _is_run(plain):
        return True
    words = {part for text in known for part in (text.lower(), *re.split(r"[@.\s-]+", text.lower()))}
    for word in sorted({*words, *OURS}, key=len, reverse=True):
        if len(word) > 3:  # noqa: PLR2004  # shorter ones are in half of all sentences
            plain = plain.replace("".join(word.split()), "")
    return len(plain) < MIN_OWN


def words_about(operator: Operator) -> tuple[str, ...]:
    """What everybody knows of an account: its address and name, the service's address, the names of its lists."""
    lists = db.session.execute(select(MailingList.name, MailingList.slug, MailingList.controller)).all()
    host = urlsplit(settings().public_url).hostname or ""
    return (operator.address, operator.name, host, *(text for row in lists for text in row))


@cache
def _common() -> frozenset[str]:
    return frozenset({*COMMON, *reference.text("common-passwords.txt.gz").split()})


def _is_run(text: str) -> bool:
    return any(text in run or text in run[::-1] for run in RUNS) or text in (text + text)[1:-1]
