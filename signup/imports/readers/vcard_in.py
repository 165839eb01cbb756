"""vCards (versions 2.1, 3.0 and RFC 6350) as rows of a table: the properties that a contact has use for.

Our own reader, for libraries refuse a whole file where one card breaks a rule; here a card is lost only when no line of
it can be read.
"""

import base64
import quopri
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from signup.addresses.written_address import look_alikes, unwrapped

COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "name",
    "organisation",
    "title",
    "phone",
    "locality",
    "note",
    "more_emails",
)
_PART = re.compile(r"((?:\\.|[^\\;])*)(?:;|\Z|\\\Z)", re.DOTALL)
_UNESCAPE = re.compile(r"\\(.)", re.DOTALL)
_EDGE = re.compile(r"\s*(BEGIN|END)\s*:\s*VCARD\s*\Z", re.IGNORECASE)
# A colon inside a quoted parameter does not end the parameters (RFC 6350 section 3.3); an open quote is a stray sign.
_HEAD = re.compile(r'((?:[^":]|"[^"]*")*):(.*)\Z', re.DOTALL)
_PARAMETER = re.compile(r';((?:[^";]|"[^"]*")*)')
MAX_HEAD = 1_000
NOT_PREFERRED = 101  # PREF goes from 1 to 100 (RFC 6350 section 5.3)


class Property(NamedTuple):
    """One property: its name in capitals, its value decoded, and how much it is preferred, 1 the most."""

    name: str
    value: str
    rank: int


def cards(lines: Iterable[str]) -> Iterator[tuple[int, list[str], str]]:
    """Each card's first line, its cells in the order of `COLUMNS`, and its text. What is between cards is skipped. A
    card without its END ends where the next one begins.
    """
    start, depth, text, found = 0, 0, list[str](), list[Property]()
    for number, line in _unfolded(lines):
        edge = _EDGE.match(line)
        is_begin = edge is not None and edge[1].upper() == "BEGIN"
        if is_begin and start and found and found[-1].name == "AGENT" and not found[-1].value:
            depth += 1  # the card of somebody else, inside this one (vCard 2.1)
        elif edge and depth:
            depth += 1 if is_begin else -1
        elif edge:
            if start and (found or not is_begin):
                yield start, _cells(found), "\n".join(text)
            start, text, found = number if is_begin else 0, [], []
        elif start:
            text.append(line)
            if not depth and (one := _property(line)):
                found.append(one)
    if start and found:
        yield start, _cells(found), "\n".join(text)


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first: a blank, or quoted-printable's `=`, carries a line on. A card that
    is indented as a whole is read without its indent.
    """
    start, text, indent = 0, "", ""
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        if _EDGE.match(line):
            indent = line[: len(line) - len(line.lstrip())]
        line = line.removeprefix(indent)
        if text.endswith("=") and _is_quoted_printable(text) and not _EDGE.match(line):
            text = f"{text[:-1]}{line}"
        elif text and line[:1] in {" ", "\t"}:
            text += line[1:]
        else:
            if text:
                yield start, text
            start, text = number, line
    if text:
        yield start, text


def _is_quoted_printable(text: str) -> bool:
    return "QUOTED-PRINTABLE" in text[:MAX_HEAD].partition(":")[0].upper()


def _property(line: str) -> Property | None:
    found = _HEAD.match(line)
    head, value = (found[1], found[2]) if found else line.partition(":")[::2]
    name = head.partition(";")[0].rpartition(".")[2].strip().upper()  # item1.EMAIL
    params = [param.strip().upper().replace('"', "") for param in _PARAMETER.findall(head)]
    return Property(name, _decoded(value, params), _rank(params)) if name else None


def _rank(params: list[str]) -> int:
    for param in params:
        name, _sign, value = param.partition("=")
        if name == "PREF":
            return int(value) if value.isdecimal() and value.isascii() else 1
        if name == "TYPE" and "PREF" in value.split(","):
            return 1
    return NOT_PREFERRED


def _decoded(value: str, params: list[str]) -> str:
    charset = next((param.partition("=")[2] for param in params if param.startswith("CHARSET=")), "utf-8")
    try:
        if any("QUOTED-PRINTABLE" in param for param in params):
            return quopri.decodestring(value.encode()).decode(charset, "replace")
        if {"ENCODING=B", "ENCODING=BASE64", "BASE64"}.intersection(params):
            return base64.b64decode(value).decode(charset, "replace")
    except (LookupError, ValueError):
        return value
    return value


def _cells(properties: list[Property]) -> list[str]:
    """The cells of a card: the preferred address and telephone, and the other addresses in a cell of their own."""
    found: dict[str, str] = {}
    ranked = sorted(properties, key=lambda one: one.rank)
    for one in ranked:
        _take(found, one.name, one.value)
    addresses = [address for one in ranked if one.name == "EMAIL" for address in _addresses(one.value)]
    if addresses:
        others = {address.lower(): address for address in addresses if address.lower() != addresses[0].lower()}
        found |= {"email": addresses[0], "more_emails": ", ".join(others.values())}
    return [found.get(column, "") for column in COLUMNS]


def _addresses(value: str) -> list[str]:
    text = _plain(value)
    several = look_alikes(text)
    return [unwrapped(one).address for one in (several if len(several) > 1 else [text]) if one]


def _take(found: dict[str, str], word: str, value: str) -> None:
    if word == "N":
        last, first, *_rest = [*_parts(value), "", ""]
        found.setdefault("last_name", last)
        found.setdefault("first_name", first)
    elif word == "ADR":
        found.setdefault("locality", (_parts(value) + [""] * 7)[3])
    elif word == "TEL":
        found.setdefault("phone", re.sub(r"(?i)\Atel:|;(?:ext|phone-context)=.*", "", _plain(value)))
    elif column := {"FN": "name", "ORG": "organisation", "TITLE": "title", "NOTE": "note"}.get(word):
        found.setdefault(column, " ".join(filter(None, _parts(value))) if word == "ORG" else _plain(value))


def _parts(value: str) -> list[str]:
    return [_plain(part) for part in _PART.findall(value)[:-1]]  # the last match is the empty end


def _plain(value: str) -> str:
    return _UNESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
