"""An email address as typed, as mailed, as compared and as limited. Nothing here asks the network."""

import re
import unicodedata
from contextlib import suppress
from typing import NamedTuple

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email

from signup.addresses.mailbox_alias import one_mailbox
from signup.addresses.written_address import look_alikes, unwrapped
from signup.ground.errors import InvalidAddress, SeveralAddresses

MAX_LENGTH = 254  # octets: RFC 5321 section 4.5.3.1, with the angle brackets taken off
MAX_LOCAL = 64  # octets, in UTF-8: RFC 5321 section 4.5.3.1.1 and RFC 6531 section 3.3
GMAIL = {"gmail.com", "googlemail.com"}
TEST = "test:"
"""Begins the key of a test's address. No address begins so: it would have to quote the colon (RFC 5321)."""

# What nearly all addresses look like: they need no second look. Everything else – other signs, other alphabets,
# punycode, reserved domains – is for the validator to judge.
_ORDINARY = re.compile(
    r"(?=.{3,254}\Z)(?P<local>(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)"
    r"@(?P<domain>(?:(?!xn--|..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?P<top>[a-z]{2,63}))\Z",
    re.IGNORECASE | re.ASCII,
)
# Signs that are no letters and stand between letters of some script (RFC 5892 appendix A).
_BETWEEN = "\u00b7\u05f3\u05f4\u30fb\u200c\u200d"
_RESERVED = {name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES}


class Address(NamedTuple):
    """One address in the forms that the service needs."""

    typed: str
    mailed: str
    """The address for sending: NFC, the domain in lower case, international names kept."""
    key: str
    """Two addresses with the same key are one contact: `mailed` in lower case."""
    domain: str

    @property
    def canonical(self) -> str:
        """For limits only: spellings of one mailbox are equal, look-alike characters too. No email goes there."""
        return one_mailbox(canonical_mailbox(mailbox_key(self.key)))

    @property
    def is_test(self) -> bool:
        return self.key.startswith(TEST)

    def as_test(self) -> "Address":
        """The same mailbox as a contact of its own, for a test sign-up. Raises `InvalidAddress`."""
        if len(self.key) > MAX_LENGTH - len(TEST):
            raise InvalidAddress("too long for a test")
        return self._replace(key=TEST + self.key)


def parse(typed: str) -> Address:
    """Read an address as people type it and programs write it: `Ada <ada@example.org>` and `mailto:` too.

    Raises `InvalidAddress`, as `SeveralAddresses` where more than one stands there.
    """
    text = typed.strip()
    ordinary = _ORDINARY.match(text)
    if ordinary and ordinary["top"].lower() not in _RESERVED:
        domain = ordinary["domain"].lower()
        return Address(text, f"{ordinary['local']}@{domain}", text.lower(), domain)
    try:
        mailed = validated(unwrapped(text).address)
    except InvalidAddress:
        if not (mailed := _only_one(text)):
            raise
    return stored(mailed)._replace(typed=text if len(text) <= MAX_LENGTH else mailed)


def stored(mailed: str) -> Address:
    """An address that `parse` read before, perhaps by older rules. It is not checked again."""
    key = mailed.lower()
    return Address(mailed, mailed, key, key.rpartition("@")[2])


def key_of(text: str) -> str:
    """The key by which a contact is found. A text that is no address finds nobody."""
    try:
        return parse(text).key
    except InvalidAddress:
        return text.strip().lower()


def _only_one(text: str) -> str:
    """The address that `text` repeats, as `a@example.org; A@example.org`; else empty. Raises `SeveralAddresses`."""
    found, looks = dict[str, str](), look_alikes(text)
    for one in looks:
        with suppress(InvalidAddress):
            mailed = validated(unwrapped(one).address)
            found[mailed.lower()] = mailed
    if len(found) > 1:
        raise SeveralAddresses("several addresses")
    is_repeated = len(looks) == text.count("@") > 1 and found.keys() == {one.lower() for one in looks}
    return next(iter(found.values())) if is_repeated else ""


def validated(text: str) -> str:
    """The address as it is mailed, checked by email-validator and `_refuse_impossible`. Raises `InvalidAddress`."""
    if len(text) > MAX_LENGTH:
        raise InvalidAddress("too long")
    try:
        found = validate_email(text, check_deliverability=False)
    except (EmailNotValidError, UnicodeError) as error:
        raise InvalidAddress(str(error)) from None
    _refuse_impossible(found)
    return found.normalized


def _refuse_impossible(found: ValidatedEmail) -> None:
    """Refuse what the grammar allows and no mailbox has: parts that are too long, a top-level domain of one letter or
    that begins with a digit, and characters that are neither letter nor digit beside ASCII's (RFC 8264).
    """
    local = found.local_part
    if len(local.encode()) > MAX_LOCAL or len(local.encode()) + 1 + len(found.ascii_domain) > MAX_LENGTH:
        raise InvalidAddress("too long")
    top = found.domain.rpartition(".")[2]
    if len(top) == 1 or top[0].isdigit():
        raise InvalidAddress("no such top-level domain")
    for place, char in enumerate(local):
        is_joined = char in _BETWEEN and 0 < place < len(local) - 1
        if not char.isascii() and unicodedata.category(char)[0] not in "LMN" and not is_joined:
            raise InvalidAddress("a sign that no mailbox has")


def canonical_mailbox(key: str) -> str:
    """The mailbox that an address probably reaches. This is a hint; no email goes there."""
    local, _, domain = key.rpartition("@")
    local = unicodedata.normalize("NFKC", local).casefold()
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


def mailbox_key(key: str) -> str:
    """The key of the mailbox that gets a contact's email. A test sign-up shares it, and its suppression, with the
    person.
    """
    return key.removeprefix(TEST)


def is_same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox by their provider's promise: Gmail ignores dots."""
    return one.rpartition("@")[2] in GMAIL and _without_dots(one) == _without_dots(other)


def _without_dots(key: str) -> str:
    local, _, domain = key.lower().rpartition("@")
    return f"{local.replace('.', '')}@{'gmail.com' if domain in GMAIL else domain}"


def mask(address: str) -> str:
    """Mask an address: `a•••@example.org`. Its owner recognises it; nobody else can read it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
