"""Reads the events of a proof with everything around them, in few statements whatever their number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from signup.access import scope
from signup.consent.consent_event import ConsentEvent, ConsentType
from signup.consent.snapshot import texts_of
from signup.contacts.contact import Contact
from signup.evidence.proven_event import ImportEvidence, ProvenEvent, ShownForm
from signup.files.import_run import ImportRow, ImportRun
from signup.forms import form_rendering
from signup.forms.form import Form, FormVersion
from signup.forms.form_rendering import Surface
from signup.ground.db import db
from signup.ground.urls import origin_of, settings
from signup.mailer import kept_mail
from signup.signups.signup import Signup

ADDED_BY_FILE = "import-"
SURFACES = {"frame": Surface.FRAME, "json": Surface.SCRIPT, "kiosk": Surface.KIOSK}
"""Where a form was seen, by the way it was sent."""


@dataclass(frozen=True)
class _Around:
    """What the events of one proof name by id or hash."""

    texts: dict[str, str]
    versions: dict[int, tuple[FormVersion, Form]]
    sources: dict[int, dict[str, Any]]
    files: dict[UUID, ImportEvidence]
    parts: dict[int, UUID]


def read(rows: Sequence[ConsentEvent], contact_id: int, known_keys: frozenset[str]) -> list[ProvenEvent]:
    """The events, in their order. `known_keys` are the fields whose answers the reader knows of the person."""
    around = _Around(
        texts_of(row.wording_hash for row in rows),
        _versions(rows),
        _sources(rows),
        _files(rows),
        _parts({row.contact_id for row in rows} - {contact_id}),
    )
    return [_event(row, around, known_keys) for row in rows]


def _event(row: ConsentEvent, around: _Around, known_keys: frozenset[str]) -> ProvenEvent:
    is_mail = row.type == ConsentType.MAIL_ACCEPTED
    answers = {} if is_mail else row.answers or {}
    return ProvenEvent(
        id=row.id,
        type=row.type,
        at=row.at,
        purpose=row.purpose,
        controller=row.controller,
        locale=row.locale,
        method=row.method,
        key_id=row.key_id or "",
        wording=around.texts.get(row.wording_hash or "", ""),
        wording_hash=row.wording_hash or "",
        address=row.address or "",
        ip=row.ip or "",
        agent=row.agent or "",
        page=row.page or "",
        referrer=row.referrer or "",
        answers={key: value for key, value in answers.items() if _is_shown(row, key, known_keys)},
        source=around.sources.get(row.signup_id or 0, {}) if row.type == ConsentType.REQUESTED else {},
        form=_form(row, around),
        brought_by=around.files.get(row.id),
        merged_from=around.parts.get(row.contact_id) if scope.sees_everything() else None,
        is_erased=row.salt is None,
        mail_template_hash=row.mail_template_hash or "",
        relay_reply=row.relay_reply or "",
        mail=kept_mail.read(row) if is_mail else None,
    )


def _is_shown(row: ConsentEvent, key: str, known_keys: frozenset[str]) -> bool:
    """The preference page once wrote down what every list had asked: of these a reader sees their own list's."""
    is_anyones = row.type == ConsentType.PREFERENCE_CHANGED and not row.signup_id
    return bool(scope.sees_everything() or not is_anyones or key in known_keys) and scope.shows(key)


def _versions(rows: Sequence[ConsentEvent]) -> dict[int, tuple[FormVersion, Form]]:
    ids = {row.form_version_id for row in rows if row.form_version_id}
    query = select(FormVersion, Form).join(Form, Form.id == FormVersion.form_id).where(FormVersion.id.in_(ids))
    return {version.id: (version, form) for version, form in db.session.execute(query)}


def _sources(rows: Sequence[ConsentEvent]) -> dict[int, dict[str, Any]]:
    """Where the sign-up behind an event came from: placement, campaign, and at a kiosk who typed it and when."""
    ids = {row.signup_id for row in rows if row.signup_id and row.type == ConsentType.REQUESTED}
    query = select(Signup.id, Signup.source).where(Signup.id.in_(ids))
    return {row.id: row.source for row in db.session.execute(query)}


def _files(rows: Sequence[ConsentEvent]) -> dict[UUID, ImportEvidence]:
    methods = {row.id: row.method for row in rows if row.method.startswith(ADDED_BY_FILE)}
    if not methods:
        return {}
    query = select(ImportRow.event_id, ImportRow.line, ImportRun).join(ImportRun, ImportRun.id == ImportRow.run_id)
    query = query.where(ImportRow.event_id.in_(list(methods)), scope.only(ImportRun.list_id))
    return {
        event_id: ImportEvidence(
            methods[event_id].removeprefix(ADDED_BY_FILE).upper(), run.origin, run.file_name, run.sha256, line
        )
        for event_id, line, run in db.session.execute(query)
        if event_id
    }


def _parts(contact_ids: set[int]) -> dict[int, UUID]:
    query = select(Contact.id, Contact.uid).where(Contact.id.in_(contact_ids))
    return {row.id: row.uid for row in db.session.execute(query)} if contact_ids else {}


def _form(row: ConsentEvent, around: _Around) -> ShownForm | None:
    if row.form_version_id not in around.versions:
        return None
    version, form = around.versions[row.form_version_id]
    said = version.definition.said_in(row.locale)
    labels = {question.key: question.label for question in said.fields}
    shown = ShownForm(form.public_id, form.name, version.number, version.hash, said.opt_in, said.single_reason, labels)
    return _with_rendering(shown, row) if row.type == ConsentType.REQUESTED else shown


def _with_rendering(form: ShownForm, row: ConsentEvent) -> ShownForm:
    """The form as it was seen when it was sent. A form drawn by a website's own HTML was not seen by us."""
    surface = _surface(row)
    if surface is None or row.form_version_id is None:
        return form
    found = form_rendering.shown_at(row.form_version_id, row.locale, surface, row.at)
    if found is None:
        return form
    texts = texts_of((found.hash, found.style_hash))
    return form.seen(found, texts[found.hash], texts[found.style_hash])


def _surface(row: ConsentEvent) -> Surface | None:
    """Where the form was seen; None: on a website, drawn from its own HTML."""
    is_ours = origin_of(row.page or "") == origin_of(settings().public_url)
    return Surface.PAGE if row.method == "form" and is_ours else SURFACES.get(row.method)
