"""Says what a returned mail means: for each recipient its class, its reason, and which mail of ours came back.

The order: our signed return path, a delivery status report, a feedback report, the returned Message-ID, then words.
"""

import re
from collections.abc import Callable
from uuid import UUID

from signup.bounces import auto_reply, feedback_report
from signup.bounces.bounce_class import CLASS_OF, Reason, Returned
from signup.bounces.find_address import addresses_in, cleaned, first_address, notice_of
from signup.bounces.find_reason import reason_of, status_in
from signup.bounces.mail_parts import MailParts, fields_of, read_parts
from signup.bounces.status_report import StatusEntry, read_status

ReadPath = Callable[[str], UUID | None]
_OWN_ID = re.compile(r"^\s*<?([0-9a-f]{32})@", re.IGNORECASE)
_PER_RECIPIENT = re.compile(r"^(?:Final|Original)-Recipient:", re.MULTILINE | re.IGNORECASE)
_DELAY = re.compile(
    r"still (being|be|trying|in the queue|attempt)|will (continue|keep|be retried|try|retry)|(not|"
    r"n.t) yet (been )?deliver|delivery (is |has been |attempts? |of .{0,40})?(is |has been "
    r")?delayed"
    r"|no action is required|you do not need to (resend|do)|do not need to resend|this is (only "
    r")?a warning|warning (message )?only|could not send .{0,40}for past|weiterhin versucht|wird "
    r"weiter|nouvelles tentatives|sera retent|reintent|will be attempted|delayed",
    re.IGNORECASE,
)
_PATHS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "x-rcpt-to")
MAX_RETURNED = 100
_ARRIVED = {"delivered", "relayed", "expanded"}


def nobody(_address: str) -> UUID | None:
    """Reads no return path: without our keys, none is known to be ours."""
    return None


def classify(raw: bytes, read_path: ReadPath = nobody) -> list[Returned]:
    """The recipients of a returned mail; one without address where it does not tell. Never raises."""
    parts = read_parts(raw)
    uid = next((found for value in _path_addresses(parts) if (found := read_path(value))), None)
    is_trusted = uid is not None
    parts = _with_original(parts)
    uid = uid or _own_message(parts.original)
    return [one._replace(message_uid=uid, is_trusted=is_trusted) for one in _judge(parts)[:MAX_RETURNED]]


def _path_addresses(parts: MailParts) -> list[str]:
    values = [value for name in _PATHS for value in parts.headers.get(name, ())]
    return [address for value in values if (address := first_address(value))]


def _with_original(parts: MailParts) -> MailParts:
    notice, returned = notice_of(parts.notice)
    status = parts.status
    if not status and _PER_RECIPIENT.search(parts.notice):
        status = parts.notice
    return parts._replace(notice=notice, original=parts.original or returned, status=status)


def _own_message(original: str) -> UUID | None:
    for block in fields_of(original):
        for value in block.get("message-id", ()):
            if found := _OWN_ID.match(value):
                return UUID(found.group(1))
    return None


def _judge(parts: MailParts) -> list[Returned]:
    entries = read_status(parts.status)
    if any(entry.action not in _ARRIVED for entry in entries):
        return _by_report(parts, entries)
    if entries:  # delivered, relayed, expanded: it arrived
        return [_returned(entry.address, Reason.NO_BOUNCE, entry.status) for entry in entries]
    if feedback_report.is_complaint(parts):
        return [_returned(one, Reason.COMPLAINT) for one in feedback_report.complainers(parts)] or [
            _returned("", Reason.COMPLAINT)
        ]
    if auto_reply.is_auto_reply(parts):
        return [_returned(first_address(parts.header("from")), Reason.AUTO_REPLY)]
    if parts.feedback or not auto_reply.looks_like_bounce(parts):
        return [_returned("", Reason.NO_BOUNCE)]
    return _by_words(parts)


def _returned(address: str, reason: Reason, status: str = "") -> Returned:
    return Returned(address, CLASS_OF[reason], reason, status)


def _by_report(parts: MailParts, entries: list[StatusEntry]) -> list[Returned]:
    named = _named(parts)
    found: list[Returned] = []
    for entry in entries:
        address = entry.address or (named[0] if named else "")
        reason = _reason_of_entry(parts, entry, len(entries))
        found.append(_returned(address, reason, entry.status or status_in(entry.diagnosis)))
    failed = [one for one in found if one.reason != Reason.NO_BOUNCE]
    return list(dict.fromkeys(failed or found))


def _reason_of_entry(parts: MailParts, entry: StatusEntry, among: int) -> Reason:
    if entry.action in {"delayed", "delay", "deferred"}:
        return Reason.DELAYED
    if entry.action in _ARRIVED or (not entry.action and entry.status.startswith("2")):
        return Reason.NO_BOUNCE
    about = _about(parts.notice, (entry.address, entry.other_address), None, alone=among == 1)
    return reason_of([entry.diagnosis, about, parts.header("subject") if among == 1 else ""], entry.status)


def _named(parts: MailParts) -> list[str]:
    """The addresses that a bounce names, from the surest place on."""
    listed = [first_address(one) for value in parts.headers.get("x-failed-recipients", ()) for one in value.split(",")]
    if listed := [address for address in dict.fromkeys(listed) if address]:
        return listed
    ours = {first_address(parts.header(name)) for name in ("to", "from", "reply-to", "return-path", "delivered-to")}
    blocks = fields_of(parts.original)
    mine = {
        first_address(value)
        for block in blocks
        for name in ("from", "return-path", "sender")
        for value in block.get(name, ())
    }
    return addresses_in(parts.notice, {one for one in ours | mine if one})


def _by_words(parts: MailParts) -> list[Returned]:
    addresses = _named(parts) or _sent_to(parts)
    subject = parts.header("subject")
    if not addresses and not auto_reply.is_from_robot(parts) and not auto_reply.has_bounce_subject(parts):
        return [_returned("", Reason.NO_BOUNCE)]
    found = []
    for address in addresses or [""]:
        others = [one for one in addresses if one != address]
        about = _about(parts.notice, (address,), others, alone=not others)
        reason = reason_of([about, *([] if others and about else [parts.notice]), subject])
        is_delay = _DELAY.search(parts.notice[:4_000]) and not _is_final(parts.notice)
        reason = Reason.DELAYED if is_delay or "delay" in subject.lower() else reason
        found.append(_returned(address, reason, status_in(about) or status_in(parts.notice)))
    if not addresses and found[0].reason == Reason.UNDEFINED and not auto_reply.is_from_robot(parts):
        return [_returned("", Reason.NO_BOUNCE)]  # a subject about a failure, and nothing else of a bounce
    return found


def _is_final(notice: str) -> bool:
    return bool(re.search(r"permanent|fatal|\b5\d\d[ -]|\b5\.\d\.\d|given up|gave up", notice[:4_000], re.IGNORECASE))


def _sent_to(parts: MailParts) -> list[str]:
    """To whom the returned mail went: it came back from there."""
    for name in ("x-original-to", "delivered-to", "to"):
        for block in fields_of(parts.original):
            if found := [address for value in block.get(name, ()) if (address := cleaned(first_address(value)))]:
                return found[:1]
    return []


def _about(notice: str, addresses: tuple[str, ...], others: list[str] | None, *, alone: bool) -> str:
    """The lines of a notice that are about an address: from where it stands to the next of the `others`, or to the
    next address at all where those are not known.
    """
    lines = notice.split("\n")
    names = [address.lower() for address in addresses if address]
    for at, line in enumerate(lines[:400]):
        if any(name in line.lower() for name in names):
            rest = lines[at : at + 12]
            end = next((n for n, other in enumerate(rest) if n and not alone and _names(other, others)), len(rest))
            return "\n".join(rest[:end])
    return notice[:3_000] if alone else ""


def _names(line: str, others: list[str] | None) -> bool:
    return "@" in line if others is None else any(one.lower() in line.lower() for one in others)
