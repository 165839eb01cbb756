"""E-mail addresses: as typed, as mailed, as compared, and as throttled. Nothing here asks the network."""

import re
import unicodedata
from typing import NamedTuple

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from signup.errors import InvalidAddress

MAX_LENGTH = 254  # RFC 5321 section 4.5.3.1, with the angle brackets taken off
GMAIL = {"gmail.com", "googlemail.com"}

# What nearly all addresses look like, so that a million of them need no second look. Everything else – other signs,
# other alphabets, punycode, reserved domains – is for `parse` to judge.
_ORDINARY = re.compile(
    r"(?=.{3,254}\Z)(?P<local>(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)"
    r"@(?P<domain>(?:(?!xn--|..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?P<top>[a-z]{2,63}))\Z",
    re.IGNORECASE | re.ASCII,
)
_RESERVED = {name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES}


class Address(NamedTuple):
    """One address in the four shapes we need."""

    typed: str
    mailed: str
    """Normalised for sending: NFC, domain in lower case, internationalised names kept."""
    key: str
    """What makes two addresses the same contact: `mailed` in lower case."""
    canonical: str
    """For throttling only: sub-address and Gmail's dots cut, look-alikes folded. Mail never goes here."""

    @property
    def domain(self) -> str:
        return self.key.rpartition("@")[2]


def parse(typed: str) -> Address:
    """Read an address as people type it. Raises `InvalidAddress`."""
    text = typed.strip()
    if len(text) > MAX_LENGTH:
        raise InvalidAddress("too long")
    try:
        found = validate_email(text, check_deliverability=False)
    except (EmailNotValidError, UnicodeError) as error:
        raise InvalidAddress(str(error)) from None
    key = found.normalized.lower()
    return Address(text, found.normalized, key, _canonical(key))


def parse_many(typed: str) -> tuple[str, str]:
    """`mailed` and `key` of `parse`, several times faster for ordinary addresses. Raises `InvalidAddress`."""
    ordinary = _ORDINARY.match(text := typed.strip())
    if ordinary is None or ordinary["top"].lower() in _RESERVED:
        found = parse(text)
        return found.mailed, found.key
    return f"{ordinary['local']}@{ordinary['domain'].lower()}", text.lower()


def _canonical(key: str) -> str:
    local, _, domain = key.rpartition("@")
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


def canonical_mailbox(key: str) -> str:
    """The mailbox that an address reaches, as far as its look tells: a hint, and never where mail goes."""
    return _canonical(key)


def is_same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox by what the provider promises: Gmail delivers without regard to dots."""
    return one.rpartition("@")[2] in GMAIL and _without_dots(one) == _without_dots(other)


def _without_dots(key: str) -> str:
    local, _, domain = key.lower().rpartition("@")
    return f"{local.replace('.', '')}@{'gmail.com' if domain in GMAIL else domain}"


def mask(address: str) -> str:
    """`a•••@example.org`: enough for its owner to recognise, too little for anybody else."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
