"""Finds the addresses that a notice is about, where no machine-readable report tells."""

import re
from collections.abc import Iterable, Iterator

ADDRESS = re.compile(r"[^\s<>@\"'()\[\]:;,=`|\\]{1,64}@(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}", re.UNICODE)
_RETURNED = re.compile(
    r"^[ >|]*(?:-{2,}.{0,60}(?:copy|original|returned|message (?:text )?(?:follows|header|begin)|"
    r"header|unsent|below|received|undelivered"
    r"|kopie|nachricht|copie|copia|mensaje|messaggio|mensagem|копия|原邮件|原始)|_{10,}$"
    r"|(?:original|returned) (?:message|mail|headers?)\b.{0,60}$|.{0,30}(?:message|headers?|text|"
    r"mail).{0,20}follows?[:.]"
    r"|.{0,40}(?:copy of (?:the|your) message|copie de votre|kopie ihrer|first "
    r".{0,12}lines).{0,60}|.{0,6}original message.{0,30}$)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"^[ >|*]*(?:Return-Path|Received|Message-ID|Date|Subject|From|To|Cc|Sender|MIME-Version|"
    r"X-[A-Za-z-]+|Content-[A-Za-z-]+|Reply-To|(?:DKIM|DomainKey|ARC(?:-Message)?)-(?:Signature|Seal)|"
    r"(?:ARC-)?Authentication-Results|References|In-Reply-To|List-[A-Za-z-]+|Delivered-To):",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^[\s*•·>|\-#\d.)]{0,20}[<\[\"'(]{0,2}(?:smtp:|rfc822;|"
    r"mailto:)?\s?([^\s<>]{1,254}?)[>\]\"')]{0,2}[\s.,;:]{0,4}$",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"^[\s*•>]{0,12}[<\[\"'(]?(?:smtp:|rfc822;)?([^\s<>\[\]\"'()]{3,254}?)[>\]\"')]?(?:\s?:|"
    r"\s?\.{3}|\s+on\s|\s+-|,|;|\s{2,}|\s\(|\.{2,})",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"(?:rcpt to|smtp|recipients?|failed recipient|to|user|address|addressee|mailbox|account|for|"
    r"final-recipient|original-recipient|empfänger|adresse|an"
    r"|destinataire|destinatario|destinatário|à|para|кому|получател\w{0,3}|адрес|收件人|宛先|受信者|name|"
    r"id|deliver(?:ed)?(?: it)? to|addressed to|message to|mail to|sent to"
    r"|reach|users?|(?:mail|nachricht|mitteilung) an|whom|delivery (?:failure )?to)"
    r"(?:\(s\)|s)?\s?(?:is |address |user |recipient |mailbox |account |following address "
    r")?[:=(>\-]{0,3}\s{0,4}[<\[\"'(]?(?:smtp:|rfc822;|"
    r"mailto:)?([^\s<>]{3,254}?)[>\]\"')]{0,2}(?:[\s.,;:?!]|$)",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"^(?:mailer-?daemon|postmaster|mail-?daemon|abuse|noc|hostmaster|helpdesk|support|no-?reply|"
    r"bounces?[+=-])|^[0-9a-f]{24,}@|^.{0,8}$",
    re.IGNORECASE,
)
_NO_MAIL = re.compile(
    r"message-?id|in-reply-to|e?smtp id|abuse|postmaster|helpdesk|questions?|contact your|"
    r"reporting-mta|^\s*(?:from|sender|return-path|von|de)\s*:",
    re.IGNORECASE,
)
_SAYS_WHY = re.compile(
    r"following (recipient|address)|^\s*(recipient|original|rewritten) address:|^\s*reason:|"
    r"cannot be delivered to|could not be delivered to",
    re.IGNORECASE,
)
_FOLLOWING = re.compile(
    r"(following|these|affected|failed|intended|unknown|invalid|undelivered) (e-?mail "
    r")?(recipient|address|user|mailbox|destination|people|person)|recipient\(s\)|(permanent|"
    r"transient)( fatal)? errors? ?-|"
    r"(not|n.t|unable to|failed to|could ?n.?o?t) .{0,20}(deliver|reach).{0,40}:\s*$|folgende|"
    r"empfänger.{0,30}:\s*$|(destinataire|adresse).{0,20}suivant|siguiente|seguent|seguinte|"
    r"volgende|följande|følgende|seuraav|następując|následuj|следующ|以下|下列|다음",
    re.IGNORECASE,
)
MAX_LINES = 400
MAX_LINE = 1_000


def notice_of(text: str) -> tuple[str, str]:
    """The words of a bounce, and what it returns of the original, parted where the original begins."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        is_header = _HEADER.match(line[:200]) and _are_headers(lines[at : at + 6])
        if at and is_header and any(_SAYS_WHY.search(other[:200]) for other in lines[at + 3 : at + 30]):
            continue  # a summary of the mail, and the notice goes on
        if at and (is_header or (_RETURNED.match(line[:200]) and _holds_headers(lines[at + 1 :]))):
            return "\n".join(lines[:at]), "\n".join(line.lstrip(" >|") for line in lines[at:])
    return text, ""


def _are_headers(lines: list[str]) -> bool:
    return sum(bool(_HEADER.match(line[:200])) for line in lines) >= 3  # noqa: PLR2004  # fewer may be prose


def _holds_headers(lines: list[str]) -> bool:
    """Whether header fields follow, of which some, as a signature, fold over many lines."""
    whole = [line for line in lines[:60] if not line.startswith((" ", "\t"))][:7]
    return sum(bool(_HEADER.match(line[:200])) for line in whole) >= 2  # noqa: PLR2004  # fewer may be prose


def addresses_in(notice: str, not_these: Iterable[str]) -> list[str]:
    """The failed addresses that a notice names: those at a telling place, else all that it names."""
    others = {one.lower() for one in not_these}
    lines = [line[:MAX_LINE] for line in notice.split("\n")[:MAX_LINES]]
    start = next((at for at, line in enumerate(lines) if _FOLLOWING.search(line)), 0)
    if after := list(dict.fromkeys(_kept(_telling(lines[start:]), others))):
        return after
    telling = list(dict.fromkeys(_kept(_telling(lines), others)))
    if telling:
        return telling
    anywhere = (found.group() for line in lines if not _NO_MAIL.search(line) for found in ADDRESS.finditer(line))
    return list(dict.fromkeys(_kept(anywhere, others)))


def first_address(text: str) -> str:
    """The first address in a text, as in a header's value."""
    found = ADDRESS.search(text[:MAX_LINE])
    return cleaned(found.group()) if found else ""


def cleaned(address: str) -> str:
    """An address without what stood around it."""
    return address.strip(" \t<>\"'.,;").removeprefix("mailto:")


def _telling(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if "@" not in line or _NO_MAIL.search(line):
            continue
        for place in (_ALONE, _BEGINS):
            if found := place.match(line):
                yield found.group(1)
        for found in _LABELLED.finditer(line):
            yield found.group(1)


def _kept(found: Iterable[str], others: set[str]) -> Iterator[str]:
    for text in found:
        matched = ADDRESS.search(text)
        address = cleaned(matched.group()) if matched else ""
        if address and address.lower() not in others and not _NEVER.match(address):
            yield address
