"""One contact's timeline: sign-ups, mails, consent and activity in one list, newest first."""

from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import scope
from signup.admin.contacts.value_history import cells
from signup.admin.imports.outcome_words import OUTCOMES
from signup.admin.outbox.message_words import MESSAGES
from signup.admin.segments.event_words import EVENTS
from signup.consent.consent_event import PURPOSE_LIST, ConsentEvent
from signup.counts.event import Event
from signup.duplicates.merge import parts_of
from signup.evidence.event_words import CONSENT, METHODS
from signup.files.import_run import ImportRow, ImportRun
from signup.ground.db import db
from signup.mailer.message import Message
from signup.signups.signup import Signup

MAX_ENTRIES = 200
ICONS = {
    "requested": "form",
    "mail_accepted": "send",
    "confirmed": "check",
    "preference_changed": "gear",
    "withdrawn": "out",
    "unsubscribed": "out",
    "mail_bounced": "alert",
    "complained": "alert",
    "disowned": "alert",
    "expired": "clock",
    "page_viewed": "eye",
    "delivered": "gift",
    "downloaded": "down",
    "redeemed": "check",
    "exported": "table",
    "sent": "mail",
    "message": "mail",
    "imported": "up",
    "corrected": "out",
    "merged": "people",
    "erased": "out",
    "signup": "form",
}


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened. `details` are name and value; `state` is shown as a pill."""

    at: datetime
    icon: str
    title: str
    where: str = ""
    state: str = ""
    details: list[tuple[str, str]] = field(default_factory=list)


def of_contact(contact_id: int) -> list[TimelineEntry]:
    """What happened to this contact, the latest 200 of each kind."""
    names = {row.id: row.name for row in scope.mailing_lists()}
    entries = [
        *_signups(contact_id, names),
        *_messages(contact_id, names),
        *_consents(contact_id, names),
        *_events(contact_id, names),
        *_imports(contact_id, names),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _signups(contact_id: int, names: dict[int, str]) -> list[TimelineEntry]:
    query = (
        select(Signup)
        .where(Signup.contact_id == contact_id, scope.only(Signup.list_id))
        .order_by(Signup.id.desc())
        .limit(MAX_ENTRIES)
    )
    return [
        TimelineEntry(
            row.created_at,
            ICONS["signup"],
            _("Signed up: %(form)s", form=row.form.name),
            names.get(row.list_id, ""),
            row.state,
            _filled(
                (_("Page"), str(row.source.get("page", ""))),
                (_("Referrer"), str(row.source.get("referrer", ""))),
                (_("Placement"), str(row.source.get("placement", ""))),
                (_("Staff"), str(row.source.get("staff", ""))),
                (_("Entered, by the kiosk’s clock"), str(row.source.get("taken_at", ""))),
                (_("Corrected by staff later"), _("Yes") if row.source.get("corrected") else ""),
                (_("Form version"), str(row.form_version.number)),
                (_("IP address"), row.ip or ""),
                (_("Browser"), row.agent or ""),
            ),
        )
        for row in db.session.scalars(query)
    ]


def _messages(contact_id: int, names: dict[int, str]) -> list[TimelineEntry]:
    query = (
        select(Message)
        .where(Message.contact_id == contact_id, scope.only(Message.list_id))
        .order_by(Message.id.desc())
        .limit(MAX_ENTRIES)
    )
    return [
        TimelineEntry(
            row.sent_at or row.created_at,
            ICONS["message"],
            str(MESSAGES.get(row.kind, row.kind)),
            names.get(row.list_id or 0, ""),
            row.state,
            _filled((_("Mail server"), row.reply or ""), (_("Attempts"), str(row.attempt) if row.attempt > 1 else "")),
        )
        for row in db.session.scalars(query)
    ]


def _consents(contact_id: int, names: dict[int, str]) -> list[TimelineEntry]:
    query = (
        select(ConsentEvent)
        .where(ConsentEvent.contact_id.in_(parts_of(contact_id)), scope.only(ConsentEvent.list_id))
        .order_by(ConsentEvent.id.desc())
        .limit(MAX_ENTRIES)
    )
    return [
        TimelineEntry(
            row.at,
            ICONS.get(row.type, "shield"),
            str(CONSENT.get(row.type, row.type)),
            names.get(row.list_id, "") if row.purpose == PURPOSE_LIST else row.controller,
            "",
            _filled(
                (_("By"), str(METHODS.get(row.method, row.method))),
                (_("IP address"), row.ip or ""),
                (_("Wording"), (row.wording_hash or "")[:12]),
                (_("Mail server"), row.relay_reply or ""),
            ),
        )
        for row in db.session.scalars(query)
    ]


def _events(contact_id: int, names: dict[int, str]) -> list[TimelineEntry]:
    query = (
        select(Event)
        .where(Event.contact_id == contact_id, scope.only(Event.list_id))
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(MAX_ENTRIES)
    )
    return [
        TimelineEntry(
            row.at,
            ICONS.get(row.kind, "dot"),
            str(EVENTS.get(row.kind, row.kind)),
            names.get(row.list_id or 0, ""),
            "",
            _filled(*((key.replace("_", " ").capitalize(), str(value)) for key, value in row.detail.items())),
        )
        for row in db.session.scalars(query)
    ]


def _imports(contact_id: int, names: dict[int, str]) -> list[TimelineEntry]:
    """The rows of files that spoke of this contact, word for word."""
    undo = {"undone": _("undone"), "kept": _("kept, because something has happened since")}
    query = (
        select(ImportRow, ImportRun)
        .join(ImportRun, ImportRun.id == ImportRow.run_id)
        .where(ImportRow.contact_id.in_(parts_of(contact_id)), scope.only(ImportRun.list_id))
        .order_by(ImportRow.run_id.desc(), ImportRow.line)
        .limit(MAX_ENTRIES)
    )
    return [
        TimelineEntry(
            run.started_at or run.created_at,
            "up",
            _("Row %(line)s of %(file)s", line=row.line, file=run.file_name),
            names.get(run.list_id, ""),
            "",
            _filled(
                (_("Outcome"), str(OUTCOMES[row.outcome]) if scope.sees_everything() else ""),
                *cells(row, run),
                (_("Undo"), str(undo.get(row.undo or "", ""))),
            ),
        )
        for row, run in db.session.execute(query)
    ]


def _filled(*details: tuple[str, str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in details if value]
