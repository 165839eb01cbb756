"""What people told us, by group, beside what we saw them do. The first can be corrected; the second is counted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from signup.activity.event import Event
from signup.admin.field_words import GROUPS
from signup.admin.words import EVENTS
from signup.consent.subscription import Subscription
from signup.contacts.catalogue import way_to
from signup.contacts.contact import Contact
from signup.contacts.field import Field, State, fields
from signup.contacts.value import Kind
from signup.db import db


@dataclass(frozen=True)
class Told:
    """One value of a contact as it is read; without a field it is not defined yet."""

    key: str
    label: str
    text: str
    field: Field | None = None


@dataclass(frozen=True)
class Observed:
    """Something they did: how often, and when last."""

    label: Any
    n: int
    at: datetime | None


def told(contact: Contact, language: str) -> tuple[dict[str, list[Told]], list[Told]]:
    """The values by the group's words, in the fields' order; and those that no field defines. Hidden ones stay away."""
    known = {one.key: one for one in fields()}
    groups: dict[str, list[Told]] = {str(words): [] for words in GROUPS.values()}
    for one in known.values():
        if one.state == State.ACTIVE and one.key in contact.answers:
            text = text_of(one, contact.answers[one.key])
            groups[str(GROUPS[one.group])].append(Told(one.key, one.label_in(language), text, one))
    left = [
        Told(key, key.replace("_", " ").capitalize(), plain(value))
        for key, value in contact.answers.items()
        if key not in known
    ]
    return {words: values for words, values in groups.items() if values}, left


def text_of(field: Field, value: Any) -> str:
    """A value in words: options by their labels, entries with what they stand under."""
    labels = {entry.value: entry.label for entry in field.entries}
    if isinstance(value, list):
        return ", ".join(labels.get(str(one), str(one)) for one in value)
    if field.kind == Kind.CATALOGUE and value in labels:
        by_code = {entry.value: entry for entry in field.entries}
        return " / ".join(labels[code] for code in way_to(by_code[value], by_code))
    return labels.get(str(value), plain(value))


def plain(value: Any) -> str:
    """A value without a field, as it is."""
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def observed(contact: Contact) -> list[Observed]:
    """What this contact did, counted from the events."""
    n, at = func.count(), func.max(Event.at)
    query = select(Event.kind, n, at).where(Event.contact_id == contact.id).group_by(Event.kind).order_by(at.desc())
    found = [Observed(EVENTS.get(kind, kind), count, last) for kind, count, last in db.session.execute(query)]
    left = select(func.count(), func.max(Subscription.ended_at)).where(
        Subscription.contact_id == contact.id, Subscription.ended_at.is_not(None)
    )
    ended, last = db.session.execute(left).one()
    return [*found, Observed(_("Left a list"), ended, last)] if ended else found
