"""A product in a letter: a fenced block of the kind `product` with a line for each part.

It becomes what its parts would be as Markdown – a picture, a heading, a price, words, a button – in a table of two
cells, which Word draws too. So links are counted and the plain text is made as everywhere else.
"""

from collections.abc import Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

KIND = "product"
PARTS = ("picture", "alt", "name", "price", "text", "button", "link")
PICTURE_WIDTH = 160
BUTTON = "button"


class ProductTable(NamedTuple):
    """The HTML around the two halves of a product; `begin_alone` where it has no picture."""

    begin: str
    begin_alone: str
    middle: str
    end: str


class Product(NamedTuple):
    """What a block says, by part, and what in it is wrong: a code, and the line that it is about."""

    parts: dict[str, str]
    wrong: list[tuple[str, str]]


def read_product(content: str) -> Product:
    """Read `part: words` line by line; an indented line goes on with the part before it."""
    parts: dict[str, str] = {}
    wrong: list[tuple[str, str]] = []
    last = ""
    for line in content.splitlines():
        name, colon, words = line.partition(":")
        if line[:1].isspace() and last and line.strip():
            parts[last] += f"\n{line.strip()}"
        elif colon and name.strip().lower() in PARTS:
            last = name.strip().lower()
            parts[last] = words.strip()
        elif line.strip():
            wrong.append(("unknown-part", line.strip()[:80]))
    if not parts.get("name"):
        wrong.append(("no-name", ""))
    if bool(parts.get("button")) != bool(parts.get("link")):
        wrong.append(("half-button", parts.get("name", "")))
    return Product(parts, wrong)


def is_product(token: Token) -> bool:
    """Whether a token of Markdown is a product's block."""
    return token.type == "fence" and token.info.strip().lower() == KIND


def tokens_of(product: Product, table: ProductTable, markdown: MarkdownIt) -> Iterator[Token]:
    """The block as the tokens of its parts."""
    of = _Writer(product.parts, markdown)
    if of.has("picture"):
        yield _html(table.begin)
        yield from of.paragraph(of.linked([of.image()], is_quiet=of.has("button")))
        yield _html(table.middle)
    else:
        yield _html(table.begin_alone)
    yield from of.heading(of.linked(of.words("name"), is_quiet=of.has("button")))
    if of.has("price"):
        yield from of.paragraph(
            [Token("strong_open", "strong", 1), *of.words("price"), Token("strong_close", "strong", -1)]
        )
    if of.has("text"):
        yield from of.paragraph(of.words("text"))
    if of.has("button") and of.has("link"):
        yield from of.paragraph(of.linked(of.words("button"), title=BUTTON))
    yield _html(table.end)


def _html(content: str) -> Token:
    token = Token("html_block", "", 0)
    token.content = content + "\n"
    return token


class _Writer:
    """Makes the tokens of one product's parts."""

    def __init__(self, parts: dict[str, str], markdown: MarkdownIt) -> None:
        self._parts, self._markdown = parts, markdown

    def has(self, part: str) -> bool:
        return bool(self._parts.get(part))

    def words(self, part: str) -> list[Token]:
        parsed = self._markdown.parseInline(self._parts.get(part, ""))
        return list(parsed[0].children or []) if parsed else []

    def image(self) -> Token:
        token = Token("image", "img", 0, {"src": self._address("picture"), "alt": ""})
        token.content = self._parts.get("alt") or self._parts.get("name", "")
        words = Token("text", "", 0)
        words.content = token.content
        token.children, token.meta = [words], {"width": PICTURE_WIDTH}
        return token

    def linked(self, children: list[Token], title: str = "", *, is_quiet: bool = False) -> list[Token]:
        """As a link to the product; a link of the operator's own in the words stays the only one.

        The plain text does not spell out the address of a quiet one: it stands at the button.
        """
        if not self.has("link") or any(child.type == "link_open" for child in children):
            return children
        attributes: dict[str, str | int | float] = {"href": self._address("link")}
        if title:
            attributes["title"] = title
        opening = Token("link_open", "a", 1, attributes, meta={"is_quiet": is_quiet})
        return [opening, *children, Token("link_close", "a", -1)]

    def paragraph(self, children: list[Token]) -> Iterator[Token]:
        yield from self._block("paragraph", "p", children)

    def heading(self, children: list[Token]) -> Iterator[Token]:
        yield from self._block("heading", "h3", children)

    def _block(self, kind: str, tag: str, children: list[Token]) -> Iterator[Token]:
        inline = Token("inline", "", 0)
        inline.children = children
        yield Token(f"{kind}_open", tag, 1, block=True, meta={"is_first": True})
        yield inline
        yield Token(f"{kind}_close", tag, -1, block=True)

    def _address(self, part: str) -> str:
        url = self._markdown.normalizeLink(self._parts[part])
        return url if self._markdown.validateLink(url) else ""
