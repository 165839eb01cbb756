"""A kiosk: a device in a shop on which staff sign customers up. Its token, the staff and their PINs, who is at it now.

The token in the kiosk's address only shows the PIN pad. The PIN says who typed an entry; it guards no data by itself.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.access.password import fits, hash_password, is_outdated
from signup.forms.form import Definition, Form
from signup.ground.clock import uuid7
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now
from signup.ground.errors import InvalidToken, KioskRevoked, NotFound
from signup.ground.i18n import _
from signup.ground.tokens import TokenPurpose, keys
from signup.limits.limit_rule import DAY, MINUTE, Rule

IDLE = timedelta(minutes=15)
"""How long the server shows a kiosk's own entries again without a PIN; the page itself locks much sooner."""
ENTRY_TTL = timedelta(days=7)
"""How long an entry may wait on the kiosk, counted from the PIN under which it was taken."""
TOKEN_BYTES = 24
MIN_PIN, MAX_PIN = 4, 8
DIGITS = "0123456789"
KEYED = "keyed:"
HINTS = {
    "email": _("Ask them to spell it letter by letter."),
    "name": _("Ask how it is spelled."),
    "first_name": _("Ask how it is spelled."),
    "last_name": _("Ask how it is spelled."),
    "date": _("Read the day and month back to them."),
    "number": _("Read the number back to them."),
}


class Kiosk(Base):
    """One device. Its token is shown once and kept as a hash; a revoked one takes nothing any more."""

    __tablename__ = "till"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    shop: Mapped[str] = mapped_column(String(60), default="")
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    edition_ids: Mapped[list[str]] = mapped_column(
        default=list, comment="public ids of forms that ask the same in another language"
    )
    hints: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="what staff read beside a field, by its key")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    revoked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    form: Mapped[Form] = relationship(lazy="joined", innerjoin=True)

    @property
    def placement(self) -> str:
        """What a sign-up's source says."""
        return f"till:{self.name}"

    def renew(self) -> str:
        """Give the kiosk a new token, the only one from now on, and return it: it is kept nowhere."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self.token_hash, self.revoked_at = token_hash(token), None
        return token

    def hint(self, key: str, kind: str = "") -> str:
        """What staff read beside a field: the kiosk's own words, else ours for its key or kind."""
        return str(self.hints.get(key) or HINTS.get(key) or HINTS.get(kind) or "")


class Staff(Base):
    """Somebody who stands at kiosks. Only a name for the PIN pad and a PIN: no more is needed to say who typed."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    name: Mapped[str] = mapped_column(String(60), comment="as the PIN pad shows it")
    shop: Mapped[str] = mapped_column(String(60), default="", comment="empty: at every till")
    pin_hash: Mapped[str] = mapped_column(String(255))
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    def set_pin(self, pin: str) -> None:
        """Store a keyed hash, slow to compute. Raises `ValueError` as `check_pin`."""
        check_pin(pin)
        self.pin_hash = _hash_pin(pin)


class KioskSession(Base):
    """Somebody gave their PIN at a kiosk. Entries name it, so that nobody signs customers up in another's name."""

    __tablename__ = "till_session"
    __table_args__ = (Index("ix_till_session_begun_at", "begun_at"),)
    uid: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    till_id: Mapped[int] = mapped_column(ForeignKey("till.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    begun_at: Mapped[datetime] = mapped_column(server_default=now())
    seen_at: Mapped[datetime] = mapped_column(server_default=now())
    kiosk: Mapped[Kiosk] = relationship(lazy="joined", innerjoin=True)
    staff: Mapped[Staff] = relationship(lazy="joined", innerjoin=True)


def check_pin(pin: str) -> None:
    """Raises `ValueError` for a PIN that is none or that everybody tries first."""
    if not (pin.isascii() and pin.isdecimal() and MIN_PIN <= len(pin) <= MAX_PIN):
        raise ValueError("4 to 8 digits")
    if len(set(pin)) == 1 or pin in DIGITS or pin in DIGITS[::-1]:
        raise ValueError("too easy")


def token_hash(token: str) -> str:
    """How a kiosk is looked up by its token: 192 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_kiosk(token: str) -> Kiosk:
    """The kiosk with this token. Raises `NotFound`, or `KioskRevoked`."""
    found = db.session.scalar(select(Kiosk).where(Kiosk.token_hash == token_hash(token)))
    if found is None:
        raise NotFound("kiosk")
    if found.revoked_at is not None:
        raise KioskRevoked(found.name)
    return found


def staff_at(kiosk: Kiosk) -> list[Staff]:
    """Who may unlock this kiosk, by name."""
    here = or_(Staff.shop == "", Staff.shop == kiosk.shop)
    return list(db.session.scalars(select(Staff).where(Staff.retired_at.is_(None), here).order_by(Staff.name)))


def pin_rules(kiosk: Kiosk, staff_uid: UUID) -> list[Rule]:
    """Five tries a quarter of an hour for one person, 25 a day for the device; forgiven by the right PIN."""
    return [
        Rule("pin", f"pin:{kiosk.uid.hex}:{staff_uid.hex}", 15 * MINUTE, 5, pauses=True),
        Rule("pin-day", f"pind:{kiosk.uid.hex}", DAY, 25),
    ]


def has_pin(staff: Staff | None, pin: str) -> bool:
    """Whether this is the PIN; costs the same time when there is nobody."""
    hashed = staff.pin_hash if staff else None
    if hashed and not hashed.startswith(KEYED):  # of a release that kept no key with it
        return fits(hashed, pin)
    return fits(hashed and hashed.removeprefix(KEYED), _keyed(pin))


def renewed_hash(hashed: str, pin: str) -> str:
    """The hash of a correct PIN by today's method; unchanged where it is up to date."""
    return _hash_pin(pin) if is_outdated(hashed.removeprefix(KEYED)) or not hashed.startswith(KEYED) else hashed


def _hash_pin(pin: str) -> str:
    return KEYED + hash_password(_keyed(pin))


def _keyed(pin: str) -> str:
    # Ten thousand PINs are soon tried, however slow the hash: a copy of the database alone is no use without our keys.
    return keys().hash(f"pin:{pin}")


def begin(kiosk: Kiosk, staff: Staff) -> str:
    """Open a session and return its signed token. Needs an open transaction."""
    session = KioskSession(till_id=kiosk.id, staff_id=staff.id)
    db.session.add(session)
    db.session.flush()
    return keys().sign(TokenPurpose.KIOSK, session.uid)


def session_of(token: str) -> KioskSession | None:
    """The session of a token, if it began within `ENTRY_TTL`: good to say who took an entry."""
    try:
        uid = keys().open(TokenPurpose.KIOSK, token).id
    except InvalidToken:
        return None
    found: KioskSession | None = db.session.scalar(
        select(KioskSession).where(KioskSession.uid == uid, KioskSession.begun_at > now(-ENTRY_TTL))
    )
    return found


def touch(kiosk: Kiosk, token: str) -> bool:
    """Whether active staff use this kiosk now, by their session; keeps it alive. Needs an open transaction."""
    try:
        uid = keys().open(TokenPurpose.KIOSK, token).id
    except InvalidToken:
        return False
    active = select(Staff.id).where(Staff.id == KioskSession.staff_id, Staff.retired_at.is_(None))
    alive = (
        KioskSession.uid == uid,
        KioskSession.till_id == kiosk.id,
        KioskSession.seen_at > now(-IDLE),
        active.exists(),
    )
    seen = update(KioskSession).where(*alive).values(seen_at=now()).returning(KioskSession.uid)
    return db.session.execute(seen, execution_options={"synchronize_session": False}).first() is not None


def ask_same_questions(one: Definition, other: Definition) -> bool:
    """Whether two forms ask the same questions, in whatever words: then an answer to one is an answer to the other."""
    return _shape(one) == _shape(other)


def _shape(definition: Definition) -> list[tuple[Any, ...]]:
    return [
        (field.key, field.type, field.required, [option.value for option in field.options])
        for field in definition.fields
    ]


def forget_sessions() -> None:
    """The chore: sessions under which nothing can come in any more."""
    with transaction():
        db.session.execute(delete(KioskSession).where(KioskSession.begun_at < now(-2 * ENTRY_TTL)))
