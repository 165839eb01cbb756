"""A partner: a controller of its own that people may agree to hear from, by its own unticked box (co-registration).

Its words are kept in versions that never change; a form names partners by id, and the proof names the words shown.
CNIL: partners are identifiable on the form, changes are new versions, and no consent is handed on to anybody else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from signup.consent import snapshot
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.errors import NotFound

FIRST_CHOICE = "en"  # shown where a partner has no words in the form's language
PURPOSE_PREFIX = "partner:"


class PartnerState(StrEnum):
    """requested with the sign-up → confirmed with it → withdrawn by itself."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ShownPartner:
    """One partner's box as a visitor sees it, in one language."""

    id: int
    number: int
    version_id: int
    name: str
    wording: str
    privacy_url: str
    locale: str

    @property
    def value(self) -> str:
        """What the box sends: partner, version and language of its words, also from a page that was cached for long."""
        return f"{self.id}.{self.number}.{self.locale}"

    @property
    def wording_hash(self) -> str:
        return snapshot.digest(proof_text(self.wording, self.name, self.privacy_url))

    @property
    def as_mailed(self) -> dict[str, str]:
        """What the confirmation mail says of it."""
        return {"name": self.name, "privacy_url": self.privacy_url}

    def as_dict(self) -> dict[str, Any]:
        """For a script that draws the box itself."""
        return {
            "id": self.id,
            "value": self.value,
            "name": self.name,
            "wording": self.wording,
            "privacy_url": self.privacy_url,
        }


def proof_text(wording: str, name: str, privacy_url: str) -> str:
    """Everything that stands beside the box, as it is hashed and kept."""
    return f"{wording}\n{name} · {privacy_url}"


class Partner(Base):
    """A partner keeps its id for life; what its box says is its current version."""

    __tablename__ = "partner"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True, comment="its name on the console and in file names")
    version_id: Mapped[int | None] = mapped_column(comment="the current version; no foreign key, it would be a circle")
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    version: Mapped["PartnerVersion"] = relationship(
        lazy="joined", primaryjoin=lambda: foreign(Partner.version_id) == PartnerVersion.id, viewonly=True
    )

    def publish(self, name: str, privacy_url: str, wordings: dict[str, str], operator_id: int | None = None) -> None:
        """Let the box say this from now on; the same again changes nothing. Needs an open transaction."""
        number = 0
        if self.version_id is not None:
            last = self.version
            if (last.name, last.privacy_url, last.wordings) == (name, privacy_url, wordings):
                return
            number = last.number
        db.session.add(self)
        db.session.flush()
        for wording in wordings.values():
            snapshot.keep(snapshot.SnapshotKind.WORDING, proof_text(wording, name, privacy_url))
        version = PartnerVersion(
            partner_id=self.id,
            number=number + 1,
            name=name,
            privacy_url=privacy_url,
            wordings=wordings,
            operator_id=operator_id,
        )
        db.session.add(version)
        db.session.flush()
        self.version_id = version.id
        db.session.flush()
        db.session.expire(self, ["version"])


class PartnerVersion(Base):
    """What a partner's box said from one moment to the next. Never changed, never deleted."""

    __tablename__ = "partner_version"
    __table_args__ = (UniqueConstraint("partner_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(200), comment="the controller: who answers for what the partner sends")
    privacy_url: Mapped[str] = mapped_column(String(500))
    wordings: Mapped[dict[str, Any]] = mapped_column(comment="the words beside the box, by language")
    operator_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    def shown(self, language: str) -> ShownPartner:
        """Its box in `language`, or in the language it has."""
        wordings = self.wordings
        locale = next((code for code in (language, FIRST_CHOICE) if code in wordings), next(iter(wordings)))
        return ShownPartner(
            self.partner_id, self.number, self.id, self.name, wordings[locale], self.privacy_url, locale
        )


class PartnerConsent(Base):
    """One ticked box of one sign-up, and how it stands now. The proof is in the consent events."""

    __tablename__ = "partner_consent"
    __table_args__ = (
        UniqueConstraint("signup_id", "partner_id"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in PartnerState)})", name="state"),
        Index("ix_partner_consent_contact_id_partner_id", "contact_id", "partner_id"),
        Index("ix_partner_consent_partner_id_list_id_state", "partner_id", "list_id", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("partner_version.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    signup_id: Mapped[int] = mapped_column(ForeignKey("signup.id"))
    locale: Mapped[str] = mapped_column(String(5))
    wording_hash: Mapped[str] = mapped_column(ForeignKey("snapshot.hash"))
    state: Mapped[str] = mapped_column(String(10), default=PartnerState.REQUESTED)
    single_opt_in: Mapped[bool] = mapped_column(default=False, comment="confirmed without a confirmation mail")
    requested_at: Mapped[datetime] = mapped_column(server_default=now())
    confirmed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[PartnerVersion] = relationship(lazy="joined", innerjoin=True)


def purpose_of(partner_id: int) -> str:
    """What a partner's consent events are for."""
    return f"{PURPOSE_PREFIX}{partner_id}"


def shown(ids: Iterable[int], language: str) -> tuple[ShownPartner, ...]:
    """The boxes of these partners in this order; retired ones are shown to nobody."""
    wanted = list(ids)
    if not wanted:
        return ()
    query = select(Partner).where(Partner.id.in_(wanted), Partner.retired_at.is_(None))
    found = {one.id: one.version for one in db.session.scalars(query)}
    return tuple(found[id_].shown(language) for id_ in wanted if id_ in found)


def shown_as(partner_id: int, number: int, language: str) -> ShownPartner | None:
    """A partner's box in this version, which may be an earlier one, and language."""
    query = select(PartnerVersion).where(PartnerVersion.partner_id == partner_id, PartnerVersion.number == number)
    version = db.session.scalar(query)
    return version.shown(language) if version else None


def find_partner(name: str) -> Partner:
    """The partner with this short name or name. Raises `NotFound`."""
    query = select(Partner).join(PartnerVersion, PartnerVersion.id == Partner.version_id)
    found = db.session.scalar(query.where((Partner.slug == name) | (PartnerVersion.name == name)).limit(1))
    if found is None:
        raise NotFound(f"partner {name[:60]!r}")
    return found
