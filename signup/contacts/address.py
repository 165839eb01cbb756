"""E-mail addresses: as typed, as mailed, as compared, and as throttled. Nothing here asks the network."""

import re
import unicodedata
from typing import NamedTuple

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from signup.contacts.mailbox_alias import one_mailbox
from signup.errors import InvalidAddress

MAX_LENGTH = 254  # RFC 5321 section 4.5.3.1, with the angle brackets taken off
GMAIL = {"gmail.com", "googlemail.com"}
TEST = "test:"
"""Before the key of a test's address. No address begins so: a colon would have to stand in quotes (RFC 5321)."""

# What nearly all addresses look like: they need no second look. Everything else – other signs, other alphabets,
# punycode, reserved domains – is for the validator to judge.
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

    @property
    def canonical(self) -> str:
        """For throttling only: spellings that reach one mailbox are one, look-alikes folded. Mail never goes here."""
        return one_mailbox(canonical_mailbox(mailbox_key(self.key)))

    @property
    def domain(self) -> str:
        return self.key.rpartition("@")[2]

    @property
    def is_test(self) -> bool:
        return self.key.startswith(TEST)

    def as_test(self) -> "Address":
        """The same mailbox for a test: a contact of its own beside the person's. Raises `InvalidAddress`."""
        if len(self.key) > MAX_LENGTH - len(TEST):
            raise InvalidAddress("too long for a test")
        return self._replace(key=TEST + self.key)


def parse(typed: str) -> Address:
    """Read an address as people type it. Raises `InvalidAddress`."""
    text = typed.strip()
    ordinary = _ORDINARY.match(text)
    if ordinary and ordinary["top"].lower() not in _RESERVED:
        return Address(text, f"{ordinary['local']}@{ordinary['domain'].lower()}", text.lower())
    mailed = validated(text)
    return Address(text, mailed, mailed.lower())


def validated(text: str) -> str:
    """The address as it is mailed, by email-validator's rules alone. Raises `InvalidAddress`."""
    if len(text) > MAX_LENGTH:
        raise InvalidAddress("too long")
    try:
        return validate_email(text, check_deliverability=False).normalized
    except (EmailNotValidError, UnicodeError) as error:
        raise InvalidAddress(str(error)) from None


def canonical_mailbox(key: str) -> str:
    """The mailbox that an address reaches, as far as its look tells: a hint, and never where mail goes."""
    local, _, domain = key.rpartition("@")
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


def mailbox_key(key: str) -> str:
    """The key of the mailbox that a contact's mail goes to: a test shares it with the person, and their stop list."""
    return key.removeprefix(TEST)


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
