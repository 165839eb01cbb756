"""What a person decided about a file beside the mapping: kept with the run, and read by whoever reads its rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from signup.exchange.status import CONFIRMED, PENDING, is_word, letters, status_of, stem_of


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


# Words of a file's name that say nothing about the people in it.
_COMMON = {
    *(
        "segment",
        "export",
        "exported",
        "list",
        "liste",
        "lists",
        "contacts",
        "contact",
        "kontakte",
        "csv",
        "xlsx",
        "data",
    ),
    *(
        "subscribers",
        "emails",
        "email",
        "mails",
        "mail",
        "members",
        "users",
        "audience",
        "people",
        "addresses",
        "adresses",
    ),
    *(
        "des",
        "de",
        "les",
        "der",
        "die",
        "all",
        "alle",
        "tous",
        "copy",
        "final",
        "newsletter",
        "mailchimp",
        "brevo",
        "from",
    ),
}


def state_by_name(file_name: str) -> str:
    """The state that a file's name gives to everybody in it, such as `cleaned_2026.csv`; empty for a name that says
    anything else beside.
    """
    words = letters(file_name.rpartition(".")[0] or file_name)
    if words.startswith(("nonsubscribed", "non subscribed")):
        return PENDING
    plain = [word for word in words.split() if not any(char.isdigit() for char in word)]
    for telling in (plain, [word for word in plain if word not in _COMMON]):
        text = " ".join(telling)
        if text and (is_word(text) or all(stem_of(word) for word in telling)):
            state = status_of(text)
            return state if state != CONFIRMED else ""
    return ""
