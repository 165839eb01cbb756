"""A sign-up as submitted: one row for each accepted submission, with its own confirmation, code and download."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.consent.consent_event import ConsentEvent, ConsentType, event_of
from signup.consent.subscription import Subscription, SubscriptionState
from signup.consent.visit import Visit
from signup.forms.form import Form, FormVersion
from signup.ground.clock import uuid7
from signup.ground.db import Base
from signup.ground.dialect import now


class SignupState(StrEnum):
    """Where one sign-up stands; the subscription it asks for has a state of its own."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REPEATED = "repeated"
    """Somebody already confirmed signed up again: there is nothing to confirm."""
    DISOWNED = "disowned"
    """"This wasn't me"."""


class Signup(Base):
    """One submission. Its answers are parked here until it is confirmed."""

    __tablename__ = "signup"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in SignupState)})", name="state"),
        Index("ix_signup_contact_id_id", "contact_id", "id"),
        Index("ix_signup_handle_id", "handle", "id"),
        Index("ix_signup_state_expires_at", "state", "expires_at"),
        Index(
            "ix_signup_remind_at",
            "remind_at",
            postgresql_where=text("remind_at IS NOT NULL"),
            sqlite_where=text("remind_at IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},  # proof names its id: none is given out twice
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"))
    handle: Mapped[str] = mapped_column(String(32), comment="keyed hash of list and address: finds it for a typed code")
    state: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(5))
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="page, referrer, utm, placement")
    site: Mapped[str] = mapped_column(String(120), default="", server_default="", comment="origin of the page")
    placement: Mapped[str] = mapped_column(String(60), default="", server_default="", comment="the form's `src`")
    provider: Mapped[str] = mapped_column(
        String(12), default="", server_default="", comment="who keeps the mailbox, of a short list"
    )
    method: Mapped[str] = mapped_column(String(20), default="form")
    ip: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(300))
    code_hash: Mapped[str | None] = mapped_column(String(32))
    code_tries: Mapped[int] = mapped_column(default=0)
    code_until: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    viewed_at: Mapped[datetime | None] = mapped_column(comment="first look at the confirmation page, a scanner's too")
    remind_at: Mapped[datetime | None] = mapped_column(comment="when to look whether a reminder is due; none: never")
    reminded: Mapped[int] = mapped_column(default=0, server_default="0", comment="reminders so far")
    trial: Mapped[str | None] = mapped_column(
        String(8), comment="drawn when the first reminder was due: `reminded`, or `holdout` that gets none"
    )
    confirmed_at: Mapped[datetime | None]
    downloads: Mapped[int] = mapped_column(default=0)
    download_until: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None] = mapped_column(comment="an operator ended its download link")
    form: Mapped[Form] = relationship(lazy="select")
    form_version: Mapped[FormVersion] = relationship(lazy="select")
    subscription: Mapped[Subscription] = relationship(lazy="select")

    @property
    def is_pending(self) -> bool:
        return self.state == SignupState.PENDING

    @property
    def is_done(self) -> bool:
        """Whether its person is on the list, by this confirmation or an earlier one."""
        return self.state in {SignupState.CONFIRMED, SignupState.REPEATED}

    @property
    def has_left(self) -> bool:
        """Whether its person was on the list by it, and is not any more."""
        return self.is_done and self.subscription.state != SubscriptionState.CONFIRMED

    def event(self, kind: ConsentType, visit: Visit | None = None, **more: Any) -> ConsentEvent:
        """An entry in the proof about this sign-up, in its language."""
        own = {"signup_id": self.id, "form_version_id": self.form_version_id}
        return event_of(self, kind, self.language, visit, **own, **more)
