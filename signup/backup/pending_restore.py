"""Whether a restore is not finished. Every process asks before it starts, so this loads little."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from signup.backup.database_copy import PENDING
from signup.ground.db import db
from signup.ground.errors import SignupError
from signup.ground.jobs import Beat


class RestorePending(SignupError):
    """The service must not start yet."""


def pending_since() -> datetime | None:
    """The time of the backup whose restore is not finished; None if there is none."""
    owner = db.session.scalar(select(Beat.owner).where(Beat.name == PENDING))
    db.session.rollback()
    return datetime.fromisoformat(owner) if owner else None


def refuse_while_pending() -> None:
    """Raise `RestorePending` while a restore is not finished: somebody who left would be mailed."""
    try:
        begun = pending_since()
    except SQLAlchemyError:  # no database yet, or none that can be asked: whoever needs it says so
        db.session.rollback()
        return
    if begun is not None:
        raise RestorePending("a restore is not finished: run `signup restore`")
