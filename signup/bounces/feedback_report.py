"""Reads complaints: abuse feedback reports (RFC 5965), and Microsoft's, which have a shape of their own."""

from signup.bounces.find_address import first_address
from signup.bounces.mail_parts import MailParts, fields_of

_NO_COMPLAINT = {"not-spam", "auth-failure", "dmarc", "virus"}


def is_complaint(parts: MailParts) -> bool:
    """Whether a person reported our mail as spam. Reports on authentication, or of “no spam”, are none."""
    kind = _field(parts.feedback, "feedback-type").lower()
    if parts.feedback:
        return kind not in _NO_COMPLAINT
    subject = parts.header("subject").lower()
    return "complaint about message from" in subject or bool(_field(parts.original, "x-hmxmroriginalrecipient"))


def complainers(parts: MailParts) -> list[str]:
    """The addresses that complained: as the report says, else to whom the reported mail went."""
    for name in ("original-rcpt-to", "removal-recipient"):
        if found := [first_address(value) for value in _fields(parts.feedback, name)]:
            return [address for address in dict.fromkeys(found) if address]
    for name in ("x-hmxmroriginalrecipient", "delivered-to", "x-original-to", "to"):
        if found := [first_address(value) for value in _fields(parts.original, name)]:
            return [address for address in dict.fromkeys(found) if address]
    return []


def _field(text: str, name: str) -> str:
    return next(iter(_fields(text, name)), "")


def _fields(text: str, name: str) -> list[str]:
    return [value for block in fields_of(text) for value in block.get(name, ())]
