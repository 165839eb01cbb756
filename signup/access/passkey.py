"""Passkeys: keys in a phone, a computer or a stick that prove who signs in (W3C WebAuthn level 2, by `fido2`).

A key is bound to the name in PUBLIC_URL, so a page elsewhere cannot ask for it. Challenges are signed, not stored; one
that was answered is written down, and is good for nothing more.
"""

import json
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from sqlalchemy import ForeignKey, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.access.operator import Operator
from signup.ground.clock import uuid7
from signup.ground.db import Base, db, transaction, upsert
from signup.ground.dialect import now
from signup.ground.errors import InvalidToken
from signup.ground.tokens import PASSKEY_TTL, TokenPurpose, keys
from signup.ground.urls import origin_of, settings

MAX_ANSWER = 20_000
MAX_PASSKEYS = 20
KEEP = timedelta(days=1)
VERIFIED = UserVerificationRequirement.REQUIRED  # a finger, a face or a PIN: two factors at once
Options = dict[str, Any]


class Passkey(Base):
    """A passkey of an operator."""

    __tablename__ = "passkey"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    credential: Mapped[bytes] = mapped_column(LargeBinary, comment="attested credential data (WebAuthn 6.5.1)")
    sign_count: Mapped[int] = mapped_column(default=0, comment="one that does not grow tells of a copy; 0: none kept")
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    used_at: Mapped[datetime | None]


class SpentChallenge(Base):
    """A challenge that was answered. It is not valid again."""

    __tablename__ = "spent_challenge"
    uid: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=now())


def is_possible() -> bool:
    """Whether browsers offer passkeys for this service's address."""
    return suits(settings().public_url)


def suits(public_url: str) -> bool:
    """Whether a passkey can be bound to this address: a name, not a number, and with TLS except on this machine."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
    return False


def passkeys_of(operator_id: int) -> list[Passkey]:
    """The operator's passkeys, the oldest first."""
    return list(db.session.scalars(select(Passkey).where(Passkey.operator_id == operator_id).order_by(Passkey.id)))


def creation_options(operator: Operator) -> Options:
    """What the browser is asked for when it creates a passkey, as JSON values."""
    user = PublicKeyCredentialUserEntity(
        name=operator.address, display_name=operator.name or operator.address, id=operator.uid.bytes
    )
    options, _state = _server().register_begin(
        user,
        [AttestedCredentialData(one.credential) for one in passkeys_of(operator.id)],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=VERIFIED,
        challenge=_challenge(),
    )
    return dict(options.public_key)


def request_options(operator: Operator | None = None) -> Options:
    """What the browser is asked to prove, with one of the operator's passkeys or with any that it has."""
    keys_of_theirs = [AttestedCredentialData(one.credential) for one in passkeys_of(operator.id)] if operator else None
    options, _state = _server().authenticate_begin(keys_of_theirs, user_verification=VERIFIED, challenge=_challenge())
    return dict(options.public_key)


def add_passkey(operator: Operator, name: str, answer: str, at: datetime) -> Passkey | None:
    """Store the passkey that the browser created; None when its answer is wrong. Needs an open transaction."""
    try:
        response = RegistrationResponse.from_dict(json.loads(answer[:MAX_ANSWER]))
        challenge = response.response.client_data.challenge
        made = _server().register_complete(_state(challenge), response).credential_data
    except Exception:  # noqa: BLE001  # foreign bytes: the parsers have many errors, and each means no
        return None
    if made is None or not _spend(challenge, at) or len(passkeys_of(operator.id)) >= MAX_PASSKEYS:
        return None
    values = {"operator_id": operator.id, "name": name, "credential_id": made.credential_id, "credential": bytes(made)}
    known = upsert(Passkey).values(uid=uuid7(), sign_count=0, **values).on_conflict_do_nothing()
    added = db.session.scalar(known.returning(Passkey.id))
    return db.session.get(Passkey, added) if added else None


def prove_passkey(answer: str, at: datetime, operator: Operator | None = None) -> Passkey | None:
    """The passkey that made this answer, of `operator` if one is named; else None. Needs an open transaction."""
    try:
        response = AuthenticationResponse.from_dict(json.loads(answer[:MAX_ANSWER]))
        challenge = response.response.client_data.challenge
        found = db.session.scalar(select(Passkey).where(Passkey.credential_id == response.raw_id))
        if found is None or (operator is not None and found.operator_id != operator.id):
            return None
        _server().authenticate_complete(_state(challenge), [AttestedCredentialData(found.credential)], response)
        count = response.response.authenticator_data.counter
    except Exception:  # noqa: BLE001  # as above
        return None
    # WebAuthn 7.2: a count that does not grow tells of a copied key, unless the key never counts.
    grows = Passkey.sign_count < count if count else Passkey.sign_count == 0
    used = update(Passkey).where(Passkey.id == found.id, grows).values(sign_count=count, used_at=now())
    if not _spend(challenge, at) or db.session.scalar(used.returning(Passkey.id)) is None:
        return None
    return found


def remove_passkey(operator_id: int, uid: UUID) -> bool:
    """Remove a passkey of the operator. Needs an open transaction."""
    gone = delete(Passkey).where(Passkey.operator_id == operator_id, Passkey.uid == uid).returning(Passkey.id)
    return db.session.scalar(gone) is not None


def forget_passkeys(operator_id: int) -> None:
    """Remove all passkeys of the operator. Needs an open transaction."""
    db.session.execute(delete(Passkey).where(Passkey.operator_id == operator_id))


def forget_challenges() -> None:
    """The chore that deletes answered challenges once they have expired."""
    with transaction():
        db.session.execute(delete(SpentChallenge).where(SpentChallenge.at < now(-KEEP)))


def _server() -> Fido2Server:
    origin = origin_of(settings().public_url)
    host = urlsplit(origin).hostname or ""
    return Fido2Server(PublicKeyCredentialRpEntity(name="Signup", id=host), verify_origin=lambda asked: asked == origin)


def _challenge() -> bytes:
    return keys().sign(TokenPurpose.PASSKEY, uuid7()).encode()


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": VERIFIED}


def _spend(challenge: bytes, at: datetime) -> bool:
    """Whether the service made the challenge, it has not expired, and this is its first answer."""
    try:
        opened = keys().open(TokenPurpose.PASSKEY, challenge.decode("ascii"))
    except (InvalidToken, UnicodeDecodeError):
        return False
    if not opened.signed_at <= at + timedelta(minutes=1) or at - opened.signed_at > PASSKEY_TTL:
        return False
    first = upsert(SpentChallenge).values(uid=opened.id).on_conflict_do_nothing()
    return db.session.scalar(first.returning(SpentChallenge.uid)) is not None
