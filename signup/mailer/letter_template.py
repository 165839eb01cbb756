"""The template of a campaign's mail: texts with slots between them. It has no language of its own, so nothing runs.

An operator's words are text, whatever braces they hold; only slots are filled. A snapshot holds it as JSON.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

FORMAT = "slots"


class Slot(NamedTuple):
    """A place that is filled for each person.

    `name` is a field's key (`first_name`), or one of ours: `@unsubscribe` and `@preferences` (addresses),
    `@link:<number>` (the address of a `CampaignLink`, through us for who agreed), `@pixel` (a picture for who agreed,
    else nothing), `@decoy` (a link that people do not see, where clicks are recorded), `@email`. In a mail these are
    empty, and tell `web_letter` what a browser is shown: `@mail` and `@/mail` stand around what only the recipient
    reads, `@body` and `@/body` around the operator's words, `@panel` and `@/panel` around what parts two of its panels,
    `@web:<place>` where the page has something of its own.
    """

    name: str
    fallback: str = ""
    """For who has no such value."""


Piece = str | Slot


class LetterTemplate(NamedTuple):
    """The three parts of a letter. The pieces of `html` are HTML; what fills its slots is escaped."""

    subject: tuple[Piece, ...]
    text: tuple[Piece, ...]
    html: tuple[Piece, ...]
    fixed: dict[str, Any]
    """What is the same in every mail: the sender, the list, the links by number."""

    def slots(self) -> Iterator[Slot]:
        """Every place that is filled."""
        yield from (piece for part in self[:3] for piece in part if isinstance(piece, Slot))

    def to_content(self) -> dict[str, Any]:
        """As a snapshot keeps it."""
        parts = {name: [_written(piece) for piece in getattr(self, name)] for name in ("subject", "text", "html")}
        return {"format": FORMAT, **parts, "fixed": self.fixed}

    @classmethod
    def read(cls, content: dict[str, Any]) -> "LetterTemplate":
        """From what `to_content` wrote."""
        subject, text, html = (tuple(map(_read, content[name])) for name in ("subject", "text", "html"))
        return cls(subject, text, html, content["fixed"])


def _written(piece: Piece) -> str | list[str]:
    return piece if isinstance(piece, str) else list(piece)


def _read(piece: str | list[str]) -> Piece:
    return piece if isinstance(piece, str) else Slot(*piece)
