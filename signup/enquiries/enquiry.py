"""A message or a registration that a visitor sent by a form: kept, and mailed to the form's owner at once.

It is no consent and makes no contact: whoever sends one is on no list, and nothing else writes to them. Its mail is a
row of the outbox, written in the same transaction. Nobody can flood the owner: above so many an hour they are kept
unmailed.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from signup.addresses.address import parse
from signup.contacts.contact import hash_of
from signup.fields.kinds.long_text import LongText
from signup.forms.form import Definition, Form, FormVersion
from signup.ground.clock import uuid7, uuid7s
from signup.ground.db import Base, db, transaction
from signup.ground.dialect import now
from signup.ground.driver_sql import DriverConnection, run, to_json, uuid_param
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from signup.signups.check_submission import CheckedSubmission
from signup.signups.signup import Signup, SignupState

MAILED_AN_HOUR = 60
"""So many of one form are mailed to its owner in an hour; more are kept, to be read in the admin."""
FLOODED = "messages"
HONEYPOT = "honeypot"
BATCH = 500

_KEEP = """
    INSERT INTO enquiry (uid, form_id, form_version_id, list_id, signup_id, address, language, answers, source,
      created_at, held_by)
    VALUES (:uid, :form_id, :version_id, :list_id, :signup_id, :address, :language, JSON(:answers), JSON(:source),
      NOW(), CASE WHEN CAST(:held_by AS TEXT) <> '' THEN CAST(:held_by AS TEXT)
        WHEN (SELECT count(*) FROM enquiry AS before WHERE before.form_id = :form_id AND before.held_by = ''
          AND before.created_at > LATER(:since)) >= :most THEN 'messages'
        ELSE '' END)
    RETURNING held_by
"""
_MAIL = """
    INSERT INTO message (uid, kind, priority, state, recipient, recipient_hash, template_hash, data, dedupe_key,
      list_id, created_at, not_before, attempt, crashes)
    VALUES (:message_uid, 'enquiry', 2, 'ready', :recipient, :recipient_hash, :template, JSON(:data), :dedupe_key,
      :list_id, NOW(), NOW(), 0, 0)
    RETURNING id
"""


class Enquiry(Base):
    """One message. `signup_id` names the sign-up that its writer asked for beside it, while that is there."""

    __tablename__ = "enquiry"
    __table_args__ = (
        Index("ix_enquiry_form_id_created_at", "form_id", "created_at"),
        Index("ix_enquiry_signup_id", "signup_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[UUID] = mapped_column(unique=True, default=uuid7)
    form_id: Mapped[int] = mapped_column(ForeignKey("form.id"))
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"))
    signup_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(254), comment="as typed; nobody confirmed it")
    language: Mapped[str] = mapped_column(String(5))
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="page, referrer, utm, placement")
    held_by: Mapped[str] = mapped_column(
        String(24), default="", server_default="", comment="the rule that kept its mail back; empty: mailed"
    )
    created_at: Mapped[datetime] = mapped_column(server_default=now())
    read_at: Mapped[datetime | None]
    form: Mapped[Form] = relationship(lazy="joined", innerjoin=True)
    form_version: Mapped[FormVersion] = relationship(lazy="joined", innerjoin=True)

    @property
    def said(self) -> list[tuple[str, str]]:
        """Each question and its answer in words, as the form asked it."""
        return in_words(self.form_version.definition.said_in(self.language), self.answers)

    @property
    def dedupe_key(self) -> str:
        """Of its mail in the outbox."""
        return key_of_uid(self.uid)


def key_of_uid(uid: UUID) -> str:
    """The name that an enquiry's mail has in the outbox."""
    return f"enquiry:{uid.hex}"


def in_words(definition: Definition, answers: dict[str, Any]) -> list[tuple[str, str]]:
    """The answers in the order of the questions, options by their labels."""
    found = []
    for field in definition.fields:
        if (answer := answers.get(field.key)) is not None:
            labels = {option.value: option.label for option in field.shown_options}
            values = answer if isinstance(answer, list) else [answer]
            found.append((field.label, ", ".join(_word(labels.get(str(one), one)) for one in values)))
    return found


def _word(value: Any) -> str:
    return {True: "✓", False: "–"}[value] if isinstance(value, bool) else str(value)


def without_message(definition: Definition, answers: dict[str, Any]) -> dict[str, Any]:
    """The answers that a sign-up beside the message keeps: what was written to somebody is no value of a contact."""
    long = {field.key for field in definition.fields if field.type == LongText.name}
    return {key: answer for key, answer in answers.items() if key not in long}


def keep(
    connection: DriverConnection, sent: CheckedSubmission, *, signup_id: int | None = None, held_by: str = ""
) -> int | None:
    """Write a message and its mail down on a connection of `driver_connection`; the mail's id, or None when held.

    `signup_id` is the sign-up beside it, `held_by` the rule that keeps its mail back.
    """
    form, (uid, message_uid) = sent.form, uuid7s(2)
    values = {
        "uid": uuid_param(uid),
        "form_id": form.id,
        "version_id": form.version_id,
        "list_id": form.list_id,
        "address": sent.address.mailed,
        "language": form.definition.language,
        "answers": to_json(sent.answers),
        "source": to_json(sent.source.as_dict()),
        "most": MAILED_AN_HOUR,
        "since": -timedelta(hours=1).total_seconds(),
        "signup_id": signup_id,
        "held_by": held_by,
    }
    (kept_back_by,) = run(connection, _KEEP, values).fetchone()
    if kept_back_by:
        return None
    mail = {
        "message_uid": uuid_param(message_uid),
        "recipient": form.messages_to,
        "recipient_hash": hash_of(parse(form.messages_to).key),
        "template": form.enquiry_template,
        "data": to_json(_as_mailed(sent, wants_list=signup_id is not None)),
        "dedupe_key": key_of_uid(uid),
        "list_id": form.list_id,
    }
    (message_id,) = run(connection, _MAIL, mail).fetchone()
    return int(message_id)


def _as_mailed(sent: CheckedSubmission, *, wants_list: bool) -> dict[str, Any]:
    """The values of the mail to the form's owner."""
    return {
        "form": sent.form.name,
        "address": sent.address.mailed,
        "reply_to": sent.address.mailed,
        "answers": in_words(sent.form.definition, sent.answers),
        "wants_list": wants_list,
    }


def mail_now(enquiry_id: int, template: str, recipient: str) -> bool:
    """Mail a message that was kept back, once. Needs an open transaction; returns whether it had been kept back."""
    released = update(Enquiry).where(Enquiry.id == enquiry_id, Enquiry.held_by != "").values(held_by="")
    if db.session.execute(released.returning(Enquiry.id)).first() is None:
        return False
    row = db.session.get_one(Enquiry, enquiry_id)
    data = {"form": row.form.name, "address": row.address, "reply_to": row.address, "answers": row.said}
    db.session.add(
        Message(
            kind=MessageKind.ENQUIRY,
            priority=MessageKind.ENQUIRY.rules.priority,
            recipient=recipient,
            recipient_hash=hash_of(parse(recipient).key),
            template_hash=template,
            data=data | {"wants_list": row.signup_id is not None},
            dedupe_key=row.dedupe_key,
            list_id=row.list_id,
        )
    )
    return True


def of_contact(contact_id: int) -> list[Enquiry]:
    """The messages of a contact, the latest first: only one with a sign-up that they confirmed was surely theirs."""
    theirs = select(Signup.id).where(Signup.contact_id == contact_id, Signup.state == SignupState.CONFIRMED)
    return list(db.session.scalars(select(Enquiry).where(Enquiry.signup_id.in_(theirs)).order_by(Enquiry.id.desc())))


def unread() -> dict[int, int]:
    """How many messages nobody has marked as read, by form."""
    query = select(Enquiry.form_id, func.count()).where(Enquiry.read_at.is_(None)).group_by(Enquiry.form_id)
    found: dict[int, int] = dict(db.session.execute(query).all())
    return found


def forget_enquiries() -> None:
    """The chore: delete messages that are older than the setting says, in small transactions."""
    old = select(Enquiry.id).where(is_due(Enquiry.created_at, "messages_days")).limit(BATCH)
    while not stopping().is_set():
        with transaction():
            gone = db.session.execute(delete(Enquiry).where(Enquiry.id.in_(old)).returning(Enquiry.id)).all()
        if not gone:
            return
