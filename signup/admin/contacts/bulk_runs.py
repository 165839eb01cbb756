"""Bulk edits that were begun: how far each is, stopping it, and undoing it."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit, scope
from signup.admin.contacts.bulk_words import BULK_ACTIONS
from signup.admin.contacts.editable_field import called, known_fields
from signup.admin.frame import door
from signup.bulk import bulk_edit, bulk_work
from signup.bulk.bulk_edit import OF_TAGS, Action, BulkEdit
from signup.consent.mailing_list import MailingList
from signup.contacts.tag import Tag
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound


def bulks() -> ResponseReturnValue:
    """The newest bulk edits."""
    newest = db.session.scalars(select(BulkEdit).order_by(BulkEdit.id.desc()).limit(50))
    rows = [run for run in newest if scope.shows(run.field)]
    return render_template("admin/contacts/bulks.html", rows=rows, called=_called, action_words=BULK_ACTIONS)


def bulk_show(uid: UUID) -> ResponseReturnValue:
    run = _find(uid)
    is_busy = run.state in bulk_edit.UNFINISHED
    return render_template(
        "admin/contacts/bulk_show.html",
        run=run,
        is_busy=is_busy,
        called=_called,
        shown=_shown,
        action_words=BULK_ACTIONS,
    )


def bulk_stop(uid: UUID) -> ResponseReturnValue:
    run = _find(uid)
    with transaction():
        bulk_edit.cancel(run.id)
        audit.note(door.operator(), "bulk-stopped", str(uid))
    return redirect(url_for("admin.bulk_show", uid=uid), HTTPStatus.SEE_OTHER)


def bulk_undo(uid: UUID) -> ResponseReturnValue:
    run = _find(uid)
    with transaction():
        begun = bulk_edit.undo(run.id)
        if begun:
            audit.note(door.operator(), "bulk-undone", str(uid), people=run.changed)
    if not begun:
        flash(_("There is nothing to undo."))
    elif run.changed <= bulk_work.AT_ONCE:
        bulk_work.run_now(run.id)
    else:
        ring(bulk_work.ACTOR, run.id)
    return redirect(url_for("admin.bulk_show", uid=uid), HTTPStatus.SEE_OTHER)


def _called(run: BulkEdit) -> str:
    """What a run is about: a value, or a list."""
    if run.action == Action.UNSUBSCRIBE:
        list_id = run.value.get("list_id")
        mailing_list = db.session.get(MailingList, list_id) if list_id else None
        return mailing_list.name if mailing_list else _("all lists")
    if run.action == Action.ERASE:
        return str(_("for good"))
    if run.action in OF_TAGS:
        tag = db.session.get(Tag, run.value["to"])
        return tag.name if tag else str(_("a deleted tag"))
    return called(run.field, known_fields()).label


def _shown(run: BulkEdit) -> str:
    return called(run.field, known_fields()).shown(run.value.get("to"))


def _find(uid: UUID) -> BulkEdit:
    run = db.session.scalar(select(BulkEdit).where(BulkEdit.uid == uid))
    if run is None or not scope.shows(run.field):
        raise NotFound(f"bulk edit {uid}")
    return run
