"""Reads a returned mail apart: the notice, its machine-readable reports, and what it returns of the original.

Anybody may send us anything: sizes, depths and counts are bounded, and no charset or broken structure raises.
"""

import re
from email import policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from typing import Any, NamedTuple

MAX_READ = 512 * 1024
"""Bytes: reports stand before the mail that they return."""
MAX_PARTS = 60
MAX_DEPTH = 20
MAX_PART = 64 * 1024
STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
MAIL_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/global-headers",
    "message/rfc822-headers",
)
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60}):[ \t]*(.*)$")
_TAG = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|p|hr)\b[^<>]{0,200}>", re.IGNORECASE)
_TAGS = re.compile(r"<(?!mailto:)/?[a-zA-Z!][^<>@]{0,500}>")
_HIDDEN = ("style", "script", "head")


class MailParts(NamedTuple):
    """A returned mail, read apart."""

    headers: dict[str, list[str]]
    """By name in lower case."""
    notice: str
    """What it says to a reader."""
    status: str
    """The text of its delivery status reports."""
    feedback: str
    """The text of its feedback report: a complaint."""
    original: str
    """The headers, at least, of the mail that it returns."""
    is_report: bool
    """Whether it says that it is a multipart/report (RFC 6522)."""

    def header(self, name: str) -> str:
        return next(iter(self.headers.get(name, ())), "")


def read_parts(raw: bytes) -> MailParts:
    """Read a mail apart; of a huge one its beginning."""
    short = raw[:MAX_READ].lstrip(b"\r\n \t\0")
    if short.startswith(b"From "):  # an mbox's separator
        short = short.partition(b"\n")[2]
    try:
        mail: Message = BytesParser(policy=policy.compat32).parsebytes(short)
        return _read(mail)
    except (RecursionError, MessageError, ValueError, LookupError, AssertionError, TypeError, AttributeError):
        head, _gap, body = short.replace(b"\r\n", b"\n").partition(b"\n\n")
        headers = fields_of(_decoded(head, ""))[:1] or [{}]
        return MailParts(headers[0], _decoded(body[:MAX_PART], ""), "", "", "", is_report=False)


def _read(mail: Message) -> MailParts:
    headers: dict[str, list[str]] = {}
    for name, value in mail.items():
        headers.setdefault(name.lower(), []).append(header_text(str(value)))
    texts: dict[str, list[str]] = {"notice": [], "html": [], "status": [], "feedback": [], "original": []}
    stack: list[tuple[Message, int, str]] = [(mail, 0, "")]
    seen = 0
    while stack and seen < MAX_PARTS:
        part, depth, inside = stack.pop()
        seen += 1
        _sort(part, inside, texts)
        inner = part.get_payload()
        if isinstance(inner, list) and depth < MAX_DEPTH:
            kind = part.get_content_type()
            within = inside or _inside(kind, inner, is_first=not any(texts.values()))
            stack += [(one, depth + 1, within) for one in reversed(inner[:MAX_PARTS]) if isinstance(one, Message)]
    notice = "\n".join(texts["notice"]) or "\n".join(texts["html"])
    is_report = mail.get_content_type() == "multipart/report"
    joined = {name: "\n".join(texts[name])[: MAX_PART * 2] for name in ("status", "feedback", "original")}
    return MailParts(headers, notice[: MAX_PART * 2], is_report=is_report, **joined)


def _inside(kind: str, inner: list[Any], *, is_first: bool) -> str:
    """What the parts of a part belong to. A report that somebody forwards whole is read as if it had come itself."""
    is_forwarded = is_first and bool(inner) and inner[0].get_content_type() == "multipart/report"
    return "status" if kind in STATUS_TYPES else "original" if kind in MAIL_TYPES and not is_forwarded else ""


def _sort(part: Message, inside: str, texts: dict[str, list[str]]) -> None:
    kind = part.get_content_type()
    if inside == "status":
        texts["status"].append(_headers_of(part) + "\n" + ("" if part.is_multipart() else _text(part)))
    elif inside == "original":
        texts["original"].append(_headers_of(part) + "\n\n" + _text(part)[:4_000])
    elif kind in STATUS_TYPES and not part.is_multipart():
        texts["status"].append(_text(part))
    elif kind in {"message/feedback-report", "message/x-feedback-report"}:
        inner: Any = part.get_payload()
        texts["feedback"].append(_headers_of(inner[0]) if isinstance(inner, list) and inner else _text(part))
    elif kind in MAIL_TYPES and not part.is_multipart():
        texts["original"].append(_text(part))
    elif kind == "text/html":
        texts["html"].append(_words_of_html(_text(part)))
    elif kind.startswith(("text/", "multipart/")) and not part.is_multipart():  # or its boundary is nowhere
        texts["notice"].append(_text(part))


def _headers_of(part: Message) -> str:
    return "\n".join(f"{name}: {header_text(str(value))}" for name, value in part.items())


def _text(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError, AttributeError):
        payload = None
    if not isinstance(payload, bytes):
        inner = part.get_payload()
        return inner[:MAX_PART] if isinstance(inner, str) else ""
    return _decoded(payload[:MAX_PART], str(part.get_param("charset") or ""))


def _decoded(payload: bytes, charset: str) -> str:
    for name in (charset.strip("'\" ")[:40], "utf-8", "cp1252"):
        try:
            return payload.decode(name).replace("\r\n", "\n").replace("\0", "") if name else _next(payload)
        except (LookupError, ValueError):
            continue
    return payload.decode("latin-1").replace("\r\n", "\n").replace("\0", "")


def _next(payload: bytes) -> str:
    if payload.isascii():
        return payload.decode("ascii").replace("\r\n", "\n").replace("\0", "")
    raise ValueError


def header_text(value: str) -> str:
    """A header's value in plain words, on one line (RFC 2047)."""
    flat = " ".join(value[:4_000].split())
    if "=?" not in flat:
        return flat
    try:
        parts = decode_header(flat)
        return "".join(
            word.decode(charset or "latin-1", "replace") if isinstance(word, bytes) else word for word, charset in parts
        )
    except (LookupError, ValueError, MessageError, TypeError):
        return flat


def _words_of_html(html: str) -> str:
    words = _TAGS.sub(" ", _TAG.sub("\n", _without_hidden(html)))
    for name, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        words = words.replace(name, sign)
    return words


def _without_hidden(html: str) -> str:
    for name in _HIDDEN:
        lower, kept, at = html.lower(), [], 0
        while (start := lower.find(f"<{name}", at)) >= 0 and (end := lower.find(f"</{name}>", start)) >= 0:
            kept.append(html[at:start])
            at = end
        html = "".join([*kept, html[at:]])
    return html


def fields_of(text: str) -> list[dict[str, list[str]]]:
    """The blocks of header fields in a text, folded lines joined, names in lower case."""
    blocks: list[dict[str, list[str]]] = [{}]
    last = ""
    for line in text.split("\n")[:4_000]:
        if not line.strip():
            if blocks[-1]:
                blocks.append({})
            last = ""
        elif line[0] in " \t" and last:
            values = blocks[-1][last]
            if len(values[-1]) < MAX_PART:
                values[-1] += " " + line.strip()
        elif found := _FIELD.match(line.rstrip("\r")):
            last = found.group(1).lower()
            blocks[-1].setdefault(last, []).append(found.group(2).strip())
        else:
            last = ""
    return [block for block in blocks if block]
