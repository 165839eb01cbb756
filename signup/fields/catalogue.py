"""The options of a field as a list that may be nested: written as lines, indented, and found again by word or code."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from signup.fields.value import key_from, letters_of

MAX_ENTRIES = 5_000
MAX_LABEL = 200
CODE = re.compile(r"[A-Za-z0-9._:+-]{1,40}")
TAB = 4


class CatalogueEntry(NamedTuple):
    """One option: the code that is stored, the words shown for it, and the code it stands under."""

    value: str
    label: str
    parent: str = ""


class BadLine(ValueError):
    """A line that makes no entry. `line` is its number, `reason` is `entry`, `twice` or `many`."""

    def __init__(self, line: int, text: str, reason: str) -> None:
        super().__init__(f"{reason} in line {line}")
        self.line, self.text, self.reason = line, text[:60], reason


def parse(text: str) -> list[CatalogueEntry]:
    """Lines as entries: `code = Label`, or a label alone whose code is made from it; what is indented stands under the
    line above it. Raises `BadLine`.
    """
    found: dict[str, CatalogueEntry] = {}
    above: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        indent = len(line.expandtabs(TAB)) - len(line.expandtabs(TAB).lstrip())
        value, label = _halves(line.strip())
        if not CODE.fullmatch(value) or not 0 < len(label) <= MAX_LABEL or not label.isprintable():
            raise BadLine(number, line.strip(), "entry")
        if value in found:
            raise BadLine(number, line.strip(), "twice")
        if len(found) == MAX_ENTRIES:
            raise BadLine(number, line.strip(), "many")
        while above and above[-1][0] >= indent:
            above.pop()
        found[value] = CatalogueEntry(value, label, above[-1][1] if above else "")
        above.append((indent, value))
    return list(found.values())


def _halves(line: str) -> tuple[str, str]:
    value, equals, label = (part.strip() for part in line.partition("="))
    return (value, label) if equals else (code_for(line), line)


def code_for(label: str, taken: Iterable[str] = ()) -> str:
    """A code made from a label; of a label in another alphabet, a number that is free."""
    plain = key_from(label, separator="-") or f"u{sum(map(ord, label))}"
    tries = (plain, *(f"{plain[:36]}-{n}" for n in range(2, 1000)))
    return next(code for code in tries if code not in set(taken))


def to_text(entries: Iterable[CatalogueEntry]) -> str:
    """The lines that `parse` reads back as the same entries."""
    return "\n".join(f"{'  ' * depth}{entry.value} = {entry.label}" for entry, depth in nested(entries))


def nested(entries: Iterable[CatalogueEntry]) -> Iterator[tuple[CatalogueEntry, int]]:
    """Every entry with its depth, each below the one it stands under."""
    entries = list(entries)
    known = {entry.value for entry in entries}
    below: dict[str, list[CatalogueEntry]] = {}
    for entry in entries:
        below.setdefault(entry.parent if entry.parent in known else "", []).append(entry)
    stack = [(entry, 0) for entry in reversed(below.get("", []))]
    while stack:
        entry, depth = stack.pop()
        yield entry, depth
        stack += [(child, depth + 1) for child in reversed(below.get(entry.value, []))]


def search(entries: Iterable[CatalogueEntry], wanted: str) -> list[tuple[CatalogueEntry, int]]:
    """The entries whose code begins with `wanted` or whose label holds it, with what they stand under; all for none."""
    entries = list(entries)
    if not wanted.strip():
        return list(nested(entries))
    letters, by_code = letters_of(wanted), {entry.value: entry for entry in entries}
    shown: set[str] = set()
    for entry in entries:
        by_label = bool(letters) and letters in letters_of(entry.label)
        if by_label or entry.value.lower().startswith(wanted.strip().lower()):
            shown |= set(way_to(entry, by_code))
    return [(entry, depth) for entry, depth in nested(entries) if entry.value in shown]


def with_below(entries: Iterable[CatalogueEntry], values: Iterable[str]) -> list[str]:
    """These codes, and those of all entries that stand under them."""
    below: dict[str, list[str]] = {}
    for entry in entries:
        below.setdefault(entry.parent, []).append(entry.value)
    found = list(dict.fromkeys(values))
    for value in found:  # grows while it is walked
        found += [child for child in below.get(value, []) if child not in found]
    return found


def way_to(entry: CatalogueEntry, by_code: dict[str, CatalogueEntry]) -> list[str]:
    """The codes from the top down to an entry, itself the last."""
    way = [entry.value]
    while (parent := by_code[way[-1]].parent) in by_code and parent not in way:
        way.append(parent)
    return way[::-1]
