"""An automation: a letter of a list that goes to each of its confirmed people when their day has come.

There is a fixed list of kinds, each with a switch, a delay and words of its own. Whose day it is, `due` says.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.consent.mailing_list import MailingList
from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.i18n import _


class AutomationKind(StrEnum):
    """What brings a person's day."""

    FOLLOW_UP = "follow-up"
    """So many days after they got the incentive."""
    BIRTHDAY = "birthday"
    """Each year, on the day of a date field."""
    ANNIVERSARY = "anniversary"
    """Each year, on the day they confirmed."""
    RENEWAL = "renewal"
    """So many days after they confirmed: do you still want this?"""


@dataclass(frozen=True)
class KindWords:
    """How a kind is shown, and what a new one begins with."""

    label: Any
    about: Any
    delay_days: int
    """0: it has its day, and no delay."""
    subject: Any
    body: Any


WORDS = {
    AutomationKind.FOLLOW_UP: KindWords(
        _("Follow-up to the incentive"),
        _("Goes some days after a person got the incentive of a form."),
        3,
        _("Was it useful?"),
        _("Hello,\n\nsome days ago you got our incentive. Did it help you?\n\nJust reply to tell us."),
    ),
    AutomationKind.BIRTHDAY: KindWords(
        _("Birthday"),
        _("Goes each year on the day in a date field that this list was given."),
        0,
        _("Happy birthday"),
        _("Hello,\n\nall the best for your birthday."),
    ),
    AutomationKind.ANNIVERSARY: KindWords(
        _("Anniversary"),
        _("Goes each year on the day on which a person confirmed."),
        0,
        _("Another year together"),
        _("Hello,\n\nyou joined us on this day. Thank you for reading."),
    ),
    AutomationKind.RENEWAL: KindWords(
        _("Do you still want this?"),
        _("Goes once, some days after a person confirmed, and shows how to change or to leave."),
        700,
        _("Do you still want our emails?"),
        _(
            "Hello,\n\nyou have been on our list for a long time. If you still like to"
            " read us, there is nothing to do. If not, one click below takes you off the list."
        ),
    ),
}


class Automation(Base):
    """One kind of automation of one list. What its letters say is fixed for each when it is written."""

    __tablename__ = "automation"
    __table_args__ = (
        UniqueConstraint("list_id", "kind"),
        CheckConstraint(f"kind IN ({', '.join(repr(s.value) for s in AutomationKind)})", name="kind"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    kind: Mapped[str] = mapped_column(String(12))
    turned_on_at: Mapped[datetime | None] = mapped_column(comment="empty: off; nobody whose day was before gets it")
    delay_days: Mapped[int] = mapped_column(default=0)
    field: Mapped[str] = mapped_column(String(60), default="", comment="of a birthday: the key of a date field")
    subject: Mapped[str] = mapped_column(String(200))
    preheader: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, comment="Markdown")
    layout: Mapped[str] = mapped_column(String(20), default="letter")
    edited_at: Mapped[datetime] = mapped_column(server_default=now())
    list: Mapped[MailingList] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_on(self) -> bool:
        return self.turned_on_at is not None

    @property
    def words(self) -> KindWords:
        return WORDS[AutomationKind(self.kind)]


def automations_of(of: MailingList) -> list[Automation]:
    """All kinds in their order, those that were never set up as new rows that nobody has added."""
    query = select(Automation).where(Automation.list_id == of.id)
    stored = {one.kind: one for one in db.session.scalars(query)}
    return [stored.get(kind) or _new(of, kind) for kind in AutomationKind]


def _new(of: MailingList, kind: AutomationKind) -> Automation:
    words = WORDS[kind]
    made = Automation(list_id=of.id, kind=kind, delay_days=words.delay_days, layout="letter", preheader="", field="")
    made.subject, made.body = str(words.subject), str(words.body)
    return made


def switch(one: Automation, *, on: bool) -> bool:
    """Turn an automation on or off. Returns whether that changed anything. Needs an open transaction."""
    if one.is_on == on:
        return False
    one.turned_on_at = now() if on else None
    db.session.add(one)
    db.session.flush()
    return True
