"""What the reports add up to, by where the mails came from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from signup.bounces.dmarc.dmarc_report import DmarcCount
from signup.ground.db import db

MOST = 50
"""Sources that are shown, those with the most mails."""


def sources(days: int) -> list[Any]:
    """The mails of the last days by domain, source, who reports, alignment and outcome; the most first."""
    of = DmarcCount
    first = datetime.now(UTC).date() - timedelta(days=days)
    columns = (of.domain, of.source, of.organisation, of.dkim, of.spf, of.outcome)
    n = func.sum(of.n).label("n")
    query = select(*columns, n).where(of.day >= first).group_by(*columns).order_by(n.desc(), *columns)
    return list(db.session.execute(query.limit(MOST)))
