"""Finds an address in what people and programs write around it: `Ada <ada@example.org>`, `mailto:`, quotes.

Only what can be taken off without a doubt is taken off. Whether the rest is an address is judged in `address`.
"""

import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

MAX_WRITTEN = 1_000
ROUNDS = 8
"""How many wrappings inside each other are taken off: `"'<mailto:ada@example.org>'",` has four."""
# Unseen signs that a script needs inside a word (RFC 5892 appendix A.1 and A.2); at an end they mean nothing.
_JOINERS = "\u200c\u200d"
# Letters and marks that show nothing: fillers and variation selectors (Unicode's Default_Ignorable_Code_Point).
_IGNORED = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
_QUOTES = {"'": "'", '"': '"', "“": "”", "„": "“", "”": "”", "«": "»", "»": "«", "‘": "’", "’": "’", "`": "`", "<": ">"}
_APOSTROPHES = str.maketrans("‘’\u02bc\uff07", "'" * 4)
_TWO_LETTERS = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l"})
_SCHEME = re.compile(r"(?:mailto|smtp)\s*:\s*(?://)?", re.IGNORECASE)  # smtp: is how directories of Exchange write it
_IN_BRACKETS = re.compile(r"(?P<name>[^<>\[\]]*)(?:<(?P<angle>[^<>]*@[^<>]*)>|\[(?P<square>[^\[\]]*@[^\[\]]*)\])\Z")
_COMMENT = re.compile(r"\A\([^()@]*\)\s*(?=\S)|(?<=\S)\s*\([^()@]*\)\Z")
_TRAILING = re.compile(r"(?<![,;.:\s])\s*[,;.]\Z")
_LOOKS = re.compile(r"[^\s@<>()\[\],;:|/\"“”„«»]+@[^\s@<>()\[\],;:|/\"“”„«»]+")


class WrittenAddress(NamedTuple):
    """An address, and the name that stood beside it. Either may be empty."""

    address: str
    name: str = ""


def unwrapped(text: str) -> WrittenAddress:
    """The address in `text` without what stands around it. Takes linear time; longer texts than `MAX_WRITTEN` stay as
    they are.
    """
    bare, name = without_unseen(text), ""
    if len(bare) > MAX_WRITTEN:
        return WrittenAddress(bare)
    for _round in range(ROUNDS):
        less, beside = _without_one(bare)
        name = name or beside
        if less == bare:
            break
        bare = less
    local, at, domain = bare.rpartition("@")
    return WrittenAddress(f"{local.translate(_APOSTROPHES)}{at}{domain}", _as_name(name))


def _without_one(text: str) -> tuple[str, str]:
    """`text` without its outermost wrapping, and the name in that wrapping."""
    text = text.strip().strip(_JOINERS)
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        return text[1:-1], ""
    if scheme := _SCHEME.match(text):
        return unquote(text[scheme.end() :].partition("?")[0]), ""
    if found := _IN_BRACKETS.match(text):
        inside = found["angle"] or found["square"]
        # Another address as the name of this one: nobody can say which of the two is meant.
        return (text, "") if _others(found["name"], inside) else (inside, found["name"])
    if comment := _COMMENT.search(text):
        return text[: comment.start()] + text[comment.end() :], ""  # `(privat)` is as often no name as it is one
    if text.startswith("(") and text.endswith(")"):
        return text[1:-1], ""
    return _TRAILING.sub("", text), ""


def _others(name: str, inside: str) -> bool:
    known = unwrapped(inside).address.lower()
    return any(one.lower() != known for one in look_alikes(name))


def _as_name(text: str) -> str:
    name = " ".join(text.strip().split())
    if len(name) > 1 and _QUOTES.get(name[0]) == name[-1]:
        name = name[1:-1].replace('\\"', '"').strip()
    return "" if "@" in name else name.rstrip(",;:").strip()


def without_unseen(text: str) -> str:
    """`text` without invisible characters – marks of direction, soft hyphens, spaces without a width – and without
    spaces at its ends. Programs leave them; no address holds one.
    """
    if text.isascii():
        return text.strip()
    kept = (char for char in text if char in _JOINERS or unicodedata.category(char) != "Cf")
    return _IGNORED.sub("", "".join(kept)).strip().strip(_JOINERS).strip()


def look_alikes(text: str) -> list[str]:
    """Everything in `text` that looks like an address, in order, repeated ones too."""
    return [one.strip("'‘’`.") for one in _LOOKS.findall(without_unseen(text)[: 2 * MAX_WRITTEN])]


def unaccented(local: str) -> str:
    """`local` with plain letters for accented ones, as the mailbox's owner had to write them."""
    plain = unicodedata.normalize("NFKD", local.translate(_TWO_LETTERS))
    return "".join(char for char in plain if not unicodedata.combining(char))
