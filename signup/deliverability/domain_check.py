"""The last check of each sender's domain, kept: the DNS takes seconds to ask, and a page shows what was found."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.consent.mailing_list import MailingList
from signup.deliverability.examine_domain import examine
from signup.deliverability.finding import DomainFinding, Grade
from signup.ground.db import Base, db, transaction, upsert
from signup.ground.dialect import Json, now
from signup.ground.jobs import stopping
from signup.ground.urls import settings
from signup.mailer.compose import ascii_domain_of
from signup.mailer.mail_domain import is_asked

EVERY = timedelta(days=1)


class DomainCheck(Base):
    """What the DNS said of a domain."""

    __tablename__ = "domain_check"
    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(Json())
    checked_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None] = mapped_column(comment="somebody waits for a check since")

    @property
    def found(self) -> list[DomainFinding]:
        """The findings, in the order in which one mends them."""
        return [DomainFinding(**one | {"grade": Grade(one["grade"])}) for one in self.findings]

    @property
    def is_awaited(self) -> bool:
        return self.asked_at is not None


def sender_domains() -> list[str]:
    """The domains of all lists' senders."""
    found = db.session.scalars(select(MailingList.sender_address).distinct())
    return sorted({domain for one in found if (domain := ascii_domain_of(one))})


def kept_checks() -> list[DomainCheck]:
    """The last check of each sender's domain; an empty one of a domain that was not checked yet."""
    kept = {one.domain: one for one in db.session.scalars(select(DomainCheck))}
    return [kept.get(domain) or DomainCheck(domain=domain, findings=[]) for domain in sender_domains()]


def ask_for_check(domain: str) -> bool:
    """Have a worker check a sender's domain soon. Needs an open transaction; False for any other domain."""
    if domain not in sender_domains():
        return False
    asked = upsert(DomainCheck).values(domain=domain, findings=[], asked_at=now())
    db.session.execute(asked.on_conflict_do_update(index_elements=[DomainCheck.domain], set_={"asked_at": now()}))
    return True


def check_domains() -> None:
    """The chore: check what somebody waits for and, where mail leaves this machine, every domain once a day."""
    due: ColumnElement[bool] = DomainCheck.asked_at.is_not(None)
    if is_asked(settings()):
        due = or_(due, DomainCheck.checked_at.is_(None), DomainCheck.checked_at <= now(-EVERY))
        with transaction():
            for domain in sender_domains():
                row = upsert(DomainCheck).values(domain=domain, findings=[])
                db.session.execute(row.on_conflict_do_nothing())
    wanted = list(db.session.scalars(select(DomainCheck.domain).where(due).order_by(DomainCheck.domain)))
    db.session.rollback()
    for domain in wanted:
        if stopping().is_set():
            return
        check_domain(domain)


def check_domain(domain: str) -> None:
    """Ask the DNS now, which takes seconds, and keep what it says. Opens its own transaction."""
    found = examine(domain, settings())
    db.session.rollback()  # no transaction stays open while the DNS is asked
    values = {"findings": [one._asdict() for one in found], "checked_at": now(), "asked_at": None}
    with transaction():
        db.session.execute(update(DomainCheck).where(DomainCheck.domain == domain).values(values))
