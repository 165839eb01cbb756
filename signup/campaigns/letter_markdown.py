"""Turns the Markdown of a letter into HTML for mail programs and into plain text.

CommonMark without raw HTML (https://spec.commonmark.org). A link with the title “button” that stands alone is a button,
and a fenced block of the kind `product` a product.
Styles stand on each tag: many mail programs drop style sheets.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from signup.campaigns.letter_plain import plain_text
from signup.campaigns.letter_product import BUTTON, ProductTable, is_product, read_product, tokens_of
from signup.mailer.mail_look import LIGHT, MailLook

MAX_LINKS = 200
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("html_block").disable("html_inline")
_STYLES = {
    "p": "margin:0 0 16px",
    "h1": "margin:0 0 16px;font-size:26px;line-height:1.25",
    "h2": "margin:28px 0 12px;font-size:20px;line-height:1.3",
    "h3": "margin:24px 0 8px;font-size:17px;line-height:1.3",
    "ul": "margin:0 0 16px;padding-left:22px",
    "ol": "margin:0 0 16px;padding-left:22px",
    "li": "margin:0 0 6px",
    "blockquote": f"margin:0 0 16px;padding-left:16px;color:{LIGHT['soft']}",
    "hr": f"margin:28px 0;border:0;border-top:1px solid {LIGHT['line']}",
    "pre": "margin:0 0 16px;font-family:ui-monospace,Consolas,'Courier New',monospace;font-size:14px",
}


_TOP_MARGIN = re.compile(r"^margin:\d+px ")
"""What begins a panel has its padding above it already."""
_SOFT = {"blockquote", "hr"}


class LetterLink(NamedTuple):
    """One link: where it leads, and its words."""

    number: int
    url: str
    label: str


@dataclass
class Picture:
    """What is known of a picture that a letter shows."""

    width: int
    height: int


@dataclass
class Drawn:
    """A letter's body in both forms, and its links."""

    html: str
    text: str
    links: list[LetterLink] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    """Address and alternative text of each."""
    wrong_products: list[tuple[str, str]] = field(default_factory=list)
    """What is wrong in the blocks of products: a code, and the line that it is about."""


@dataclass(frozen=True)
class Drawing:
    """How a letter is drawn: its look, its buttons, and what stands in the text for the address of a link."""

    look: MailLook
    button: Callable[[str, str], str]
    mark: Callable[[int], str]
    picture: Callable[[str], Picture | None]
    product: ProductTable
    width: int = 494
    """Pixels of a picture that is as wide as the letter."""
    rule: str = ""
    """HTML in place of a rule between parts; empty: a line."""


def draw(body: str, how: Drawing) -> Drawn:
    """Draw the Markdown of a body."""
    drawn = Drawn("", "")
    tokens = list(_with_products(_markdown.parse(body), drawn, how))
    _number_links(tokens, drawn, how)
    drawn.text = plain_text(tokens)
    drawn.html = _markdown.renderer.render(_styled(tokens, how), _markdown.options, {})
    return drawn


def _with_products(tokens: Sequence[Token], drawn: Drawn, how: Drawing) -> Iterator[Token]:
    for token in tokens:
        if is_product(token):
            product = read_product(token.content)
            drawn.wrong_products += product.wrong
            yield from tokens_of(product, how.product, _markdown)
        else:
            yield token


def _number_links(tokens: Sequence[Token], drawn: Drawn, how: Drawing) -> None:
    """Give each link its number and put the mark in place of its address; the true one stays in `meta`."""
    for inline in tokens:
        children = inline.children or []
        for at, token in enumerate(children):
            if token.type == "image":
                drawn.pictures.append((str(token.attrGet("src") or ""), token.content))
            if token.type != "link_open":
                continue
            url, label = str(token.attrGet("href") or ""), _label(children[at + 1 :])
            token.meta |= {"title": token.attrGet("title") or "", "mark": url}
            if url.startswith(("http://", "https://")) and len(drawn.links) < MAX_LINKS:
                drawn.links.append(LetterLink(len(drawn.links) + 1, url, label[:200]))
                token.meta["mark"] = how.mark(len(drawn.links))
            elif not url.startswith("mailto:"):
                token.meta["mark"] = ""
            token.attrs = {"href": token.meta["mark"], "style": f"color:{how.look.link}"}


def _label(tokens: Sequence[Token]) -> str:
    words = []
    for token in tokens:
        if token.type == "link_close":
            break
        words.append(token.content)
    return "".join(words)


def _styled(tokens: list[Token], how: Drawing) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "paragraph_open" and (button := _button(tokens[at + 1], how)):
            found.append(button)
            at += 3
            continue
        if token.type == "hr" and how.rule and not token.level:
            found.append(_html(how.rule))
            found[-1].meta["is_rule"] = True
            at += 1
            continue
        if token.nesting != -1 and token.tag in _STYLES:
            is_first = token.meta.get("is_first") or not found or found[-1].meta.get("is_rule")
            token.attrSet("style", _TOP_MARGIN.sub("margin:0 ", _STYLES[token.tag]) if is_first else _STYLES[token.tag])
            if token.tag in _SOFT:
                token.attrSet("class", "soft")  # so that the dark form of the frame finds it
        for child in token.children or []:
            if child.type == "image":
                _size(child, how)
        found.append(token)
        at += 1
    return found


def _button(inline: Token, how: Drawing) -> Token | None:
    """The button that a paragraph is, which holds nothing but a link with that title."""
    children = inline.children or []
    if len(children) < 3 or children[0].type != "link_open" or children[-1].type != "link_close":  # noqa: PLR2004
        return None
    if children[0].meta.get("title") != BUTTON or any(child.type == "link_close" for child in children[:-1]):
        return None
    return _html(how.button(children[0].meta["mark"], escape(_label(children[1:]))))


def _html(content: str) -> Token:
    token = Token("html_block", "", 0)
    token.content = content + "\n"
    return token


def _size(image: Token, how: Drawing) -> None:
    known = how.picture(str(image.attrGet("src") or ""))
    most = int(image.meta.get("width") or how.width)
    width = min(known.width, most) if known else most
    image.attrs.pop("title", None)
    image.attrs["width"] = str(width)
    if known:
        image.attrs["height"] = str(round(known.height * width / known.width))
    image.attrs["style"] = "display:block;height:auto;max-width:100%"
