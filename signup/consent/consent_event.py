"""Consent events: the append-only proof of what each person agreed to, when, how, and what they were told.

GDPR art. 7(1); EDPB guidelines 05/2020, 104-108. The header holds nothing personal; the payload and its salt can be
blanked when a person is erased, and nothing else can ever change (triggers on both engines see to it).
"""

import secrets
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from signup.consent.visit import Visit
from signup.ground.clock import uuid7
from signup.ground.db import Base
from signup.ground.dialect import now

SALT_BYTES = 32
"""Half of it for the personal payload, half for IP and agent in full, whose time ends earlier."""
PURPOSE_LIST = "list"


class ConsentType(StrEnum):
    """What happened. Withdrawals are events too."""

    REQUESTED = "requested"
    MAIL_ACCEPTED = "mail_accepted"
    CONFIRMED = "confirmed"
    PREFERENCE_CHANGED = "preference_changed"
    WITHDRAWN = "withdrawn"
    """From one purpose alone: the subscription goes on."""
    TRACKING_GRANTED = "tracking_granted"
    TRACKING_WITHDRAWN = "tracking_withdrawn"
    """For one of the two purposes of `consent.tracking`."""
    UNSUBSCRIBED = "unsubscribed"
    MAIL_BOUNCED = "mail_bounced"
    """A mail came back for good: the list mails this address no longer."""
    COMPLAINED = "complained"
    """The person reported a mail as spam."""
    DISOWNED = "disowned"
    EXPIRED = "expired"
    IMPORTED = "imported"
    """By a file; the method says with which grade of evidence, the payload what the file said."""
    CORRECTED = "corrected"
    """An import or a merge was taken back."""
    MERGED = "merged"
    """Another contact became part of this one: the payload names it, and its proof is read beside this one's."""
    ERASED = "erased"
    """The person was deleted for good: what this contact's events held of a person is blank."""


class ConsentEvent(Base):
    """One event. Columns up to `relay_reply` are the header, the rest the personal payload."""

    __tablename__ = "consent_event"
    __table_args__ = (Index("ix_consent_event_contact_id_id", "contact_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    type: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(server_default=now())
    contact_id: Mapped[int] = mapped_column(comment="no foreign key: the proof outlives the contact")
    list_id: Mapped[int]
    signup_id: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(String(40), default=PURPOSE_LIST)
    controller: Mapped[str] = mapped_column(String(200), default="")
    form_version_id: Mapped[int | None]
    wording_hash: Mapped[str | None] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(5), default="en")
    method: Mapped[str] = mapped_column(
        String(20), default="", comment="form, json, link, code, same-browser, one-click …"
    )
    key_id: Mapped[str | None] = mapped_column(String(8), comment="which signing key's token was used")
    mail_template_hash: Mapped[str | None] = mapped_column(String(64))
    mail_hash: Mapped[str | None] = mapped_column(String(64), comment="SHA-256 of the mail as handed over")
    mail_message_id: Mapped[str | None] = mapped_column(String(200))
    relay_reply: Mapped[str | None] = mapped_column(String(500))
    # payload
    address: Mapped[str | None] = mapped_column(String(254), comment="as typed")
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))
    page: Mapped[str | None] = mapped_column(String(500))
    referrer: Mapped[str | None] = mapped_column(String(500))
    answers: Mapped[dict[str, Any] | None] = mapped_column()
    salt: Mapped[bytes | None] = mapped_column(LargeBinary, default=lambda: secrets.token_bytes(SALT_BYTES))


PAYLOAD = ("address", "ip", "agent", "page", "referrer", "answers", "salt")
GUARDED = tuple(column.name for column in ConsentEvent.__table__.columns if column.name not in PAYLOAD)


def event_of(about: Any, kind: ConsentType, locale: str, visit: Visit | None = None, **more: Any) -> ConsentEvent:
    """An event about a subscription or a sign-up, with what `visit` tells of who acted."""
    acted = asdict(visit) if visit else {}
    columns = {"contact_id": about.contact_id, "list_id": about.list_id, "locale": locale} | acted | more
    return ConsentEvent(type=kind, **columns)


def insert_event(source: str = "", **columns: str) -> str:
    """The statement that adds an event, for the hand-written ones: each column with its SQL, and the `FROM` of it.

    Without a source they are the values of one row.
    """
    given = {"at": "NOW()", "purpose": f"'{PURPOSE_LIST}'"} | columns
    if unknown := given.keys() - ConsentEvent.__table__.columns.keys():
        raise TypeError(f"no column of a consent event: {', '.join(sorted(unknown))}")
    names, values = ", ".join(given), ", ".join(given.values())
    rest = f"SELECT {values} {source}" if source else f"VALUES ({values})"
    return f"INSERT INTO consent_event ({names}) {rest}"
