"""Who wrote the mails of an .eml or .mbox, as CSV: each address of From and Reply-To once, with its first name.

Only headers are read (RFC 5322), and those of an attached mail not at all. Run as a program, in a process of its own
with bounded memory and time: `python mail_sender.py FILE`.
"""

import base64
import csv
import quopri
import re
import resource
import sys
from collections.abc import Iterator
from email import errors, policy
from email.utils import getaddresses
from typing import BinaryIO

MEMORY = 1_500 * 1024 * 1024
CPU_SECONDS = 120
MAX_LINE = 100_000
MAX_HEADERS = 256 * 1024
MAX_VALUE = 4_000  # what reads them takes time with the square of their length
MAX_ODD = 2
SAID_BY = ("from", "reply-to")
SAID_BY_OTHERWISE = ("resent-from", "sender")
"""Read where neither of the others names anybody."""
_COMMON = """
    return-path received delivered-to mime-version message-id dkim-signature authentication-results subject date from to
    reply-to resent-from sender content-type content-transfer-encoding content-disposition
"""
COMMON = frozenset(_COMMON.split())
_FIELD = re.compile(rb"([!-9;-~\x80-\xff]+)[ \t]*:")
# The line before each mail of an mbox (RFC 4155): sender and time, or what Thunderbird leaves of them.
_SEPARATOR = re.compile(rb">?From (?:[^\r\n]*\d\d?:\d\d[^\r\n]*|\S*[ \t]*)\r?\n?\Z")
_ENCODED_WORD = re.compile(r"=\?([\w.:-]+)(?:\*[\w-]*)?\?([bq])\?([^?]*)\?=(?:[ \t]+(?==\?))?", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"([^<>]*)<\s*(?:mailto:)?([^<>\s]+@[^<>\s]+)\s*>", re.IGNORECASE)
_BARE = re.compile(r"[^\s<>\"(),;:\[\]]+@[^\s<>\"(),;:\[\]]+")
Person = tuple[str, str]


def main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    found: dict[str, Person] = {}
    with open(path, "rb") as file:  # noqa: PTH123  # isolated: a path is a text here
        for headers in each(file):
            for address, name in senders(headers):
                known = found.get(address.lower())
                if known is None or not known[1]:
                    found[address.lower()] = (known[0] if known else address, name)
    if not found:
        raise SystemExit(1)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("email", "name"))
    out.writerows(found.values())


def is_mail(start: bytes) -> bool:
    """Whether a file begins as a mail does: with header fields, one of them a From, or two that most mails have."""
    lines = start.removeprefix(b"\xef\xbb\xbf").lstrip().splitlines(keepends=True)
    if lines and _SEPARATOR.match(lines[0]):
        lines = lines[1:]
    names, odd = [], 0
    for line in lines:
        if field := _FIELD.match(line):
            names.append(field[1].lower().decode("latin-1"))
        elif not line.strip() or odd > MAX_ODD or not names:
            break
        else:
            odd += not line[:1].isspace()
    return bool({"from", "resent-from"}.intersection(names)) or len(COMMON.intersection(names)) > 1


def each(file: BinaryIO) -> Iterator[bytes]:
    """The headers of each mail: one, unless the file begins as an mbox does."""
    lines = iter(lambda: file.readline(MAX_LINE), b"")
    first = next((line for line in lines if line.strip(b" \t\r\n\xef\xbb\xbf")), b"")
    is_mbox = bool(_SEPARATOR.match(first))
    headers, is_head, is_after_blank = [] if is_mbox else [first.lstrip(b" \t\xef\xbb\xbf")], True, False
    size = len(first)
    for line in lines:
        if is_mbox and is_after_blank and _SEPARATOR.match(line):
            yield b"".join(headers)
            headers, is_head, size = [], True, 0
        elif is_head:
            is_head = bool(line.strip())
            size += len(line)
            if size <= MAX_HEADERS:
                headers.append(line)
        elif not is_mbox:
            break
        is_after_blank = not line.strip()
    yield b"".join(headers)


def senders(headers: bytes) -> Iterator[Person]:
    """Address and name of each who is said to have written a mail; nobody where no parser makes sense of it."""
    fields = [(name, value) for name, value in _fields(headers) if name in {*SAID_BY, *SAID_BY_OTHERWISE}]
    for names in (SAID_BY, SAID_BY_OTHERWISE):
        found = [person for name in names for field, value in fields if field == name for person in people(value)]
        yield from found
        if found:
            return


def _fields(headers: bytes) -> Iterator[tuple[str, str]]:
    """Name in lower case and unfolded value of each field (RFC 5322 sections 2.2 and 2.2.3)."""
    logical = re.sub(rb"\r?\n(?=[ \t]+\S)", b"", headers)
    for line in logical.splitlines():
        if found := _FIELD.match(line):
            yield found[1].lower().decode("latin-1"), _text(line[found.end() :])[:MAX_VALUE].strip()


def _text(raw: bytes) -> str:
    """A header as letters: ASCII by the rules, else UTF-8 (RFC 6532), else what Windows programs write."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def people(value: str) -> list[Person]:
    """The mailboxes of an address list, those in groups too; a name in a comment (RFC 822) where there is no other."""
    try:
        header = policy.default.header_factory("From", value)
        strict = [(one.addr_spec, one.display_name) for one in header.addresses]
        loose = [(address, name) for name, address in getaddresses([value]) if _is_address(address)]
    except (errors.MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        strict = loose = []
    names = {address.lower(): name for address, name in reversed(loose) if name}
    chosen = [(address, name or names.get(address.lower(), "")) for address, name in strict if _is_address(address)]
    chosen = _by_brackets(value, chosen) or chosen or loose or [(address, "") for address in _BARE.findall(value)[:1]]
    return [(address, "" if name == address else _name(name)) for address, name in chosen]


def _by_brackets(value: str, strict: list[Person]) -> list[Person]:
    """The mailboxes by their `<…>` alone where the rules lose one, or a name: `Muster, Ada <ada@example.org>`."""
    if re.search(r"[\"()]|:[^>]*<.*;", value):  # what stands in brackets may be part of a name there, or of a group
        return []
    found = [(one[2], one[1].strip(" ,;")) for one in _IN_BRACKETS.finditer(value)]
    is_rest_empty = not _IN_BRACKETS.sub("", value).strip(" ,;")
    lost = {address for address, name in found if (address, name) not in strict}
    return found if lost and is_rest_empty and not any("@" in name and "," in name for _address, name in found) else []


def _is_address(text: str) -> bool:
    local, at, domain = text.rpartition("@")
    return bool(local and at and domain) and not re.search(r"\s", text)


def _name(text: str) -> str:
    """A display name without quotes and blanks, its encoded words read also where RFC 2047 does not allow them."""
    decoded = _ENCODED_WORD.sub(_decoded, text)
    return " ".join(decoded.replace("\\", "").split()).strip("\"' ")


def _decoded(word: re.Match[str]) -> str:
    charset, encoding, text = word[1], word[2].lower(), word[3]
    try:
        if encoding == "b":
            raw = base64.b64decode(text + "=" * (-len(text) % 4))
        else:
            raw = quopri.decodestring(text.encode("utf-8"), header=True)
        return raw.decode(charset, "replace")
    except (ValueError, LookupError):
        return word[0]


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="")  # type: ignore[union-attr]
    main(sys.argv[1])
