"""E-mail addresses: as typed, as mailed, as compared, and as throttled. Nothing here asks the network."""

from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from signup.errors import InvalidAddress

MAX_LENGTH = 254  # RFC 5321 section 4.5.3.1, with the angle brackets taken off
GMAIL = {"gmail.com", "googlemail.com"}


class Address(NamedTuple):
    """One address in the four shapes we need."""

    typed: str
    mailed: str
    """Normalised for sending: NFC, domain in lower case, internationalised names kept."""
    key: str
    """What makes two addresses the same contact: `mailed` in lower case."""
    canonical: str
    """For throttling only: sub-address and Gmail's dots cut. Mail never goes here."""

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


def _canonical(key: str) -> str:
    local, _, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in GMAIL:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


def mask(address: str) -> str:
    """`a•••@example.org`: enough for its owner to recognise, too little for anybody else."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"
