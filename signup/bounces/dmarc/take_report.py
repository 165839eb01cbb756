"""Takes an aggregate report that came by mail, and adds it to the figures: each report once, of our domains only."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from hashlib import sha256

import structlog
from sqlalchemy import func, select

from signup.bounces.dmarc.dmarc_report import DmarcCount, DmarcReport
from signup.bounces.dmarc.read_report import BadReport, Report, read_report, unpacked
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction, upsert
from signup.ground.dialect import now
from signup.mailer.compose import ascii_domain_of

MAX_A_DAY = 500
"""Reports of one day that are counted: who makes reports up fills nothing."""
MAX_PARTS = 20
_SUBJECT = re.compile(r"report[ -]domain:|dmarc aggregate report", re.IGNORECASE)
_NAME = re.compile(
    r"^[^!\s/]{1,255}![^!\s/]{1,255}!\d{9,11}!\d{9,11}(![\w.-]{1,100})?\.(xml|xml\.gz|zip|gz)$", re.IGNORECASE
)

log = structlog.get_logger()


def take(raw: bytes) -> bool | None:
    """Count a report; None for a mail that is none. Opens its own transaction."""
    attached = _attachment(raw)
    if attached is None:
        return None
    try:
        report = read_report(unpacked(attached), datetime.now(UTC).date())
    except BadReport as error:
        log.warning("dmarc.not_read", why=str(error))
        return False
    with transaction():
        return count(report)


def count(report: Report) -> bool:
    """Add a report to the figures. Needs an open transaction; returns whether it was news."""
    if not any(report.domain == one or one.endswith(f".{report.domain}") for one in _our_domains()):
        log.info("dmarc.other_domain")
        return False
    today = select(func.count()).where(DmarcReport.received_at >= func.date(now()))
    if (db.session.scalar(today) or 0) >= MAX_A_DAY:
        log.warning("dmarc.too_many")
        return False
    key = sha256(f"{report.organisation.lower()}\n{report.domain}\n{report.report_id}".encode()).hexdigest()
    row = upsert(DmarcReport).values(key=key, organisation=report.organisation, domain=report.domain)
    if db.session.scalar(row.on_conflict_do_nothing().returning(DmarcReport.id)) is None:
        return False
    of_it = {"day": report.day, "domain": report.domain, "organisation": report.organisation}
    for one, n in sorted(report.rows.items()):
        added = upsert(DmarcCount).values(**of_it, **one._asdict(), n=n)
        same = [
            DmarcCount.domain,
            DmarcCount.day,
            DmarcCount.organisation,
            *(getattr(DmarcCount, f) for f in one._fields),
        ]
        db.session.execute(added.on_conflict_do_update(index_elements=same, set_={"n": DmarcCount.n + n}))
    return True


def _our_domains() -> set[str]:
    return {ascii_domain_of(one) for one in db.session.scalars(select(MailingList.sender_address).distinct())} - {""}


def _attachment(raw: bytes) -> bytes | None:
    """The packed report of a mail that says that it carries one."""
    try:
        mail: Message = BytesParser(policy=policy.compat32).parsebytes(raw)
        says_so = bool(_SUBJECT.search(str(mail["subject"] or "")[:500]))
        for part in _parts(mail):
            if says_so or _NAME.match(str(part.get_filename() or "")[:1_000]):
                content = part.get_payload(decode=True)
                if isinstance(content, bytes) and _is_packed(content):
                    return content
    except (MessageError, ValueError, LookupError, AssertionError, TypeError, AttributeError, RecursionError):
        return None
    return None


def _is_packed(content: bytes) -> bool:
    return content.startswith((b"PK\x03\x04", b"\x1f\x8b")) or content.lstrip()[:9] in {b"<?xml ver", b"<feedback"}


def _parts(mail: Message) -> Iterator[Message]:
    stack, seen = [mail], 0
    while stack and seen < MAX_PARTS:
        part, seen = stack.pop(), seen + 1
        inner = part.get_payload()
        if not isinstance(inner, list):
            yield part
        elif part.get_content_maintype() == "multipart":
            stack += [one for one in reversed(inner[:MAX_PARTS]) if isinstance(one, Message)]
