"""Reports of receivers, and what they add up to: how many mails a day came in a domain's name, from where, and how
they fared. Anybody can send a report: it names its sender, and nothing but figures is made of it.
"""

from datetime import date, datetime

from sqlalchemy import Index, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now
from signup.ground.keep_time import is_due

SETTING = "keep_activity_months"


class DmarcReport(Base):
    """A report that was read: it is not counted again."""

    __tablename__ = "dmarc_report"
    __table_args__ = (Index("ix_dmarc_report_received_at", "received_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, comment="of organisation, domain and the report's id")
    organisation: Mapped[str] = mapped_column(String(80), comment="as it calls itself")
    domain: Mapped[str] = mapped_column(String(253))
    received_at: Mapped[datetime] = mapped_column(server_default=now())


class DmarcCount(Base):
    """The mails of one day, by who reports, the domain, where they came from and whether they are aligned."""

    __tablename__ = "dmarc_count"
    __table_args__ = (
        Index("ix_dmarc_count_day", "day"),
        Index("uq_dmarc_count_of", "domain", "day", "organisation", "source", "dkim", "spf", "outcome", unique=True),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    domain: Mapped[str] = mapped_column(String(253))
    organisation: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(45), comment="IP address of the server that sent")
    dkim: Mapped[bool] = mapped_column(comment="signed by an aligned domain")
    spf: Mapped[bool] = mapped_column(comment="sent with an aligned return path")
    outcome: Mapped[str] = mapped_column(String(10), comment="none, quarantine or reject")
    n: Mapped[int]


def forget_reports() -> int:
    """The chore: delete what is old. Returns how many rows went."""
    done = 0
    for table, at in ((DmarcReport, DmarcReport.received_at), (DmarcCount, DmarcCount.day)):
        with transaction():
            done += len(db.session.execute(delete(table).where(is_due(at, SETTING)).returning(table.id)).all())
    return done
