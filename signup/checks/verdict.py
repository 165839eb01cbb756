"""The result of a check. It only advises: nobody is turned away, and the typed value is kept beside it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """`MISMATCH`: each part is possible, but they do not belong together. `UNKNOWN`: possible, but in no table."""

    OK = "ok"
    UNKNOWN = "unknown"
    MISMATCH = "mismatch"
    INVALID = "invalid"


FINE = (Verdict.OK, Verdict.UNKNOWN)
"""Nothing speaks against these values, so nobody is asked to check again."""


@dataclass(frozen=True)
class Checked:
    """A checked value. `hint` is for the person who typed it, in their language; empty when all is well."""

    value: str
    """The normalised value; as typed when it cannot be read."""
    verdict: Verdict
    hint: Any = ""
    suggestions: tuple[str, ...] = ()
    """What was probably meant, the most likely first."""
    region: str = ""
    """Where a postal code lies, by ISO 3166-2: `CH-VD`, `FR-69`, `BE-WNA`."""
    version: str = ""
    """The source of the table that decided; empty where none did."""

    @property
    def is_ok(self) -> bool:
        return self.verdict in FINE
