"""Operators' sessions on the server. A row can be revoked; the cookie holds a random secret, the database its hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.access.operator import Operator
from signup.ground.db import Base, db
from signup.ground.dialect import now

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
STEP_UP = timedelta(minutes=5)
TOUCH_EVERY = timedelta(minutes=1)
SECRET_BYTES = 32


class OperatorSession(Base):
    """One browser that is signed in."""

    __tablename__ = "operator_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    seen_at: Mapped[datetime] = mapped_column(server_default=now())
    proved_at: Mapped[datetime] = mapped_column(server_default=now(), comment="last password or second factor: step-up")
    ended_at: Mapped[datetime | None]
    operator: Mapped[Operator] = relationship(lazy="joined", innerjoin=True)


def secret_hash(secret: str) -> str:
    """The hash by which a session is found."""
    return hashlib.sha256(secret.encode()).hexdigest()


def begin(operator_id: int, ip: str | None, agent: str) -> str:
    """Open a session and return its secret, which is not stored. Needs an open transaction."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    db.session.add(OperatorSession(secret_hash=secret_hash(secret), operator_id=operator_id, ip=ip, agent=agent[:300]))
    return secret


_ALIVE = (
    OperatorSession.ended_at.is_(None),
    OperatorSession.seen_at > now(-IDLE),
    OperatorSession.created_at > now(-ABSOLUTE),
)


def find(secret: str) -> tuple[OperatorSession | None, bool]:
    """The open session with this secret, and whether `touch` is due. The database's clock judges."""
    query = (
        select(OperatorSession, OperatorSession.seen_at < now(-TOUCH_EVERY))
        .join(Operator, OperatorSession.operator_id == Operator.id)
        .where(OperatorSession.secret_hash == secret_hash(secret), *_ALIVE, Operator.disabled_at.is_(None))
    )
    row = db.session.execute(query).first()
    return (row[0], bool(row[1])) if row else (None, False)


def touch(found: OperatorSession) -> None:
    """Note that the session is in use. Needs an open transaction."""
    db.session.execute(update(OperatorSession).where(OperatorSession.id == found.id, *_ALIVE).values(seen_at=now()))


def is_proved(found: OperatorSession) -> bool:
    """Whether the operator gave a password or a second factor within `STEP_UP`."""
    query = select(OperatorSession.id).where(OperatorSession.id == found.id, OperatorSession.proved_at > now(-STEP_UP))
    return db.session.scalar(query) is not None


def prove(found: OperatorSession) -> None:
    """Note that the operator has just proved who they are. Needs an open transaction."""
    db.session.execute(update(OperatorSession).where(OperatorSession.id == found.id).values(proved_at=now()))


def open_sessions(operator_id: int) -> list[OperatorSession]:
    """The operator's open sessions, the last used first."""
    query = select(OperatorSession).where(OperatorSession.operator_id == operator_id, *_ALIVE)
    return list(db.session.scalars(query.order_by(OperatorSession.seen_at.desc(), OperatorSession.id.desc())))


def end(operator_id: int, session_id: int | None = None, keep: int | None = None) -> int:
    """End one session of the operator, or all except `keep`. Returns how many. Needs an open transaction."""
    query = update(OperatorSession).where(
        OperatorSession.operator_id == operator_id, OperatorSession.ended_at.is_(None)
    )
    if session_id is not None:
        query = query.where(OperatorSession.id == session_id)
    if keep is not None:
        query = query.where(OperatorSession.id != keep)
    return len(db.session.execute(query.values(ended_at=now()).returning(OperatorSession.id)).all())
