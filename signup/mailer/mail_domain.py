"""Asks the DNS whether a domain takes mail at all, before a confirmation mail goes out. In doubt it does.

Never on the request path: a stranger's made-up domain must not make a visitor wait, nor us ask twice.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from datetime import datetime, timedelta

import dns.exception
import dns.resolver
import structlog
from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.config import Settings
from signup.ground.db import Base, db, transaction, upsert
from signup.ground.dialect import now

TAKES_MAIL_FOR = timedelta(days=1)
TAKES_NONE_FOR = timedelta(hours=6)
TIMEOUT = 2.0
DEADLINE = 3.0
AT_ONCE = 16

log = structlog.get_logger()


class MailDomain(Base):
    """What the DNS said about a domain."""

    __tablename__ = "mail_domain"
    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    problem: Mapped[str] = mapped_column(String(120), comment="empty: it takes mail")
    until: Mapped[datetime] = mapped_column(index=True, comment="not asked again before")


def is_asked(settings: Settings) -> bool:
    """Whether the DNS is asked: not when switched off, and not for the catcher, where no mail leaves the machine."""
    return settings.dns_server != "off" and bool(settings.smtp_url.get_secret_value())


def problems(settings: Settings, domains: Iterable[str]) -> dict[str, str]:
    """Which of `domains` take no mail, and why; asks the DNS about the ones not known, all at once, in seconds."""
    wanted = {domain.lower() for domain in domains}
    query = select(MailDomain.domain, MailDomain.problem).where(MailDomain.domain.in_(wanted), MailDomain.until > now())
    known = {row.domain: row.problem for row in db.session.execute(query)}
    db.session.rollback()
    if unknown := sorted(wanted - known.keys()):
        found = _ask(settings, unknown)
        known |= found
        _keep(found)
    return {domain: problem for domain, problem in known.items() if problem}


def forget_domains() -> None:
    """The chore: delete answers that are out of date."""
    with transaction():
        db.session.execute(delete(MailDomain).where(MailDomain.until <= now()))


def _ask(settings: Settings, domains: list[str]) -> dict[str, str]:
    """The problem of each domain of which the DNS said anything within the deadline; empty: none."""
    try:
        resolver = resolver_of(settings.dns_server)
    except dns.exception.DNSException as error:  # no resolver is set up on this machine
        log.warning("dns.away", error=type(error).__name__)
        return {}
    pool = ThreadPoolExecutor(min(AT_ONCE, len(domains)), thread_name_prefix="dns")
    asked = {pool.submit(_problem, resolver, domain): domain for domain in domains}
    done, late = wait_for(asked, DEADLINE)
    pool.shutdown(wait=False, cancel_futures=True)
    if late:
        log.info("dns.late", domains=len(late))
    answers = {asked[future]: future.result() for future in done}
    return {domain: answer for domain, answer in answers.items() if answer is not None}


def resolver_of(server: str) -> dns.resolver.Resolver:
    """The resolver of this machine, or the server that the settings name."""
    resolver = dns.resolver.Resolver(configure=not server)
    if server:
        host, _, port = server.partition("@")
        resolver.nameservers, resolver.port = [host], int(port or 53)
    resolver.timeout, resolver.lifetime = TIMEOUT, TIMEOUT
    return resolver


def _problem(resolver: dns.resolver.Resolver, domain: str) -> str | None:
    """Why no mail can go to `domain` (RFC 5321 section 5.1, RFC 7505); empty when it can, None when nobody knows."""
    try:
        try:
            hosts = [str(record.exchange) for record in resolver.resolve(domain, "MX")]
        except dns.resolver.NoAnswer:  # no MX: the host itself takes the mail
            return "" if _has_address(resolver, domain) else "the domain has no mail server"
    except dns.resolver.NXDOMAIN:
        return "the domain does not exist"
    except (dns.exception.DNSException, UnicodeError, OSError):
        return None
    return "the domain says that it takes no mail" if hosts == ["."] else ""


def _has_address(resolver: dns.resolver.Resolver, domain: str) -> bool:
    for kind in ("A", "AAAA"):
        try:
            resolver.resolve(domain, kind)
        except dns.resolver.NoAnswer:
            continue
        return True
    return False


def _keep(found: dict[str, str]) -> None:
    with transaction():
        for domain, problem in sorted(found.items()):
            values = {"problem": problem, "until": now(TAKES_NONE_FOR if problem else TAKES_MAIL_FOR)}
            row = upsert(MailDomain).values(domain=domain, **values)
            db.session.execute(row.on_conflict_do_update(index_elements=["domain"], set_=values))
