"""One thing about a sender's domain: as it is now, as it must be, and what to do."""

from enum import StrEnum
from typing import NamedTuple


class Grade(StrEnum):
    """How much it matters."""

    FINE = "fine"
    TOLD = "told"
    """Would be better otherwise; mail arrives."""
    WRONG = "wrong"
    """Mailbox providers refuse mail for it, or treat it as spam."""
    UNKNOWN = "unknown"
    """The DNS did not say."""


class DomainFinding(NamedTuple):
    """`code` names it for programs; `record` is a DNS record to copy, if one helps."""

    check: str
    code: str
    grade: Grade
    found: str
    todo: str = ""
    record: str = ""


def fine(check: str, found: str) -> DomainFinding:
    """What is as it must be."""
    return DomainFinding(check, "fine", Grade.FINE, found)
