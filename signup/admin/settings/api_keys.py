"""Keys for programs: made with what they may do, their secret shown once, and revoked for good."""

from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import api_key, audit
from signup.access.api_key import KeyRange, KeyScope, NewApiKey
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.settings.key_input import SCOPES, KeyInput
from signup.consent.mailing_list import MailingList
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.webhooks.webhook import revoke_key

OVERLAP, NEW_TERM = timedelta(days=1), timedelta(days=365)


def api_keys() -> ResponseReturnValue:
    return _page(_input(empty=True))


def _input(*, empty: bool = False) -> KeyInput:
    form = KeyInput(formdata=None) if empty else KeyInput()
    form.lists.choices = choices(_list_names().items())
    return form


def _list_names() -> dict[int, str]:
    rows = db.session.execute(select(MailingList.id, MailingList.name).order_by(MailingList.name))
    return {row.id: row.name for row in rows}


def _page(form: KeyInput, made: NewApiKey | None = None) -> ResponseReturnValue:
    page = render_template(
        "admin/settings/api_keys.html",
        keys=api_key.api_keys(),
        lists=_list_names(),
        form=form,
        made=made,
        at=utcnow(),
        scope_words=SCOPES,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def api_key_new() -> ResponseReturnValue:
    """Make a key; the answer is the only place where its secret ever stands."""
    form = _input()
    if not form.validate():
        return _page(form)
    scopes, list_ids = [KeyScope(one) for one in form.scopes.data or ()], list(form.lists.data or ())
    ttl = timedelta(days=form.days.data) if form.days.data else None
    reach = KeyRange(scopes, list_ids, bool(form.is_masked.data), bool(form.is_test.data))
    with transaction():
        made = api_key.make(form.name.data or "", reach, ttl, door.operator().id)
        facts = {"scopes": form.scopes.data, "lists": list_ids, "days": form.days.data}
        facts |= {"masked": reach.is_masked, "test": reach.is_test}
        audit.note(door.operator(), "key-made", str(made.key.uid), **facts)
    return _page(_input(empty=True), made)


def api_key_rotate(uid: UUID) -> ResponseReturnValue:
    """Replace a key by one that reaches as far. The old one goes on for a day, so that its program can be changed."""
    with transaction():
        made = api_key.rotate(uid, OVERLAP, NEW_TERM, door.operator().id)
        audit.note(door.operator(), "key-rotated", str(uid), new=str(made.key.uid))
    return _page(_input(empty=True), made)


def api_key_revoke(uid: UUID) -> ResponseReturnValue:
    with transaction():
        if revoke_key(uid):
            audit.note(door.operator(), "key-revoked", str(uid))
    flash(_("The key has been revoked. Programs that use it no longer have access."))
    return redirect(url_for("admin.api_keys"), HTTPStatus.SEE_OTHER)
