"""E-mail addresses: as typed, as mailed, as compared, and as throttled. Nothing here asks the network."""

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
"""Before the key of a test's address. No address begins so: a colon would have to stand in quotes (RFC 5321)."""

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
    """Read an address as people type it and programs write it: `Ada <ada@example.org>` and `mailto:` too.

    Raises `InvalidAddress`, as `SeveralAddresses` where more than one stands there.
    """
    text = typed.strip()
    ordinary = _ORDINARY.match(text)
    if ordinary and ordinary["top"].lower() not in _RESERVED:
        return Address(text, f"{ordinary['local']}@{ordinary['domain'].lower()}", text.lower())
    try:
        mailed = validated(unwrapped(text).address)
    except InvalidAddress:
        if not (mailed := _only_one(text)):
            raise
    return Address(text if len(text) <= MAX_LENGTH else mailed, mailed, mailed.lower())


def stored(mailed: str) -> Address:
    """An address that was read by `parse` once, maybe by older rules: it is not judged again."""
    return Address(mailed, mailed, mailed.lower())


def key_of(text: str) -> str:
    """What a contact with this address is found by; what is no address finds nobody."""
    try:
        return parse(text).key
    except InvalidAddress:
        return text.strip().lower()


def _only_one(text: str) -> str:
    """The address that stands in `text` twice or more, as in `a@example.org; A@example.org`; empty when it is not so.
    Raises `SeveralAddresses`.
    """
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
    """The address as it is mailed: email-validator's rules and `_refuse_impossible`'s. Raises `InvalidAddress`."""
    if len(text) > MAX_LENGTH:
        raise InvalidAddress("too long")
    try:
        found = validate_email(text, check_deliverability=False)
    except (EmailNotValidError, UnicodeError) as error:
        raise InvalidAddress(str(error)) from None
    _refuse_impossible(found)
    return found.normalized


def _refuse_impossible(found: ValidatedEmail) -> None:
    """What the grammar allows and no mailbox has: parts that are too long, a top-level domain of one letter, and signs
    that are neither letter nor digit beside ASCII's (as RFC 8264's IdentifierClass has it).
    """
    local = found.local_part
    if len(local.encode()) > MAX_LOCAL or len(local.encode()) + 1 + len(found.ascii_domain) > MAX_LENGTH:
        raise InvalidAddress("too long")
    top = found.domain.rpartition(".")[2]
    if len(top) == 1 or top.isdigit():
        raise InvalidAddress("no such top-level domain")
    for place, char in enumerate(local):
        is_joined = char in _BETWEEN and 0 < place < len(local) - 1
        if not char.isascii() and unicodedata.category(char)[0] not in "LMN" and not is_joined:
            raise InvalidAddress("a sign that no mailbox has")


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
