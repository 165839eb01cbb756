"""A key for a program: what the program may do, on which lists, until when. It sends the key in a header of each
request.

The secret is 160 random bits, shown once and kept as SHA-256: there is nothing to guess that a slow hash would protect.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import String, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.errors import NotFound

PREFIX = "signup_"  # so that scanners of code and logs know one when they see it
SECRET_BYTES = 20
HINT_LENGTH = 4
SEEN_EVERY = timedelta(minutes=1)


class KeyScope(StrEnum):
    """What a key may do. It may do nothing else."""

    CODES_REDEEM = "codes:redeem"


class ApiKey(Base):
    """The key of one program. A revoked or expired key opens nothing, and stays in the list."""

    __tablename__ = "api_key"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(60), comment="whose program it is")
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(4), comment="the secret's last letters, to tell keys apart")
    scopes: Mapped[list[str]]
    list_ids: Mapped[list[int]] = mapped_column(comment="the lists it reaches; empty: all")
    operator_id: Mapped[int | None] = mapped_column(comment="who made it; empty: the console")
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None] = mapped_column(comment="to the minute")
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    def may(self, scope: KeyScope) -> bool:
        return scope in self.scopes


class NewApiKey(NamedTuple):
    """A key that was just made, and its secret, which is shown only now."""

    key: ApiKey
    secret: str


def make(
    name: str, scopes: list[KeyScope], list_ids: list[int], ttl: timedelta | None, operator_id: int | None = None
) -> NewApiKey:
    """Make a key. Without lists it is valid for all of them, without `ttl` it has no end. Needs an open transaction."""
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey(
        name=name.strip()[:60],
        secret_hash=_hash(secret),
        hint=secret[-HINT_LENGTH:],
        scopes=[scope.value for scope in scopes],
        list_ids=list_ids,
        operator_id=operator_id,
    )
    db.session.add(key)
    db.session.flush()
    if ttl is not None:  # by the database's clock, like every deadline
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=now(ttl)))
        db.session.refresh(key)
    return NewApiKey(key, secret)


def find(secret: str) -> ApiKey | None:
    """The key with this secret, while it is valid."""
    alive = ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now())
    found: ApiKey | None = db.session.scalar(select(ApiKey).where(ApiKey.secret_hash == _hash(secret), *alive))
    return found


def note_use(key: ApiKey) -> None:
    """Note the time of use, at most once a minute, so that a busy program does not write at every request."""
    stale = or_(ApiKey.used_at.is_(None), ApiKey.used_at < now(-SEEN_EVERY))
    db.session.execute(update(ApiKey).where(ApiKey.id == key.id, stale).values(used_at=now()))


def revoke(uid: UUID) -> bool:
    """End a key for good. Returns False when it had ended before. Raises `NotFound`. Needs an open transaction."""
    if db.session.scalar(select(ApiKey.id).where(ApiKey.uid == uid)) is None:
        raise NotFound(f"key {uid}")
    ended = update(ApiKey).where(ApiKey.uid == uid, ApiKey.revoked_at.is_(None)).values(revoked_at=now())
    return db.session.execute(ended.returning(ApiKey.id)).first() is not None


def api_keys() -> list[ApiKey]:
    """All keys, the valid ones first."""
    return list(db.session.scalars(select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
