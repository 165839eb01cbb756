"""Finds why a mail came back: by the words of the mail servers, then by the enhanced status code (RFC 3463)."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from signup.bounces.bounce_class import CLASS_OF, BounceClass, Reason

PATTERNS = Path(__file__).with_name("reason_patterns.toml")
MAX_TEXT = 1_500
ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"(?<![\d.#])([45]\d\d)(?=[ -](?:\d\.\d|[a-z<#\"'(\[]))", re.IGNORECASE)
_WEAK = "weak-user-unknown"
_OTHER_NAMES = {"no-such-host": Reason.HOST_UNKNOWN, "account-blocked": Reason.SUSPENDED, "group-closed": Reason.POLICY}
_SPACES = re.compile(r"\s+")
_ADDRESS = re.compile(r"[^\s<>@\"'()\[\]:;,]{1,64}@[a-z0-9._-]{1,190}")
_LINK = re.compile(r"https?://\S+")
_BEFORE_RECIPIENT = re.compile(
    r"(after|in reply to|in response to|during|response to) (the )?(pipelined )?"
    r"(mail from|mail command|sending mail|helo|ehlo|lhlo|initial connection|connect(ion|ing)?\b)|\[mail_from\]"
)
"""The step of SMTP at which a server said no. Before it heard the recipient, it can only have meant us."""
_WRAPPER = re.compile(r"unknown address error (?=[\d-]{3,4}['\"]?)")
"""What some servers put before every reply, whatever it says."""
_BY_STATUS = {
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.HOST_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.4": Reason.USER_UNKNOWN,
    "1.6": Reason.MOVED,
    "1.7": Reason.OWN_SENDER,
    "1.8": Reason.OWN_SENDER,
    "1.10": Reason.HOST_UNKNOWN,
    "2.1": Reason.SUSPENDED,
    "2.2": Reason.FULL,
    "2.3": Reason.TOO_BIG,
    "3.1": Reason.FULL,
    "3.4": Reason.TOO_BIG,
    "4.7": Reason.EXPIRED,
}
"""The codes that say one thing only; a 4.x.x never tells of an address that is gone."""
_BY_SUBJECT = {"3": Reason.SYSTEM, "4": Reason.NETWORK, "6": Reason.POLICY, "7": Reason.POLICY}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    read = tomllib.loads(PATTERNS.read_text(encoding="utf-8"))
    return {name: re.compile("|".join(part["patterns"])) for name, part in read.items() if isinstance(part, dict)}


def plain(text: str) -> str:
    """Text as patterns want it: one form, lower case, single spaces, and no addresses or links that hold words."""
    shortened = _SPACES.sub(" ", unicodedata.normalize("NFKC", text[: MAX_TEXT * 2])).lower()[:MAX_TEXT]
    return _WRAPPER.sub("", _ADDRESS.sub("<@>", _LINK.sub("", shortened)))


def status_in(text: str) -> str:
    """The enhanced status code that a text names, else its reply code, else nothing."""
    short = text[:MAX_TEXT]
    if found := next((one for one in ENHANCED.finditer(short) if one.group(1) != "2"), None):
        return found.group()
    reply = REPLY.search(short)
    return reply.group(1) if reply else ""


def reason_of(texts: Iterable[str], status: str = "") -> Reason:
    """Why a mail came back, by texts from the surest to the vaguest, and the status that the report names."""
    given = [plain(text) for text in texts if text.strip()]
    codes = [status, *(status_in(text) for text in given[:2])]
    code = next((one for one in codes if _by_code(one)), "")
    for text in given:
        if found := _by_words(text):
            said = status_in(text)  # what the server itself says is surer than the report's own field
            return _of_step(_agreed(found, said if "." in said else code), text)
    if found := _by_code(code):
        return found
    by_class = next((found for one in codes if (found := _by_class(one))), None)
    if by_class not in {Reason.POLICY, Reason.SYSTEM} and (weak := _weak(given)):
        return Reason.TEMPORARY if _is_temporary(codes) else _of_step(Reason.USER_UNKNOWN, weak)
    return by_class or Reason.UNDEFINED


def _weak(given: list[str]) -> str:
    return next((text for text in given if _patterns()[_WEAK].search(text)), "")


def _of_step(found: Reason, text: str) -> Reason:
    """A server that says no before it hears the recipient does not know that there is no such one."""
    is_hard = CLASS_OF[found] == BounceClass.HARD
    return Reason.OWN_SENDER if is_hard and _BEFORE_RECIPIENT.search(text) else found


def _by_words(text: str) -> Reason | None:
    names = (name for name, words in _patterns().items() if name != _WEAK and words.search(text))
    return next((_OTHER_NAMES.get(name) or Reason(name) for name in names), None)


def _agreed(found: Reason, code: str) -> Reason:
    """Words that only say that something was refused give way to a code that says what."""
    vague = {Reason.POLICY, Reason.RELAY, Reason.EXPIRED, Reason.NETWORK, Reason.SYSTEM, Reason.BLOCKED}
    by_code = _by_code(code)
    return by_code if found in vague and by_code in {Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.FULL} else found


def _by_code(code: str) -> Reason | None:
    if not code or code[0] == "2":
        return None
    found = _BY_STATUS.get(code[2:]) if "." in code else None
    is_final = found in {Reason.USER_UNKNOWN, Reason.HOST_UNKNOWN, Reason.MOVED, Reason.SUSPENDED, Reason.OWN_SENDER}
    return Reason.TEMPORARY if code[0] == "4" and is_final else found


def _by_class(code: str) -> Reason | None:
    if "." in code:
        return _BY_SUBJECT.get(code.split(".")[1])
    return Reason.TEMPORARY if code.startswith("4") else None


def _is_temporary(codes: list[str]) -> bool:
    return any(code.startswith("4") for code in codes)
