"""Reads delivery status reports (RFC 3464, RFC 6533): one entry for each recipient."""

import re
from typing import NamedTuple
from urllib.parse import unquote

from signup.bounces.find_address import ADDRESS, cleaned
from signup.bounces.find_reason import ENHANCED
from signup.bounces.mail_parts import fields_of

MAX_RECIPIENTS = 100
_COMMENT = re.compile(r"\([^()]{0,400}\)")
_UTF8 = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


class StatusEntry(NamedTuple):
    """What a report says of one recipient."""

    address: str
    """Empty where it is no internet address, as with X.400."""
    other_address: str
    """The final address, where the mail was forwarded."""
    action: str
    status: str
    diagnosis: str


def read_status(text: str) -> list[StatusEntry]:
    """The recipients of a report's text, in order."""
    entries = []
    for block in fields_of(text):
        final, original = (_address(block, name) for name in ("final-recipient", "original-recipient"))
        if not final and not original:
            final = _address(block, "x-actual-recipient")
        action = _word(_first(block, "action"))
        if not (action or final or original):
            continue
        diagnosis = " ".join(
            value.partition(";")[2] or value
            for name in ("diagnostic-code", "x-display-text", "x-mimesweeper", "x-notes", "x-supplementary-info")
            for value in block.get(name, ())
        )
        status = ENHANCED.search(_first(block, "status"))
        entries.append(StatusEntry(original or final, final, action, status.group() if status else "", diagnosis))
    return entries[:MAX_RECIPIENTS]


def _first(block: dict[str, list[str]], name: str) -> str:
    return next(iter(block.get(name, ())), "")


def _word(value: str) -> str:
    words = _COMMENT.sub(" ", value).replace(";", " ").split()
    return words[0].lower() if words else ""


def _address(block: dict[str, list[str]], name: str) -> str:
    value = _first(block, name)
    kind, has_kind, rest = value.partition(";")
    text = (rest if has_kind else value).strip()
    if kind.strip().lower() == "utf-8":
        text = _UTF8.sub(lambda found: chr(min(int(found.group(1), 16), 0x10FFFF)), unquote(text))
    if "=40" in text and "@" not in text:
        text = text.replace("=40", "@")
    found = ADDRESS.search(text)
    if found:
        return cleaned(found.group())
    bare = cleaned(text.split()[0]) if text.split() else ""
    return bare if bare.count("@") == 1 and not bare.startswith("@") else ""
