"""A company's activity by NACE, Rev. 2.1 in English and Rev. 2 in French. It is found by words and stored as
`2.1:56.11`.

There is no table from one revision to the other: a code keeps the revision it was chosen from.
"""

import re
from functools import cache
from typing import NamedTuple

from signup.checks.reference import lines, plain
from signup.checks.verdict import Checked, Verdict
from signup.ground.i18n import _

NEWEST, FRENCH = "2.1", "2"
FOUND_AT_MOST = 12
SUGGESTIONS = 3


class Activity(NamedTuple):
    """One entry of the classification."""

    revision: str
    code: str
    above: str
    """The code above this one; empty at the top."""
    label: str

    @property
    def key(self) -> str:
        return f"{self.revision}:{self.code}"


def check_activity(value: str, _country: str = "", _beside: str = "") -> Checked:
    """Check a code such as `2.1:56.11`, `56.11`, `5611` or `56.10Z` (French: Rev. 2). Words only give suggestions."""
    typed = " ".join(value.split())[:80]
    found = _read(typed)
    if found:
        return Checked(found.key, Verdict.OK, version=f"NACE Rev. {found.revision}")
    near = tuple(f"{one.key} {one.label}" for one in search(typed)[:SUGGESTIONS])
    hint = _("Did you mean %(suggestion)s?", suggestion=near[0]) if near else _("This is not a NACE code.")
    return Checked(typed, Verdict.INVALID, hint, near, version=f"NACE Rev. {NEWEST}")


def search(words: str, limit: int = FOUND_AT_MOST) -> list[Activity]:
    """Activities whose label has words that begin like all of these, the more general ones first."""
    wanted = plain(words).split()
    if not wanted:
        return []
    found = [one for one, label in _plain_labels() if all(f" {word}" in label for word in wanted)]
    return sorted(found, key=lambda one: (one.revision != NEWEST, len(one.code), one.code))[:limit]


def label_of(key: str) -> str:
    """The label of a stored code; the code itself when no table has it."""
    found = _table().get(key)
    return found.label if found else key


def is_under(key: str, above: str) -> bool:
    """Whether a stored code is `above` or below it."""
    found = _table().get(key)
    while found is not None and found.key != above:
        found = _table().get(f"{found.revision}:{found.above}")
    return found is not None


def meant_by(typed: str) -> list[str]:
    """The codes that an activity includes: its own and all below it, of both revisions if it names none. Empty for no
    code.
    """
    found = _read(" ".join(typed.split())[:80])
    if found is None:
        return []
    revisions = [found.revision] if ":" in typed else [NEWEST, FRENCH]
    return [key for key in _table() if any(is_under(key, f"{revision}:{found.code}") for revision in revisions)]


def _read(typed: str) -> Activity | None:
    written = re.fullmatch(
        r"(?:NACE|NAF|APE)?\s*(?:REV\.?\s*)?(?:(2\.1|2)\s*:\s*)?([A-V]|\d{2}(?:\.?\d{1,2})?)([A-Z])?",
        typed,
        re.IGNORECASE,
    )
    if written is None:
        return None
    revision, digits, letter = written.groups()
    plain_digits = digits.upper().replace(".", "")
    code = plain_digits if len(plain_digits) < len("561") else f"{plain_digits[:2]}.{plain_digits[2:]}"
    revisions = [revision] if revision else [FRENCH] if letter else [NEWEST, FRENCH]
    return next((found for one in revisions if (found := _table().get(f"{one}:{code}"))), None)


@cache
def _table() -> dict[str, Activity]:
    return {one.key: one for one in (Activity(*row) for row in lines("nace.txt.gz"))}


@cache
def _plain_labels() -> list[tuple[Activity, str]]:
    return [(one, f" {plain(one.label)}") for one in _table().values()]
