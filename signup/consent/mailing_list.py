"""A mailing list: what people subscribe to, who sends it, and who answers for it (the controller)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, false, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.clock import uuid7
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.errors import NotFound


class MailingList(Base):
    """A list with its sender and its controller (GDPR art. 13: who, and where to read more)."""

    __tablename__ = "mailing_list"
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    slug: Mapped[str] = mapped_column(String(60), unique=True, comment="its name on the console and in file names")
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="")
    language: Mapped[str] = mapped_column(String(5), default="en")
    sender_name: Mapped[str] = mapped_column(String(120))
    sender_address: Mapped[str] = mapped_column(String(254))
    controller: Mapped[str] = mapped_column(String(200), comment="who answers for the data")
    privacy_url: Mapped[str] = mapped_column(String(500))
    postal_address: Mapped[str] = mapped_column(String(300), default="")
    reply_to: Mapped[str] = mapped_column(
        String(254), default="", server_default="", comment="empty: answers go to the sender"
    )
    legal_notice: Mapped[str] = mapped_column(
        String(500), default="", server_default="", comment="an address of a page, or its words"
    )
    archive_is_public: Mapped[bool] = mapped_column(
        default=False, server_default=false(), comment="its sent campaigns are shown to everybody"
    )
    country: Mapped[str] = mapped_column(
        String(2), default="", server_default="", comment="of its people who name none; empty: not known"
    )
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def legal_url(self) -> str:
        """The page of the legal notice, where it is one."""
        notice = self.legal_notice.strip()
        is_page = notice.startswith(("https://", "http://")) and len(notice.split()) == 1
        return notice if is_page else ""

    @property
    def legal_words(self) -> str:
        """The legal notice, where it is not a page."""
        return "" if self.legal_url else self.legal_notice.strip()


def find_list(name: str) -> MailingList:
    """The list with this slug, name or public id. Raises `NotFound`."""
    found = db.session.scalar(select(MailingList).where((MailingList.slug == name) | (MailingList.name == name)))
    if found is None:
        try:
            found = db.session.scalar(select(MailingList).where(MailingList.uid == UUID(name)))
        except ValueError:
            found = None
    if found is None:
        raise NotFound(f"list {name!r}")
    return found
