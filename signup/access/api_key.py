"""A key for a program: what the program may do, on which lists, until when. It sends the key in a header of each
request.

The secret is 160 random bits, shown once and kept as SHA-256: there is nothing to guess that a slow hash would protect.
Its last six characters are a checksum: what is no key at all is refused without asking the database, and who searches
code for lost keys finds no false ones.
"""

import hashlib
import json
import secrets
import zlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import String, false, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import utcnow, uuid7
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now, read_instant
from signup.ground.driver_sql import driver_connection, first_by_name, run
from signup.ground.errors import NotFound

PREFIX, LIVE, TEST = "signup_", "signup_live_", "signup_test_"
"""So that scanners of code and logs know one when they see it. Keys of releases before are not `LIVE` and have no
checksum.
"""
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_LENGTH = 27
"""Characters of base 62: 160 bits."""
CHECKSUM_LENGTH = 6
HINT_LENGTH = 4
SEEN_EVERY = timedelta(minutes=1)


class KeyScope(StrEnum):
    """What a key may do. It may do nothing else."""

    CODES_REDEEM = "codes:redeem"
    SIGNUPS_WRITE = "signups:write"
    LISTS_READ = "lists:read"
    FORMS_READ = "forms:read"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    SUBSCRIPTIONS_READ = "subscriptions:read"
    SUBSCRIPTIONS_WRITE = "subscriptions:write"
    SEGMENTS_READ = "segments:read"
    CONSENTS_READ = "consents:read"
    SUPPRESSIONS_READ = "suppressions:read"
    SUPPRESSIONS_WRITE = "suppressions:write"
    EVENTS_READ = "events:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


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
    is_masked: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="it reads masked addresses and no answers"
    )
    is_test: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="what it signs up are tests, which count nowhere"
    )
    operator_id: Mapped[int | None] = mapped_column(comment="who made it; empty: the console")
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None] = mapped_column(comment="to the minute")
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    def may(self, scope: KeyScope) -> bool:
        return scope in self.scopes

    @property
    def lists(self) -> frozenset[int] | None:
        """The ids of the lists that it reaches. None: every list."""
        return frozenset(self.list_ids) if self.list_ids else None

    @property
    def signature(self) -> str:
        """Who did it, in the audit trail and in a contact's history."""
        return f"API key {self.name}"


class NewApiKey(NamedTuple):
    """A key that was just made, and its secret, which is shown only now."""

    key: ApiKey
    secret: str


class KeyRange(NamedTuple):
    """How far a key reaches."""

    scopes: list[KeyScope]
    list_ids: list[int]
    """Empty: all lists."""
    is_masked: bool = False
    is_test: bool = False


def make(name: str, reach: KeyRange, ttl: timedelta | None, operator_id: int | None = None) -> NewApiKey:
    """Make a key. Without lists it is valid for all of them, without `ttl` it has no end. Needs an open transaction."""
    secret = _new_secret(TEST if reach.is_test else LIVE)
    key = ApiKey(
        name=name.strip()[:60],
        secret_hash=_hash(secret),
        hint=secret[-HINT_LENGTH:],
        scopes=[scope.value for scope in reach.scopes],
        list_ids=reach.list_ids,
        is_masked=reach.is_masked,
        is_test=reach.is_test,
        operator_id=operator_id,
    )
    db.session.add(key)
    db.session.flush()
    if ttl is not None:  # by the database's clock, like every deadline
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id).values(expires_at=now(ttl)))
        db.session.refresh(key)
    return NewApiKey(key, secret)


def find(secret: str) -> ApiKey | None:
    """The key with this secret, while it is valid: to be read, not to be changed."""
    if not is_well_formed(secret):
        return None
    # On a connection of the driver: every request of a program waits for this, and a session costs more than it.
    with driver_connection(writes=False) as connection:
        row = first_by_name(run(connection, _FIND, {"hash": _hash(secret)}))
    if row is None:
        return None
    row["uid"] = row["uid"] if isinstance(row["uid"], UUID) else UUID(row["uid"])
    for name in ("scopes", "list_ids"):
        row[name] = json.loads(row[name]) if isinstance(row[name], str) else row[name]
    for name in ("is_masked", "is_test"):
        row[name] = bool(row[name])
    for name in ("expires_at", "used_at"):
        row[name] = read_instant(row[name])
    return ApiKey(**row)


_FIND = """
    SELECT id, uid, name, hint, scopes, list_ids, is_masked, is_test, expires_at, used_at FROM api_key
    WHERE secret_hash = :hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > NOW())
"""


def note_use(key: ApiKey) -> None:
    """Note the time of use, at most once a minute, so that a busy program does not write at every request. Opens its
    own transaction.
    """
    if key.used_at is not None and key.used_at > utcnow() - SEEN_EVERY:
        return
    stale = or_(ApiKey.used_at.is_(None), ApiKey.used_at < now(-SEEN_EVERY))
    with transaction():
        db.session.execute(update(ApiKey).where(ApiKey.id == key.id, stale).values(used_at=now()))


def rotate(uid: UUID, overlap: timedelta, ttl: timedelta | None, operator_id: int | None = None) -> NewApiKey:
    """Make a key that reaches as far as an old one, which ends after `overlap`, or sooner if it would have.

    Raises `NotFound` for one that has ended. Needs an open transaction.
    """
    alive = ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now())
    old = db.session.scalar(select(ApiKey).where(ApiKey.uid == uid, *alive).with_for_update())
    if old is None:
        raise NotFound(f"key {uid}")
    reach = KeyRange([KeyScope(one) for one in old.scopes], old.list_ids, old.is_masked, old.is_test)
    made = make(old.name, reach, ttl, operator_id)
    sooner = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now(overlap))
    db.session.execute(update(ApiKey).where(ApiKey.id == old.id, sooner).values(expires_at=now(overlap)))
    return made


def revoke(uid: UUID) -> bool:
    """End a key for good. Returns False when it had ended before. Raises `NotFound`. Needs an open transaction."""
    if db.session.scalar(select(ApiKey.id).where(ApiKey.uid == uid)) is None:
        raise NotFound(f"key {uid}")
    ended = update(ApiKey).where(ApiKey.uid == uid, ApiKey.revoked_at.is_(None)).values(revoked_at=now())
    return db.session.execute(ended.returning(ApiKey.id)).first() is not None


def api_keys() -> list[ApiKey]:
    """All keys, the valid ones first."""
    return list(db.session.scalars(select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())))


def is_well_formed(secret: str) -> bool:
    """Whether the text can be a key: its checksum is right, or it is of a release before."""
    if not secret.startswith((LIVE, TEST)):
        return secret.startswith(PREFIX)
    return secret[-CHECKSUM_LENGTH:] == _checksum(secret[:-CHECKSUM_LENGTH])


def _new_secret(prefix: str) -> str:
    body = prefix + "".join(secrets.choice(BASE62) for _ in range(SECRET_LENGTH))
    return body + _checksum(body)


def _checksum(body: str) -> str:
    rest, digits = zlib.crc32(body.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(BASE62))
        digits = BASE62[digit] + digits
    return digits


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
