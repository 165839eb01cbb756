"""An operator: a person who signs in to the admin. The role says what they may do; everything else is refused."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, false, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.access.password import hash_password
from signup.addresses.address import key_of, parse
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now

MIN_PASSWORD = 12


class Role(StrEnum):
    """What an operator may do, from most to least."""

    ADMINISTRATOR = "administrator"
    EDITOR = "editor"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One permission. Every admin route names the one it needs; the service refuses to start when one names none."""

    STATISTICS = "statistics"
    FORMS_SEE = "forms:see"
    FORMS_EDIT = "forms:edit"
    CONTACTS_SEE = "contacts:see"
    CONTACTS_UNMASKED = "contacts:unmasked"
    CONTACTS_EDIT = "contacts:edit"
    CONTACTS_ERASE = "contacts:erase"
    LISTS_EDIT = "lists:edit"
    IMPORT = "import"
    EXPORT = "export"
    SEND = "send"
    OUTBOX = "outbox"
    SETTINGS = "settings"
    AUDIT = "audit"
    OWN_ACCOUNT = "own-account"


_VIEWER = {Permission.STATISTICS, Permission.FORMS_SEE, Permission.CONTACTS_SEE, Permission.OWN_ACCOUNT}
_EDITOR = _VIEWER | {
    Permission.FORMS_EDIT,
    Permission.CONTACTS_UNMASKED,
    Permission.CONTACTS_EDIT,
    Permission.LISTS_EDIT,
    Permission.OUTBOX,
}
PERMITS = {Role.VIEWER: _VIEWER, Role.EDITOR: _EDITOR, Role.ADMINISTRATOR: set(Permission)}
OWN_RIGHTS = {
    Permission.EXPORT: "may_export",
    Permission.IMPORT: "may_import",
    Permission.SEND: "may_send",
}
"""The rights that an operator may get besides the role. Administrators always have them."""
MAY_HOLD = {Role.VIEWER: {Permission.EXPORT}, Role.EDITOR: set(OWN_RIGHTS), Role.ADMINISTRATOR: set[Permission]()}
"""What each role may get. A viewer's exports are masked, as is everything that a viewer sees."""


class Operator(Base):
    """An account. Without a password it is invited, and can sign in only by its ticket."""

    __tablename__ = "operator"
    __table_args__ = (CheckConstraint(f"role IN ({', '.join(repr(r.value) for r in Role)})", name="role"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    address: Mapped[str] = mapped_column(String(254))
    address_key: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[str] = mapped_column(String(16))
    language: Mapped[str | None] = mapped_column(String(5), comment="empty: as the browser asks")
    timezone: Mapped[str] = mapped_column(String(60), default="UTC")
    may_export: Mapped[bool] = mapped_column(default=False, comment="an editor's own right; administrators have it")
    may_import: Mapped[bool] = mapped_column(default=False, server_default=false(), comment="as may_export")
    may_send: Mapped[bool] = mapped_column(default=False, server_default=false(), comment="as may_export")
    every_list: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="works with all lists; without, with those in list_grant"
    )
    weekly_summary: Mapped[bool] = mapped_column(default=False, server_default=false())
    contact_columns: Mapped[list[str] | None] = mapped_column(
        comment="what the contacts page shows them; empty: as usual"
    )
    password_hash: Mapped[str | None] = mapped_column(String(255))
    totp_secret: Mapped[str | None] = mapped_column(String(64))  # encrypted: `app_code`
    totp_step: Mapped[int] = mapped_column(default=0, comment="the last time step used: a code works once")
    # Read by web processes of the release before while this one comes up; the next release can drop both.
    failures: Mapped[int] = mapped_column(default=0)
    wait_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    def may(self, permission: Permission) -> bool:
        """Whether this operator has the permission."""
        if self.disabled_at is not None:
            return False
        role = Role(self.role)
        is_own = permission in MAY_HOLD[role] and bool(getattr(self, OWN_RIGHTS[permission]))
        return is_own or permission in PERMITS[role]


def find_operator(address: str) -> "Operator | None":
    """The operator with this address, disabled ones too."""
    return db.session.scalar(select(Operator).where(Operator.address_key == key_of(address)))


def add_operator(address: str, name: str, role: Role, password: str | None = None) -> "Operator":
    """Create an account. Without a password it waits for its ticket. Needs an open transaction.

    It works with no list until some are granted. Raises `InvalidAddress`, `ValueError` for a short password,
    `IntegrityError` for an address already there.
    """
    parsed = parse(address)
    operator = Operator(address=parsed.mailed, address_key=parsed.key, name=name.strip()[:120], role=Role(role))
    if password is not None:
        if len(password) < MIN_PASSWORD:
            raise ValueError("password too short")
        operator.password_hash = hash_password(password)
    db.session.add(operator)
    db.session.flush()
    return operator


class Ticket(Base):
    """A link for an operator that is valid once: an invitation, a new password, or the very first sign-in."""

    __tablename__ = "ticket"
    uid: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    purpose: Mapped[str] = mapped_column(String(10), comment="invite, reset or sign-in")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
