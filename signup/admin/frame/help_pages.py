"""Help: the pages of docs/ inside the admin, without a network, and which part of them belongs to which page.

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
from markupsafe import Markup

from signup.ground.config import PROJECT
from signup.ground.errors import NotFound
from signup.ground.i18n import DEFAULT

DOCS = PROJECT / "docs"
START = "quickstart"
TOPICS = {
    "overview": "funnel#the-funnel",
    "contact": "segments#who-can-be-emailed",
    "proof": "flows#proof",
    "unsubscribe": "flows#leaving",
    "segment": "segments#build-one",
    "import": "import#dry-run-import-undo",
    "export": "people#roles",
    "list": "quickstart#your-own-form",
    "form": "forms#edit",
    "form_texts": "forms#languages",
    "form_mail": "forms#emails",
    "form_snippet": "forms#where-to-use-it",
    "form_try": "embedding#manners",
    "form_test": "testing#try-a-form",
    "form_versions": "forms#versions",
    "form_funnel": "funnel#the-funnel",
    "enquir": "forms#messages-and-registrations",
    "magnet": "incentives#incentives",
    "codes": "incentives#discount-codes",
    "partner": "partners#wording-has-versions",
    "till": "kiosk#set-one-up",
    "till_report": "kiosk#the-report",
    "staff": "kiosk#what-happens-at-the-kiosk",
    "outbox": "flows#the-outbox",
    "protection": "abuse#for-operators",
    "allowance": "abuse#for-operators",
    "settings": "configuration#configuration",
    "operator": "people#inviting-someone",
    "account": "people#signing-in",
    "prove": "people#roles",
    "second_factor": "people#two-factor-authentication",
    "passkey": "people#two-factor-authentication",
    "recovery_codes": "people#two-factor-authentication",
    "trail": "people#audit-trail",
    "manual": "quickstart#quickstart",
}
"""By the beginning of an endpoint's name, the page and its heading; the longest beginning counts."""


class HelpPage(NamedTuple):
    """A page of the docs as markup, its language, its title and its headings' anchors."""

    language: str
    title: str
    markup: Markup
    anchors: tuple[str, ...]


def topic_of(endpoint: str) -> tuple[str, str]:
    """Page and anchor for an admin page; the start of the docs where nothing fits better."""
    fitting = [start for start in TOPICS if endpoint.startswith(start)]
    page, _hash, anchor = TOPICS.get(max(fitting, key=len, default=""), f"{START}#{START}").partition("#")
    return page, anchor


def manual(page: str) -> ResponseReturnValue:
    language = str(get_locale() or DEFAULT)
    others = [(name, read(name, language)) for name in names()]
    return render_template("admin/frame/help.html", page=page, found=read(page, language), others=others)


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The pages there are, the start first."""
    found = sorted(path.stem for path in DOCS.glob("*.md"))
    return tuple(sorted(found, key=lambda name: name != START))


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
    markup = markup.replace("<table>", '<div class="scroll" tabindex="0" role="region"><table>')
    markup = markup.replace("</table>", "</table></div>")
    title = headings(tokens)[0]
    return HelpPage(language, title, Markup(markup), anchors)  # noqa: S704  # our own docs, parsed without HTML


def headings(tokens: list[Token]) -> list[str]:
    """The texts of a page's headings; the first is its title."""
    return [inline.content for token, inline in pairwise(tokens) if token.type == "heading_open"]


def slug(heading: str) -> str:
    """A heading's anchor, as code hosts make them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _settle(token: Token) -> None:
    """Lead links between pages to here; what lies outside the docs is text."""
    if token.type in {"link_open", "image"}:
        target, _hash, anchor = str(token.attrGet("href") or "").partition("#")
        page = target.removeprefix("../").removesuffix(".md")
        if page in names():
            token.attrSet("href", url_for("admin.manual", page=page) + (f"#{anchor}" if anchor else ""))
        elif not target.startswith("https://"):
            token.attrs = {}
