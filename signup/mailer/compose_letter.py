"""Composes a letter: the mail of a campaign or an automation, from its template and one person's values.

What is the same in every mail is encoded once; what is filled in stands between soft line breaks (RFC 2045, 6.7), so
that no piece depends on its neighbours. The bytes follow from the snapshot, the message's row and the keys alone.
"""

import binascii
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from markupsafe import escape

from signup.counts.engagement_event import DECOY
from signup.ground.plain_text import one_line
from signup.ground.tokens import TokenPurpose, keys
from signup.mailer.letter_template import FORMAT, LetterTemplate, Piece, Slot
from signup.mailer.return_address import leave_address

SOFT_BREAK = b"=\r\n"
OF_THE_WEB = {"@mail", "@/mail", "@body", "@/body", "@panel", "@/panel"}
Fill = Callable[[Slot], str]


class Letter(NamedTuple):
    """One person's letter: the subject as text, the parts as quoted-printable."""

    subject: str
    text: bytes
    html: bytes
    list_headers: list[tuple[str, str]]


class _Encoded(NamedTuple):
    template: LetterTemplate
    text: tuple[bytes | Slot, ...]
    html: tuple[bytes | Slot, ...]


@lru_cache(maxsize=512)
def is_letter(content: str) -> bool:
    """Whether a snapshot's content is a letter and not a template with a language of its own."""
    return bool(json.loads(content).get("format") == FORMAT)


@lru_cache(maxsize=64)
def read(content: str) -> LetterTemplate:
    """The template that a snapshot holds."""
    return _encoded(content).template


@lru_cache(maxsize=64)
def _encoded(content: str) -> _Encoded:
    template = LetterTemplate.read(json.loads(content))
    return _Encoded(template, _encode_all(template.text), _encode_all(template.html))


def fill(content: str, message_uid: UUID, recipient: str, created_at: Any, data: dict[str, Any]) -> Letter:
    """The letter of one message."""
    found = _encoded(content)
    to = _Recipient(found.template.fixed, message_uid, recipient, created_at, data)
    return Letter(
        one_line("".join(_texts(found.template.subject, to.text))),
        _joined(found.text, to.text),
        _joined(found.html, to.html),
        to.list_headers(),
    )


def words(content: str, message_uid: UUID, recipient: str, created_at: Any, data: dict[str, Any]) -> tuple[str, ...]:
    """Subject, text and HTML of one message, as somebody would read them."""
    template = read(content)
    to = _Recipient(template.fixed, message_uid, recipient, created_at, data)
    parts = ((template.subject, to.text), (template.text, to.text), (template.html, to.html))
    return tuple("".join(_texts(pieces, fill_with)) for pieces, fill_with in parts)


def subject_of(content: str, data: dict[str, Any]) -> str:
    """The subject of a letter, with what its values still tell."""
    values = data.get("values") or {}
    pieces = read(content).subject
    return one_line("".join(one if isinstance(one, str) else values.get(one.name) or one.fallback for one in pieces))


def _texts(pieces: tuple[Piece, ...], fill_with: Fill) -> list[str]:
    return [piece if isinstance(piece, str) else fill_with(piece) for piece in pieces]


def _encode_all(pieces: tuple[Piece, ...]) -> tuple[bytes | Slot, ...]:
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Slot) and _is_of_the_web(piece):
            continue
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(piece if isinstance(piece, Slot) else _encode(piece) for piece in joined)


def _is_of_the_web(slot: Slot) -> bool:
    """Whether it only tells what the letter's page shows."""
    return slot.name in OF_THE_WEB or slot.name.startswith("@web:")


def _encode(text: str) -> bytes:
    encoded = binascii.b2a_qp(text.replace("\r\n", "\n").encode(), istext=True).replace(b"\n", b"\r\n")
    return encoded if not encoded or encoded.endswith(b"\r\n") else encoded + SOFT_BREAK


def _joined(pieces: tuple[bytes | Slot, ...], fill_with: Fill) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else _encode(fill_with(piece)) for piece in pieces)


class _Recipient:
    """What the slots of one message are filled with."""

    def __init__(
        self, fixed: dict[str, Any], message_uid: UUID, address: str, created_at: Any, data: dict[str, Any]
    ) -> None:
        self._fixed, self._uid, self._address, self._at, self._data = fixed, message_uid, address, created_at, data
        self._values: dict[str, str] = data.get("values") or {}
        self._urls: dict[TokenPurpose, str] = {}

    def text(self, slot: Slot) -> str:
        """A slot of the subject or of the text: on one line."""
        return "" if slot.name in {"@pixel", "@decoy"} else one_line(self._value(slot))

    def html(self, slot: Slot) -> str:
        """A slot of the HTML, escaped."""
        if slot.name == "@pixel":
            return self._pixel()
        if slot.name == "@decoy":
            return self._decoy()
        return str(escape(one_line(self._value(slot))))

    def list_headers(self) -> list[tuple[str, str]]:
        """How a mailbox offers to unsubscribe (RFC 2369, RFC 8058), and what a provider reports about (Feedback-ID)."""
        return [
            ("List-Id", f"<{self._fixed['list_id']}>"),
            ("List-Unsubscribe", self._ways_out()),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            *([("List-Archive", f"<{self._fixed['archive']}>")] if self._fixed.get("archive") else []),
            *([("Feedback-ID", self._fixed["feedback_id"])] if self._fixed.get("feedback_id") else []),
        ]

    def _ways_out(self) -> str:
        """The link, and where mail reaches us an address; each on its own line, so that nothing folds them anew."""
        ways = [f"<{self.unsubscribe()}>"]
        if domain := self._fixed.get("leave_domain"):
            to = leave_address.leave_address(UUID(self._data["subscription"]), domain)
            ways.append(f"<mailto:{to}?subject=unsubscribe>")
        return ",\n ".join(ways)

    def _value(self, slot: Slot) -> str:
        if own := _OWN.get(slot.name):
            return own(self)
        if slot.name.startswith("@link:"):
            return self._link(slot.name.removeprefix("@link:"))
        if _is_of_the_web(slot):
            return ""
        return str(self._values.get(slot.name) or slot.fallback)

    def email(self) -> str:
        return self._address

    def since(self) -> str:
        return str(self._data.get("since") or "…")

    def preferences(self) -> str:
        return self._url("preferences", TokenPurpose.PREFERENCES, self._data["contact"])

    def unsubscribe(self) -> str:
        return self._url("unsubscribe", TokenPurpose.UNSUBSCRIBE, self._data["subscription"])

    def _url(self, page: str, purpose: TokenPurpose, public_id: str) -> str:
        if purpose not in self._urls:  # each stands in the header, in the text and in the HTML
            token = keys().sign(purpose, UUID(public_id), at=self._at)
            self._urls[purpose] = f"{self._fixed['public_url']}/{page}/{token}"
        return self._urls[purpose]

    def _link(self, number: str) -> str:
        target = str(self._fixed["links"][number])
        if not self._data.get("clicks"):
            return target
        return f"{self._click()}.{number}"

    def _decoy(self) -> str:
        """A link without words that is drawn nowhere and read out to nobody: only programs follow it."""
        if not self._data.get("clicks"):
            return ""
        address = escape(f"{self._click()}.{DECOY}")
        hidden = 'style="display:none;mso-hide:all" aria-hidden="true" tabindex="-1" rel="nofollow"'
        return f'<a href="{address}" {hidden}></a>'

    def _click(self) -> str:
        token = keys().sign(TokenPurpose.CLICK, self._uid, at=self._at)
        return f"{self._fixed['public_url']}/c/{token}"

    def _pixel(self) -> str:
        if not self._data.get("opens"):
            return ""
        token = keys().sign(TokenPurpose.OPEN, self._uid, at=self._at)
        return f'<img src="{escape(self._fixed["public_url"])}/o/{token}" width="1" height="1" alt="">'


_OWN: dict[str, Callable[[_Recipient], str]] = {
    "@email": _Recipient.email,
    "@since": _Recipient.since,
    "@preferences": _Recipient.preferences,
    "@unsubscribe": _Recipient.unsubscribe,
}
"""What our own slots are filled with."""
