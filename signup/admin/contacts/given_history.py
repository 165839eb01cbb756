"""Where the values come from that the reader's lists were given: by their own sign-ups, files and answers alone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import scope
from signup.access.seen_contact import SeenContact
from signup.admin.contacts.editable_field import KnownField, called, known_fields
from signup.admin.contacts.value_history import DONE, PastValue, Value, cells, form_of, line_of
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.contacts.contact import name_from
from signup.contacts.value_change import LANGUAGE, NAME
from signup.files.import_run import WRITTEN, ImportRow, ImportRun
from signup.ground.db import db
from signup.signups.signup import Signup


class GivenValues(NamedTuple):
    """Values that came to a list together."""

    at: datetime
    by: str
    values: dict[str, Any]
    raw: list[tuple[str, str]]


def values_of(contact: SeenContact) -> list[Value]:
    """What the reader's lists were given, the latest first; a value that nothing brought was corrected by hand."""
    gifts = sorted((*_signups(contact.id), *_later(contact.id), *_rows(contact.id)), key=_age, reverse=True)
    known, values = known_fields(contact.values), contact.values
    fields = [field for field in known if values.get(field) not in (None, "")]
    return [Value(called(field, known), _told(called(field, known), values[field], gifts)) for field in fields]


def _age(gift: GivenValues) -> datetime:
    return gift.at


def _told(known: KnownField, value: Any, gifts: list[GivenValues]) -> list[PastValue]:
    came = [gift for gift in gifts if gift.values.get(known.field) not in (None, "")]
    told = [PastValue(known.shown(gift.values[known.field]), gift.at, gift.by, gift.raw) for gift in came]
    if not came or came[0].values[known.field] != value:
        told.insert(0, PastValue(known.shown(value), None, str(_("Corrected"))))
    return told


def _signups(contact_id: int) -> Iterator[GivenValues]:
    query = select(Signup).where(Signup.contact_id == contact_id, Signup.state.in_(DONE), scope.only(Signup.list_id))
    for one in db.session.scalars(query):
        if one.confirmed_at:
            named = {NAME: name_from(one.answers), LANGUAGE: one.language}
            yield GivenValues(one.confirmed_at, form_of(one), {**one.answers, **named}, [])


def _later(contact_id: int) -> Iterator[GivenValues]:
    mine = (ConsentEvent.contact_id == contact_id, scope.only(ConsentEvent.list_id))
    query = select(ConsentEvent).where(*mine, ConsentEvent.type == ConsentType.PREFERENCE_CHANGED)
    for event in db.session.scalars(query):
        answers = event.answers or {}
        by = _("Preferences page") if event.signup_id is None else _("A form")
        yield GivenValues(event.at, str(by), {**answers, NAME: name_from(answers), LANGUAGE: event.locale}, [])


def _rows(contact_id: int) -> Iterator[GivenValues]:
    query = select(ImportRow, ImportRun).join(ImportRun, ImportRun.id == ImportRow.run_id)
    query = query.where(ImportRow.contact_id == contact_id, ImportRow.outcome.in_(WRITTEN))
    for row, run in db.session.execute(query.where(scope.only(ImportRun.list_id))):
        change = row.change or {}
        before = change.get("before", {}).get("given") or {}
        given = change.get("after", {}).get("given") or {}
        new = {field: value for field, value in given.items() if before.get(field) != value}
        yield GivenValues(run.started_at or run.created_at, line_of(row, run), new, cells(row, run))
