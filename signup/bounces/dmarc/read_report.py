"""Reads an aggregate report (DMARC, RFC 9990) out of a mail. Whatever a stranger packs into it, it stays bounded:
ten megabytes unpacked, some depth, no document type and so no entities, and only values of the right kind.
"""

import zipfile
import zlib
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address
from typing import NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MAX_XML = 10 * 1024 * 1024
MAX_DEPTH = 12
MAX_ELEMENTS = 400_000
MAX_ROWS = 1_000
MAX_COUNT = 1_000_000_000
OUTCOMES = {"none", "quarantine", "reject"}
OLDEST, NEWEST = timedelta(days=90), timedelta(days=2)


class BadReport(ValueError):
    """It cannot be read, or must not be. The word says why, and holds nothing of it."""


class Row(NamedTuple):
    """What the report says of the mails from one address with one outcome."""

    source: str
    dkim: bool
    spf: bool
    outcome: str


class Report(NamedTuple):
    """A report, as far as it is counted."""

    organisation: str
    report_id: str
    domain: str
    day: date
    rows: dict[Row, int]


def unpacked(content: bytes) -> bytes:
    """The XML of an attachment: of a ZIP its first file, of GZIP, or as it is. Raises `BadReport`."""
    try:
        if content.startswith(b"PK"):
            with zipfile.ZipFile(BytesIO(content)) as packed, packed.open(packed.infolist()[0]) as file:
                found = file.read(MAX_XML + 1)
        elif content.startswith(b"\x1f\x8b"):
            found = zlib.decompressobj(wbits=31).decompress(content, MAX_XML + 1)
        else:
            found = content
    except (zipfile.BadZipFile, zlib.error, IndexError, RuntimeError, NotImplementedError, OSError, EOFError):
        raise BadReport("not-unpacked") from None
    if len(found) > MAX_XML:
        raise BadReport("too-big")
    return found


def read_report(xml: bytes, today: date) -> Report:
    """The figures of a report. Raises `BadReport`."""
    root = _tree(xml)
    if root.tag != "feedback":
        raise BadReport("no-report")
    begin = _number(root.findtext("report_metadata/date_range/begin"))
    try:
        day = datetime.fromtimestamp(begin, UTC).date()
    except (ValueError, OverflowError, OSError):
        raise BadReport("no-date") from None
    if not today - OLDEST <= day <= today + NEWEST:
        raise BadReport("no-date")
    rows: Counter[Row] = Counter()
    for record in root.findall("record")[:MAX_ROWS]:
        row, n = _row(record)
        rows[row] += n
    return Report(
        organisation=_text(root, "report_metadata/org_name", 80) or "?",
        report_id=_text(root, "report_metadata/report_id", 200),
        domain=_text(root, "policy_published/domain", 253).lower().rstrip("."),
        day=day,
        rows=dict(rows),
    )


def _row(record: Element) -> tuple[Row, int]:
    try:
        source = str(ip_address(_text(record, "row/source_ip", 45)))
    except ValueError:
        raise BadReport("no-address") from None
    outcome = _text(record, "row/policy_evaluated/disposition", 10).lower()
    dkim, spf = (_text(record, f"row/policy_evaluated/{name}", 10).lower() == "pass" for name in ("dkim", "spf"))
    n = min(_number(record.findtext("row/count")), MAX_COUNT)
    return Row(source, dkim, spf, outcome if outcome in OUTCOMES else "none"), n


def _text(root: Element, path: str, most: int) -> str:
    text = (root.findtext(path) or "")[: 4 * most]
    return " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())[:most]


def _number(text: str | None) -> int:
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 15):  # noqa: PLR2004  # more is no count
        raise BadReport("no-number")
    return int(digits)


def _tree(xml: bytes) -> Element:
    """The elements, by their names without a namespace."""
    builder, open_now, seen = TreeBuilder(), 0, 0  # it is fed by a parser that refuses what can grow

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal open_now, seen
        open_now, seen = open_now + 1, seen + 1
        if open_now > MAX_DEPTH or seen > MAX_ELEMENTS:
            raise BadReport("too-big")
        builder.start(name.rpartition("}")[2], {})

    def end(name: str) -> None:
        nonlocal open_now
        open_now -= 1
        builder.end(name.rpartition("}")[2])

    def refuse(*_given: object) -> None:
        raise BadReport("document-type")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(xml, True)  # noqa: FBT003  # expat's own word for the end
        return builder.close()
    except (expat.ExpatError, AssertionError, LookupError, ValueError) as error:
        raise error if isinstance(error, BadReport) else BadReport("no-xml") from None
