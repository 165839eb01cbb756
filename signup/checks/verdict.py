"""What a check says of a value. It advises: nobody is turned away for it, and the value as typed is kept beside it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """`MISMATCH`: each part is possible, but they do not belong together. `UNKNOWN`: possible, and in no table."""

    OK = "ok"
    UNKNOWN = "unknown"
    MISMATCH = "mismatch"
    INVALID = "invalid"


FINE = (Verdict.OK, Verdict.UNKNOWN)
"""Nothing speaks against these: nobody is asked to look again."""


@dataclass(frozen=True)
class Checked:
    """A value that was looked at. `hint` is for whoever typed it, in their language; empty when all is well."""

    value: str
    """Normalised; as typed when it cannot be read."""
    verdict: Verdict
    hint: Any = ""
    suggestions: tuple[str, ...] = ()
    """What may have been meant, the likeliest first."""
    region: str = ""
    """Where a postal code lies, as ISO 3166-2 has it: `CH-VD`, `FR-69`, `BE-WNA`."""
    version: str = ""
    """What the table was made from that decided; empty where none did."""

    @property
    def is_ok(self) -> bool:
        return self.verdict in FINE
