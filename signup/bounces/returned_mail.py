"""What came back, one row for each mail of ours and notice: it is read twice, and counts once."""

from datetime import datetime

from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db
from signup.ground.dialect import now


class ReturnedMail(Base):
    """A notice about one message: a bounce, a complaint. It holds no address: the message does."""

    __tablename__ = "returned_mail"
    __table_args__ = (
        Index("ix_returned_mail_contact_id_id", "contact_id", "id"),
        Index("ix_returned_mail_message_id", "message_id"),
        Index("ix_returned_mail_received_at", "received_at"),
        Index("ix_returned_mail_campaign_id", "campaign_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, comment="of the notice: reading it again changes nothing")
    message_id: Mapped[int] = mapped_column(comment="no foreign key: the notice may outlive the message")
    contact_id: Mapped[int | None]
    list_id: Mapped[int | None]
    campaign_id: Mapped[int | None]
    bounce_class: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(24))
    status: Mapped[str] = mapped_column(String(11), default="")
    source: Mapped[str] = mapped_column(String(12), comment="smtp, mail, or the provider that told")
    has_ended: Mapped[bool] = mapped_column(default=False, comment="the address is mailed no longer because of it")
    received_at: Mapped[datetime] = mapped_column(server_default=now())


def reasons_of(campaign_id: int) -> dict[str, int]:
    """Why mails of a campaign came back, and how many for each reason."""
    query = select(ReturnedMail.reason, func.count()).where(ReturnedMail.campaign_id == campaign_id)
    query = query.group_by(ReturnedMail.reason).order_by(ReturnedMail.reason)
    return {name: n for name, n in db.session.execute(query)}  # noqa: C416  # a row is no pair to mypy
