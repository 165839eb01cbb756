"""The proof of one person's consent: every event with the exact wording shown, as data. GDPR art. 7(1)."""

from typing import Any

from sqlalchemy import select

from signup.access import scope
from signup.admin.frame.seen_contact import Seen
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.snapshot import Snapshot
from signup.consent.subscription import Subscription
from signup.duplicates.merge import parts_of
from signup.forms.form import Form, FormVersion
from signup.ground.db import db
from signup.signups.signup import Signup

HEADER = ("method", "locale", "controller", "purpose", "wording_hash", "key_id")
PAYLOAD = ("address", "ip", "agent", "page", "referrer")


def of_contact(contact: Seen, subscriptions: list[Subscription]) -> dict[str, Any]:
    """Plain values, ready for JSON: the contact, and for each subscription its events, the oldest first."""
    query = select(ConsentEvent).where(ConsentEvent.contact_id.in_(parts_of(contact.id)))
    query = query.order_by(ConsentEvent.at, ConsentEvent.id)
    events = list(db.session.scalars(query))
    texts, versions, sources = _wordings(events), _versions(events), _sources(events)
    return {
        "contact": {
            "id": str(contact.uid),
            "address": contact.address,
            "name": contact.name,
            "language": contact.language,
        },
        "subscriptions": [
            {
                "list": {"id": str(entry.list.uid), "name": entry.list.name, "controller": entry.list.controller},
                "state": entry.state,
                "single_opt_in": entry.single_opt_in,
                "signed_up_at": _time(entry.created_at),
                "confirmed_at": _time(entry.confirmed_at),
                "ended_at": _time(entry.ended_at),
                "events": [
                    _event(row, texts, versions, contact) | {"source": sources.get(row.signup_id or 0)}
                    for row in events
                    if row.list_id == entry.list_id
                ],
            }
            for entry in subscriptions
        ],
    }


def _event(
    row: ConsentEvent, texts: dict[str, str], versions: dict[int, tuple[str, str, int]], contact: Seen
) -> dict[str, Any]:
    form_id, form_name, number = versions.get(row.form_version_id or 0, ("", "", 0))
    return {
        "id": str(row.id),
        "type": row.type,
        "at": _time(row.at),
        **{name: getattr(row, name) for name in HEADER},
        "wording": texts.get(row.wording_hash or ""),
        "form": {"id": form_id, "name": form_name, "version": number} if form_id else None,
        **{name: getattr(row, name) for name in PAYLOAD},
        "answers": row.answers and {key: value for key, value in row.answers.items() if _is_shown(row, key, contact)},
        "mail": {
            "message_id": row.mail_message_id,
            "template_hash": row.mail_template_hash,
            "hash": row.mail_hash,
            "relay_reply": row.relay_reply,
        }
        if row.mail_message_id
        else None,
    }


def _is_shown(row: ConsentEvent, key: str, contact: Seen) -> bool:
    """The preference page once wrote down what every list had asked: of these a reader sees their own list's."""
    is_own = (
        scope.sees_everything() or row.type != ConsentType.PREFERENCE_CHANGED or row.signup_id or key in contact.answers
    )
    return bool(is_own) and scope.shows(key)


def _wordings(events: list[ConsentEvent]) -> dict[str, str]:
    hashes = {row.wording_hash for row in events if row.wording_hash}
    query = select(Snapshot.hash, Snapshot.content).where(Snapshot.hash.in_(hashes))
    return {row.hash: row.content for row in db.session.execute(query)}


def _versions(events: list[ConsentEvent]) -> dict[int, tuple[str, str, int]]:
    ids = {row.form_version_id for row in events if row.form_version_id}
    query = select(FormVersion.id, Form.public_id, Form.name, FormVersion.number).join(
        Form, Form.id == FormVersion.form_id
    )
    return {
        id_: (public_id, name, number)
        for id_, public_id, name, number in db.session.execute(query.where(FormVersion.id.in_(ids)))
    }


def _sources(events: list[ConsentEvent]) -> dict[int, dict[str, Any]]:
    """Where the sign-up behind an event came from: placement, campaign, and at a kiosk who typed it and when."""
    ids = {row.signup_id for row in events if row.signup_id and row.type == ConsentType.REQUESTED}
    query = select(Signup.id, Signup.source).where(Signup.id.in_(ids))
    return {row.id: row.source for row in db.session.execute(query)}


def _time(at: Any) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
