"""Help: the pages of docs/ inside the admin, without a network, and which part of them belongs to which page."""

import re
from functools import lru_cache
from typing import NamedTuple

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from signup.ground.config import PROJECT
from signup.ground.errors import NotFound

DOCS = PROJECT / "docs"
START = "quickstart"
TOPICS = {
    "overview": "funnel#the-funnel",
    "contact": "segments#who-may-be-mailed",
    "proof": "flows#proof",
    "unsubscribe": "flows#leaving",
    "segment": "segments#build-one",
    "import": "import#dry-run-import-undo",
    "export": "people#roles",
    "list": "quickstart#your-own-form",
    "form": "forms#edit",
    "form_texts": "forms#languages",
    "form_mail": "forms#mails",
    "form_snippet": "forms#where-to-use-it",
    "form_try": "embedding#manners",
    "form_test": "testing#try-a-form",
    "form_versions": "forms#versions",
    "form_funnel": "funnel#the-funnel",
    "enquir": "forms#messages-and-registrations",
    "magnet": "incentives#incentives",
    "codes": "incentives#discount-codes",
    "partner": "partners#words-have-versions",
    "till": "kiosk#set-one-up",
    "till_report": "kiosk#the-report",
    "staff": "kiosk#what-happens-at-the-till",
    "outbox": "flows#the-outbox",
    "protection": "abuse#for-operators",
    "allowance": "abuse#for-operators",
    "settings": "configuration#configuration",
    "operator": "people#inviting-somebody",
    "account": "people#signing-in",
    "prove": "people#roles",
    "second_factor": "people#second-factor",
    "passkey": "people#second-factor",
    "recovery_codes": "people#second-factor",
    "trail": "people#audit-trail",
    "manual": "quickstart#quickstart",
}
"""By the beginning of an endpoint's name, the page and its heading; the longest beginning counts."""


class HelpPage(NamedTuple):
    """A page of the docs as markup, its title and its headings' anchors."""

    title: str
    markup: Markup
    anchors: tuple[str, ...]


def topic_of(endpoint: str) -> tuple[str, str]:
    """Page and anchor for an admin page; the start of the docs where nothing fits better."""
    fitting = [start for start in TOPICS if endpoint.startswith(start)]
    page, _hash, anchor = TOPICS.get(max(fitting, key=len, default=""), f"{START}#{START}").partition("#")
    return page, anchor


def manual(page: str) -> ResponseReturnValue:
    found = read(page)
    others = [(name, read(name).title) for name in names()]
    return render_template("admin/frame/help.html", page=page, found=found, others=others)


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The pages there are, the start first."""
    found = sorted(path.stem for path in DOCS.glob("*.md"))
    return tuple(sorted(found, key=lambda name: name != START))


@lru_cache(maxsize=64)
def read(name: str) -> HelpPage:
    """A page by its name. Raises `NotFound`; needs a request, for the addresses of its neighbours."""
    if name not in names():
        raise NotFound(f"help {name[:40]!r}")
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse((DOCS / f"{name}.md").read_text())
    anchors, title = [], name
    for token, inline in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and inline is not None:
            anchors.append(slug(inline.content))
            token.attrSet("id", anchors[-1])
            if token.tag == "h1":
                title = inline.content
        for child in token.children or ():
            _settle(child)
    markup = str(parser.renderer.render(tokens, parser.options, {}))
    # What is too wide scrolls in its own box, and a keyboard reaches it.
    markup = markup.replace("<pre>", '<pre tabindex="0">')
    markup = markup.replace("<table>", '<div class="scroll" tabindex="0" role="region"><table>')
    markup = markup.replace("</table>", "</table></div>")
    return HelpPage(title, Markup(markup), tuple(anchors))  # noqa: S704  # our own docs, parsed without HTML


def slug(heading: str) -> str:
    """A heading's anchor, as code hosts make them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def _settle(token: Token) -> None:
    """Lead links between pages to here; what lies outside the docs is text."""
    if token.type in {"link_open", "image"}:
        target, _hash, anchor = str(token.attrGet("href") or "").partition("#")
        page = target.removesuffix(".md")
        if page in names():
            token.attrSet("href", url_for("admin.manual", page=page) + (f"#{anchor}" if anchor else ""))
        elif not target.startswith("https://"):
            token.attrs = {}
