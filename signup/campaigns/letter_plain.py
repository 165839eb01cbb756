"""The plain text of a letter, from the tokens of its Markdown.

Paragraphs have blank lines between them, list items their signs, and the address of a link stands after its words.
"""

from collections.abc import Sequence

from markdown_it.token import Token

RULE = "-" * 20


def plain_text(tokens: Sequence[Token]) -> str:
    """The text; the address of a link is what its token has in `meta` as `mark`."""
    writer = _Writer()
    for token in tokens:
        writer.take(token)
    return "\n".join(writer.lines).strip("\n")


class _Writer:
    """Writes line by line, and knows which lists and quotes it is in."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._numbers: list[int] = []
        """Of each open list the next number; 0: it has none."""
        self._lead, self._quotes = "", 0

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._write(_words(token.children or []))
        elif kind in {"fence", "code_block"}:
            self._write(token.content.rstrip("\n"))
            self.lines.append("")
        elif kind == "hr":
            self.lines += [RULE, ""]
        elif kind == "heading_close" or (kind == "paragraph_close" and not token.hidden):
            self.lines.append("")
        elif kind in {"blockquote_open", "blockquote_close"}:
            self._quotes += token.nesting
        else:
            self._take_list(token)

    def _take_list(self, token: Token) -> None:
        if token.type in {"ordered_list_open", "bullet_list_open"}:
            self._numbers.append(int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else 0)
        elif token.type in {"ordered_list_close", "bullet_list_close"}:
            self._numbers.pop()
            if not self._numbers:
                self.lines.append("")
        elif token.type == "list_item_open":
            number = self._numbers[-1]
            self._lead = "  " * (len(self._numbers) - 1) + (f"{number}. " if number else "- ")
            self._numbers[-1] += 1 if number else 0

    def _write(self, words: str) -> None:
        before = "> " * self._quotes
        for line in words.split("\n"):
            self.lines.append(before + self._lead + line)
            self._lead = " " * len(self._lead)
        self._lead = ""


def _words(children: Sequence[Token]) -> str:
    words: list[str] = []
    targets: list[str] = []
    for token in children:
        if token.type == "link_open":
            targets.append("" if token.meta.get("is_quiet") else token.meta["mark"])
        elif token.type == "link_close":
            target = targets.pop()
            words.append(f": {target}" if target else "")
        elif token.type in {"softbreak", "hardbreak"}:
            words.append("\n")
        elif token.type == "image":
            words.append(f"[{token.content}]" if token.content else "")
        else:
            words.append(token.content)
    return "".join(words)
