"""A form as the visitor's door uses it: everything one request needs, read at most once in two seconds a process.

While the database is away the last reading still serves, so that a page can be shown with what was typed.
"""

import time
from dataclasses import dataclass

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from signup.contacts.source import Source
from signup.db import db
from signup.errors import NotFound
from signup.forms.form import Definition, Form, FormVersion, find_form
from signup.mailer import compose
from signup.mailer.message import Kind

FRESH_SECONDS = 2.0
MAX_CACHED = 1_000


@dataclass(frozen=True)
class LiveForm:
    """The current version of a form, its list, and the mails it sends."""

    id: int
    public_id: str
    name: str
    is_archived: bool
    version_id: int
    wording_hash: str
    definition: Definition
    list_id: int
    list_name: str
    controller: str
    privacy_url: str
    magnet_name: str | None
    confirm_template: str
    already_template: str

    def label(self, source: Source) -> str:
        """What reports call sign-ups that came this way."""
        return f"{self.name} · {source.placement}"[:120] if source.placement else self.name


def live_form(public_id: str) -> LiveForm:
    """The form with this public id. Raises `NotFound`, also for an archived one."""
    cache: dict[str, tuple[float, LiveForm]] = current_app.extensions.setdefault("signup.live_forms", {})
    read_at, found = cache.get(public_id, (0.0, None))
    if found is None or time.monotonic() - read_at > FRESH_SECONDS:
        try:
            found = _read(public_id)
        except SQLAlchemyError:
            if found is None:
                raise
        if len(cache) >= MAX_CACHED:
            cache.clear()
        cache[public_id] = (time.monotonic(), found)
    if found.is_archived:
        raise NotFound(f"form {public_id} is archived")
    return found


def forget_live_forms() -> None:
    """Read every form anew: one was just changed here."""
    current_app.extensions.pop("signup.live_forms", None)
    current_app.extensions.pop("signup.after_confirming", None)


@dataclass(frozen=True)
class AfterConfirming:
    """What follows from a confirmation, by the form version that was sent."""

    label: str
    controller: str
    wording_hash: str
    magnet_id: int | None
    magnet_name: str | None
    welcome_template: str


def after_confirming(form_id: int, version_id: int, language: str) -> AfterConfirming:
    """Read at most once in two seconds a process, like the forms."""
    cache: dict[tuple[int, int, str], tuple[float, AfterConfirming]]
    cache = current_app.extensions.setdefault("signup.after_confirming", {})
    key = (form_id, version_id, language)
    read_at, found = cache.get(key, (0.0, None))
    if found is None or time.monotonic() - read_at > FRESH_SECONDS:
        form, version = db.session.get_one(Form, form_id), db.session.get_one(FormVersion, version_id)
        magnet = version.lead_magnet
        found = AfterConfirming(
            label=form.name,
            controller=form.list.controller,
            wording_hash=version.wording_hash,
            magnet_id=magnet.id if magnet else None,
            magnet_name=magnet.name if magnet else None,
            welcome_template=compose.template_for(Kind.WELCOME, language, form.list),
        )
        db.session.rollback()
        if len(cache) >= MAX_CACHED:
            cache.clear()
        cache[key] = (time.monotonic(), found)
    return found


def _read(public_id: str) -> LiveForm:
    form = find_form(public_id)
    of, version = form.list, form.version
    definition, magnet = version.definition, version.lead_magnet
    found = LiveForm(
        id=form.id,
        public_id=form.public_id,
        name=form.name,
        is_archived=form.archived_at is not None,
        version_id=version.id,
        wording_hash=version.wording_hash,
        definition=definition,
        list_id=of.id,
        list_name=of.name,
        controller=of.controller,
        privacy_url=of.privacy_url,
        magnet_name=magnet.name if magnet else None,
        confirm_template=compose.template_for(Kind.CONFIRM, definition.language, of),
        already_template=compose.template_for(Kind.ALREADY, definition.language, of),
    )
    db.session.rollback()
    return found
