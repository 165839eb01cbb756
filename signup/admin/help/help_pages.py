"""Help: the pages of docs/ inside the admin, without a network.

A translation lies in a folder named by its language, `docs/fr/forms.md`, with the headings of the English page in the
same order: a heading's anchor is the English one, so that one link serves every language. What is not translated is
shown in English.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from signup.ground.config import PROJECT
from signup.ground.errors import NotFound
from signup.ground.i18n import DEFAULT

DOCS = PROJECT / "docs"
START = "quickstart"
TABLE = re.compile(r"<table>\s*<thead>.*?</thead>", re.DOTALL)
HEADING = re.compile(r"<th[^>]*>(.+?)</th>")


class HelpPage(NamedTuple):
    """A page of the docs as markup, its language, its title and its headings' anchors."""

    language: str
    title: str
    markup: Markup
    anchors: tuple[str, ...]


def manual(page: str) -> ResponseReturnValue:
    language = str(get_locale() or DEFAULT)
    others = [(name, read(name, language)) for name in names()]
    others.sort(key=lambda other: (other[0] != START, other[1].title.casefold()))
    return render_template("admin/help/help.html", page=page, found=read(page, language), others=others)


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in DOCS.glob("*.md")))


@lru_cache(maxsize=128)
def read(name: str, language: str = DEFAULT) -> HelpPage:
    """A page by its name. Raises `NotFound`; needs a request, for the addresses of its neighbours."""
    if name not in names():
        raise NotFound(f"help {name[:40]!r}")
    english = DOCS / f"{name}.md"
    translated = DOCS / language / f"{name}.md"
    if not translated.exists():
        language, translated = DEFAULT, english
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(translated.read_text())
    anchors = tuple(slug(heading) for heading in headings(parser.parse(english.read_text())))
    opened = [token for token in tokens if token.type == "heading_open"]
    for token, anchor in zip(opened, anchors, strict=True):
        token.attrSet("id", anchor)
    for token in tokens:
        for child in token.children or ():
            _settle(child)
    markup = str(parser.renderer.render(tokens, parser.options, {}))
    # What is too wide scrolls in its own box, and a keyboard reaches it.
    markup = markup.replace("<pre>", '<pre tabindex="0">')
    markup = TABLE.sub(_open_table, markup)
    markup = markup.replace("</table>", "</table></div>")
    title = headings(tokens)[0]
    return HelpPage(language, title, Markup(markup), anchors)  # noqa: S704  # our own docs, parsed without HTML


def headings(tokens: list[Token]) -> list[str]:
    """The texts of a page's headings; the first is its title."""
    return [inline.content for token, inline in pairwise(tokens) if token.type == "heading_open"]


def slug(heading: str) -> str:
    """A heading's anchor, as code hosts make them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _open_table(table: re.Match[str]) -> str:
    """A table's beginning in its box, which is named by the headings of the columns."""
    label = ", ".join(Markup(heading).striptags() for heading in HEADING.findall(table[0]))  # noqa: S704  # as above
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">{table[0]}'


def _settle(token: Token) -> None:
    """Lead links between pages to here; what lies outside the docs is text."""
    if token.type in {"link_open", "image"}:
        target, _hash, anchor = str(token.attrGet("href") or "").partition("#")
        page = target.removeprefix("../").removesuffix(".md")
        if page in names():
            token.attrSet("href", url_for("admin.manual", page=page) + (f"#{anchor}" if anchor else ""))
        elif not target.startswith("https://"):
            token.attrs = {}
