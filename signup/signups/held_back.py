"""Records which rule held back sign-ups of which form; rows are added up by the hour. It never keeps an address."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, delete, func, insert, literal_column, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.counts import tally
from signup.counts.tally import Measure
from signup.forms.live_form import LiveForm
from signup.ground.db import Base, db, is_postgresql, transaction
from signup.ground.dialect import now
from signup.ground.urls import settings
from signup.limits.limit_rule import UNREADABLE, network_of

KEEP = timedelta(days=30)
KEEP_LOOSE = 500
"""So many of the newest are shown one by one; older ones are only numbers."""


class Held(Base):
    """`n` sign-ups held back at one moment; in one hour once folded."""

    __tablename__ = "held"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=now(), index=True)
    form_id: Mapped[int]
    rule: Mapped[str] = mapped_column(String(24))
    n: Mapped[int] = mapped_column(default=1, comment="minus one: the challenge was solved after all")
    network: Mapped[str] = mapped_column(
        String(45), default="", comment="/24 or /48 of the visitor; blanked when folded"
    )
    domain: Mapped[str] = mapped_column(String(254), default="", comment="of the mailbox; blanked when folded")
    folded: Mapped[bool] = mapped_column(default=False)


def note(form: LiveForm, rule: str, ip: str | None, domain: str) -> None:
    """Write down that `rule` held a sign-up back."""
    known = network_of(ip, wide=True) if settings().keep_addresses_of_visitors else None
    network = "" if known in {None, UNREADABLE} else str(known)
    with transaction():
        tally.count([{"list_id": form.list_id, "form_id": form.id, "source": rule, "measure": Measure.HELD}])
        db.session.execute(insert(Held).values(form_id=form.id, rule=rule, network=network, domain=domain))


def note_solved(form: LiveForm) -> None:
    """Record that a visitor brought the proof of work that they were asked for: nothing was held back after all."""
    row = {"list_id": form.list_id, "form_id": form.id, "source": "proof", "measure": Measure.HELD, "n": -1}
    with transaction():
        tally.count([row])
        db.session.execute(insert(Held).values(form_id=form.id, rule="proof", n=-1))


def unsolved(since: timedelta) -> int:
    """How many were asked for proof of work within `since` and never brought it."""
    found = db.session.scalar(select(func.sum(Held.n)).where(Held.at > now(-since), Held.rule == "proof"))
    return int(found or 0)


def fold_held() -> None:
    """The chore: add rows up to a number an hour, but for the newest few; delete old ones."""
    with transaction():
        db.session.execute(delete(Held).where(Held.at < now(-KEEP)))
        kept = db.session.scalar(select(Held.id).order_by(Held.id.desc()).offset(KEEP_LOOSE).limit(1))
        if kept is None:
            return
        old = and_(Held.id <= kept, ~Held.folded)
        gone = delete(Held).where(old).returning(_hour(), Held.form_id, Held.rule, Held.n)
        sums: dict[tuple[Any, ...], int] = {}
        for *key, n in db.session.execute(gone):
            sums[tuple(key)] = sums.get(tuple(key), 0) + n
        rows = [
            {"at": at, "form_id": form_id, "rule": rule, "n": n, "network": "", "domain": "", "folded": True}
            for (at, form_id, rule), n in sums.items()
            if n
        ]
        if rows:
            db.session.execute(insert(Held), rows)


def _hour() -> ColumnElement[datetime]:
    sql = "date_trunc('hour', at)" if is_postgresql() else "strftime('%Y-%m-%d %H:00:00.000', at)"
    return literal_column(sql, Held.at.type)
