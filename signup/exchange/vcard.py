"""vCards (versions 2.1, 3.0, RFC 6350) as rows of a table: the properties that a contact has use for."""

import quopri
import re
from collections.abc import Iterable, Iterator

COLUMNS = ("email", "first_name", "last_name", "name", "organisation", "title", "phone", "locality", "note")
_PART = re.compile(r"((?:\\.|[^\\;])*)(?:;|\Z|\\\Z)", re.DOTALL)
_UNESCAPE = re.compile(r"\\(.)", re.DOTALL)


def cards(lines: Iterable[str]) -> Iterator[tuple[int, list[str], str]]:
    """Each card's first line, its cells in the order of `COLUMNS`, and its text. What is between cards is skipped."""
    start, found, text = 0, dict[str, str](), list[str]()
    for number, line in _unfolded(lines):
        name, _, value = line.partition(":")
        word, *params = name.upper().split(";")
        word = word.rpartition(".")[2]  # item1.EMAIL
        if word == "BEGIN":
            start, found, text = number, {}, []
        elif word == "END" and start:
            yield start, [found.get(column, "") for column in COLUMNS], "\n".join(text)
            start = 0
        elif start:
            text.append(line)
            _take(found, word, _decoded(value, params))


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first: a blank, or quoted-printable's `=`, carries a line on."""
    start, text = 0, ""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if text and line[:1] in {" ", "\t"}:
            text += line[1:]
        elif text.endswith("=") and "QUOTED-PRINTABLE" in text.upper().partition(":")[0]:
            text = f"{text[:-1]}{line}"
        else:
            if text:
                yield start, text
            start, text = number, line
    if text:
        yield start, text


def _decoded(value: str, params: list[str]) -> str:
    if any("QUOTED-PRINTABLE" in param for param in params):
        charset = next((param.partition("=")[2] for param in params if param.startswith("CHARSET=")), "utf-8")
        try:
            return quopri.decodestring(value.encode()).decode(charset, "replace")
        except LookupError:
            return value
    return value


def _take(found: dict[str, str], word: str, value: str) -> None:
    if word == "N":
        last, first, *_rest = [*_parts(value), "", ""]
        found |= {"last_name": last, "first_name": first}
    elif word == "ADR":
        found.setdefault("locality", (_parts(value) + [""] * 7)[3])
    elif word == "EMAIL":
        found.setdefault("email", _plain(value).removeprefix("mailto:"))
    elif word == "TEL":
        found.setdefault("phone", _plain(value).removeprefix("tel:"))
    elif column := {"FN": "name", "ORG": "organisation", "TITLE": "title", "NOTE": "note"}.get(word):
        found.setdefault(column, " ".join(filter(None, _parts(value))) if word == "ORG" else _plain(value))


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in _PART.findall(value)[:-1]]  # the last match is the empty end


def _plain(value: str) -> str:
    return _UNESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
