"""Whether opens and clicks of one person may be recorded, for one list: two purposes of their own, each unticked.

CNIL, recommendation of 2026 on tracking pixels: individual tracking needs its own consent, apart from the emails. The
answer is no until somebody said yes; leaving a list withdraws it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.consent import snapshot
from signup.consent.consent_event import ConsentType, event_of
from signup.consent.visit import Visit
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.i18n import _

VALUE_DIGITS = 16


class TrackingPurpose(StrEnum):
    """What is recorded of one person. Stored as the purpose of consent events."""

    OPENS = "open_tracking"
    CLICKS = "click_tracking"


class TrackingState(StrEnum):
    """requested with a sign-up → granted with its confirmation, or at once by the person → withdrawn."""

    REQUESTED = "requested"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


WORDINGS = {
    TrackingPurpose.OPENS: _("%(controller)s may record whether and when I open its emails."),
    TrackingPurpose.CLICKS: _("%(controller)s may record which links I click in its emails, and when."),
}


class TrackingConsent(Base):
    """One ticked box, and how it stands now. The proof is in the consent events."""

    __tablename__ = "tracking_consent"
    __table_args__ = (
        UniqueConstraint("signup_id", "purpose"),
        CheckConstraint(f"state IN ({', '.join(repr(s.value) for s in TrackingState)})", name="state"),
        Index("ix_tracking_consent_contact_id_list_id_purpose", "contact_id", "list_id", "purpose"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    signup_id: Mapped[int | None] = mapped_column(
        ForeignKey("signup.id"), comment="which ticked it; empty: said on the preference page"
    )
    locale: Mapped[str] = mapped_column(String(5))
    wording_hash: Mapped[str] = mapped_column(ForeignKey("snapshot.hash"))
    state: Mapped[str] = mapped_column(String(10))
    requested_at: Mapped[datetime] = mapped_column(server_default=now())
    granted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @property
    def settled_at(self) -> datetime:
        """When it came to how it stands."""
        return self.withdrawn_at or self.granted_at or self.requested_at


@dataclass(frozen=True)
class ShownTracking:
    """One box as a visitor sees it, in one language."""

    purpose: TrackingPurpose
    wording: str
    locale: str

    @property
    def wording_hash(self) -> str:
        return snapshot.digest(self.wording)

    @property
    def value(self) -> str:
        """What the box of a form sends: the purpose and which words it had, so that nobody agrees to other ones."""
        return f"{self.purpose}.{self.wording_hash[:VALUE_DIGITS]}"


def shown(controller: str, locale: str) -> tuple[ShownTracking, ...]:
    """The boxes for what this controller sends. The language must be set."""
    words = {purpose: str(text) % {"controller": controller} for purpose, text in WORDINGS.items()}
    return tuple(ShownTracking(purpose, text, locale) for purpose, text in words.items())


def granted(contact_id: int) -> set[tuple[int, str]]:
    """What a person agreed to: list and purpose."""
    query = select(TrackingConsent.list_id, TrackingConsent.purpose).where(
        TrackingConsent.contact_id == contact_id, TrackingConsent.state == TrackingState.GRANTED
    )
    return {(list_id, purpose) for list_id, purpose in db.session.execute(query)}


def grant(about: Any, box: ShownTracking, visit: Visit | None, proof: dict[str, Any]) -> None:
    """Record that the person of a locked subscription ticked this box on their own page. Needs an open transaction.

    `about` is the subscription; `proof` holds what its event says besides, by column: controller, address.
    """
    wording_hash = snapshot.keep(snapshot.SnapshotKind.WORDING, box.wording)
    consent = TrackingConsent(purpose=box.purpose, contact_id=about.contact_id, list_id=about.list_id)
    consent.locale, consent.wording_hash = box.locale, wording_hash
    consent.state, consent.granted_at = TrackingState.GRANTED, now()
    db.session.add(consent)
    words = {"purpose": box.purpose, "wording_hash": wording_hash}
    db.session.add(event_of(about, ConsentType.TRACKING_GRANTED, box.locale, visit, **words, **proof))


def withdraw(about: Any, purposes: Iterable[str], visit: Visit | None, proof: dict[str, Any]) -> None:
    """Withdraw these purposes for one subscription, also what an older link could still confirm.

    Needs an open transaction; `about` and `proof` as in `grant`.
    """
    open_ones = update(TrackingConsent).where(
        TrackingConsent.contact_id == about.contact_id,
        TrackingConsent.list_id == about.list_id,
        TrackingConsent.purpose.in_(list(purposes)),
        TrackingConsent.state != TrackingState.WITHDRAWN,
    )
    withdrawn = open_ones.values(state=TrackingState.WITHDRAWN, withdrawn_at=now()).returning(
        TrackingConsent.purpose, TrackingConsent.wording_hash, TrackingConsent.locale
    )
    rows = db.session.execute(withdrawn, execution_options={"synchronize_session": False}).all()
    for row in {row.purpose: row for row in rows}.values():
        words = {"purpose": row.purpose, "wording_hash": row.wording_hash}
        db.session.add(event_of(about, ConsentType.TRACKING_WITHDRAWN, row.locale, visit, **words, **proof))


def last_words(rows: Iterable[TrackingConsent]) -> list[TrackingConsent]:
    """What must be withdrawn where two persons are one: granted rows of which the other said no later."""
    said = [row for row in rows if row.state != TrackingState.REQUESTED]
    latest = {(row.list_id, row.purpose): row for row in sorted(said, key=lambda row: row.settled_at)}
    return [
        row
        for row in said
        if row.state == TrackingState.GRANTED and latest[row.list_id, row.purpose].state == TrackingState.WITHDRAWN
    ]
