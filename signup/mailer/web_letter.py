"""A letter as a page: what everybody was sent, without a person. Built of the snapshot alone.

Fields read as their fallbacks, links lead straight to where they lead, and what only the recipient reads is left out.
The styles that stand on each tag for mail programs move to one sheet, so that a page may run under a strict policy.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from markupsafe import escape

from signup.ground.plain_text import one_line
from signup.mailer.letter_template import LetterTemplate, Piece, Slot

_TAG = re.compile(r"<[a-z][a-z0-9]*\b[^<>]*>")
_STYLE = re.compile(r' style="([^"]*)"')
_CLASS = re.compile(r' class="([^"]*)"')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SHEET = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class WebLetter(NamedTuple):
    """A page, and the digests of the style sheets in it, as a Content-Security-Policy names them."""

    html: str
    style_hashes: tuple[str, ...]


def page_of(letter: LetterTemplate, own: Mapping[str, str]) -> WebLetter:
    """The whole letter. `own` is the HTML of the page's own places, by name."""
    filled = "".join(_filled(_without(letter.html, "@mail", "@/mail"), letter, own))
    html = _lifted(_COMMENT.sub("", filled)).replace('<div lang="', '<div role="main" lang="', 1)
    return WebLetter(html, tuple(dict.fromkeys(map(_digest, _SHEET.findall(html)))))


def body_of(letter: LetterTemplate) -> str:
    """The operator's words as HTML without styles, for readers of feeds."""
    inner = _within(letter.html, "@body", "@/body")
    html = _COMMENT.sub("", "".join(_filled(_without(inner, "@panel", "@/panel", "<hr>\n"), letter, {})))
    return _TAG.sub(lambda tag: _CLASS.sub("", _STYLE.sub("", tag[0])), html).strip()


def subject_of(letter: LetterTemplate) -> str:
    """The subject as somebody reads it of whom nothing is known."""
    return one_line("".join(one if isinstance(one, str) else one.fallback for one in letter.subject))


def _filled(pieces: Iterable[Piece], letter: LetterTemplate, own: Mapping[str, str]) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
        elif piece.name.startswith("@web:"):
            yield own.get(piece.name.removeprefix("@web:"), "")
        else:
            yield str(escape(_value(piece, letter)))


def _value(slot: Slot, letter: LetterTemplate) -> str:
    if slot.name.startswith("@link:"):
        return str(letter.fixed["links"][slot.name.removeprefix("@link:")])
    if slot.name in {"@unsubscribe", "@preferences"}:  # of a letter from before these places were marked
        return str(letter.fixed["public_url"])
    return "" if slot.name.startswith("@") else one_line(slot.fallback)


def _without(pieces: Iterable[Piece], opening: str, closing: str, instead: str = "") -> Iterator[Piece]:
    is_out = False
    for piece in pieces:
        if isinstance(piece, Slot) and piece.name in {opening, closing}:
            is_out = piece.name == opening
            if is_out and instead:
                yield instead
        elif not is_out:
            yield piece


def _within(pieces: Iterable[Piece], opening: str, closing: str) -> Iterator[Piece]:
    is_in = False
    for piece in pieces:
        if isinstance(piece, Slot) and piece.name in {opening, closing}:
            is_in = piece.name == opening
        elif is_in:
            yield piece


def _lifted(html: str) -> str:
    """The page with its inline styles as classes of one more sheet, before the others: what overrules them still does.

    All of it was written by us or escaped, so a tag ends at its first `>`.
    """
    names: dict[str, str] = {}

    def lift(tag: re.Match[str]) -> str:
        style = _STYLE.search(tag[0])
        if style is None:
            return tag[0]
        name = names.setdefault(style[1], f"s{len(names)}")
        bare = _STYLE.sub("", tag[0])
        classed, had_class = _CLASS.subn(rf' class="\1 {name}"', bare, count=1)
        return classed if had_class else re.sub(r"(/?>)$", rf' class="{name}"\1', bare)

    lifted = _TAG.sub(lift, html)
    rules = "".join(f".{name}{{{_unescaped(style)}}}" for style, name in names.items())
    return lifted.replace("<style>", f"<style>{rules}</style>\n<style>", 1)


def _unescaped(style: str) -> str:
    """A style's words as a sheet has them; what would end the sheet cannot stand in one of ours."""
    return style.replace("&#39;", "'").replace("&quot;", '"').replace("&#34;", '"').replace("<", "").replace("}", "")


def _digest(sheet: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()}'"
