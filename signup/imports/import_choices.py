"""What a person decided about a file beside the mapping: kept with the run, and read by whoever reads its rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Choices:
    """Each is empty until somebody chose."""

    everyone: str = ""
    """The state that every row has at least: these people all left."""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By target, what a word means that is not known: a state or an option's value; nothing leaves it out."""
    domains: Mapping[str, str] = field(default_factory=dict)
    """What a mistyped domain was meant to be."""
    country: str = ""
    """Two letters, for who has no country in the file and none here."""
    order: str = ""
    """`dmy` or `mdy`: which comes first in a date that could be read both ways."""
    is_1904: bool = False
    """Dates that are numbers count from 1904, as old spreadsheets of a Macintosh do."""

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> "Choices":
        """As a run keeps them; what an older release kept besides is passed over."""
        return cls(**{name: value for name, value in (stored or {}).items() if name in cls.__dataclass_fields__})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
