"""The shared corpora of hostile texts, where they lie beside the checkout. Every door's fields are tried with them."""

import json
import random
from html.parser import HTMLParser
from pathlib import Path

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
MAX_LINE = 2_000


def naughty() -> list[str]:
    """The Big List of Naughty Strings."""
    found: list[str] = json.loads((CORPORA / "blns" / "blns.json").read_text())
    return found


def everything() -> list[str]:
    """Each distinct line of every list that is meant for input fields."""
    lines = dict.fromkeys(naughty())
    for folder in (
        "csv-injection-payloadbox",
        "payloads-all-the-things/XSS Injection",
        "payloads-all-the-things/CRLF Injection",
        "payloads-all-the-things/CSV Injection",
        "payloads-all-the-things/Server Side Template Injection",
        "payloads-all-the-things/Open Redirect",
        "fuzzdb",
    ):
        for path in sorted((CORPORA / folder).rglob("*")):
            if path.is_file() and path.suffix in {".txt", ".csv", ".fuzz", ".md"} and path.stat().st_size < 400_000:
                text = path.read_bytes().decode("utf-8", "replace")
                lines |= dict.fromkeys(line for line in text.splitlines() if line.strip() and len(line) < MAX_LINE)
    return list(lines)


def sample(size: int) -> list[str]:
    """The same `size` of them each time."""
    found = everything()
    random.Random(7).shuffle(found)
    return found[:size]


class _Shape(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(sorted(name for name, _value in attrs))))


def shape(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page with the names of their attributes: what a hostile text must not change."""
    parser = _Shape()
    parser.feed(page)
    parser.close()
    return parser.found
