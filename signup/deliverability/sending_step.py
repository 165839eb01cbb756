"""What an operator sets up once with the mailbox providers, outside of this service: a list to tick off."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db, upsert
from signup.ground.dialect import now


class StepOfSetup(NamedTuple):
    """One step, and the page where it is done."""

    key: str
    url: str


STEPS = (
    StepOfSetup("google-postmaster", "https://postmaster.google.com/"),
    StepOfSetup("yahoo-feedback", "https://senders.yahooinc.com/complaint-feedback-loop/"),
    StepOfSetup("microsoft-snds", "https://sendersupport.olc.protection.outlook.com/snds/"),
    StepOfSetup("microsoft-jmrp", "https://sendersupport.olc.protection.outlook.com/snds/JMRP.aspx"),
    StepOfSetup("gmx-postmaster", "https://postmaster.gmx.net/"),
    StepOfSetup("dmarc-reports", ""),
    StepOfSetup("role-addresses", ""),
)


class SendingStep(Base):
    """A step that somebody ticked off."""

    __tablename__ = "sending_step"
    key: Mapped[str] = mapped_column(String(24), primary_key=True)
    done_at: Mapped[datetime]
    operator_id: Mapped[int]


def done_steps() -> dict[str, datetime]:
    """When each step was done."""
    return {one.key: one.done_at for one in db.session.scalars(select(SendingStep))}


def tick(keys: set[str], operator_id: int) -> list[str]:
    """Make exactly these steps done. Needs an open transaction; returns those that changed."""
    known = {one.key for one in STEPS}
    before, after = set(done_steps()) & known, keys & known
    if gone := before - after:
        db.session.execute(delete(SendingStep).where(SendingStep.key.in_(gone)))
    for key in sorted(after - before):
        row = upsert(SendingStep).values(key=key, done_at=now(), operator_id=operator_id)
        db.session.execute(row.on_conflict_do_nothing())
    return sorted(before ^ after)
