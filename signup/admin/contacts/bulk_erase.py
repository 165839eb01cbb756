"""Erasing many contacts: how many, what would go, and with their number typed, all of it by a worker."""

from http import HTTPStatus

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from signup.admin.contacts import bulk_edits
from signup.admin.contacts.contact_view import KEPT
from signup.admin.frame import door
from signup.admin.privacy.erase_words import in_words
from signup.bulk import bulk_edit
from signup.bulk.bulk_edit import OBJECTED, Action, BulkEdit
from signup.contacts.contact import Contact
from signup.contacts.legal_hold import is_held
from signup.ground.db import db
from signup.ground.query_planning import plan_for_once
from signup.privacy.erase import look_at

LOOKED_AT = 100
"""So many of the newest are looked at for what would go."""


def bulk_erase() -> ResponseReturnValue:
    """From the page of bulk edits: look, and with `do=erase` begin."""
    selection = bulk_edits.chosen()
    plan_for_once()
    people = bulk_edit.selected(selection).subquery()
    total = db.session.scalar(select(func.count()).select_from(people)) or 0
    typed, has_objected = request.form.get("typed", "").strip(), bool(request.form.get("objected"))
    is_asked = request.form.get("do") == "erase"
    if is_asked and total and typed == str(total):
        operator = door.operator()
        run = BulkEdit(action=Action.ERASE, selection=selection, actor=operator.address, operator_id=operator.id)
        run.field, run.value = "", {OBJECTED: has_objected}
        return bulk_edits.begin(run, "contacts-erased")
    newest = bulk_edit.selected(selection).order_by(Contact.id.desc()).limit(LOOKED_AT)
    ids = list(db.session.scalars(newest))
    held = db.session.scalar(select(func.count()).select_from(people).where(is_held(people.c.id))) or 0
    page = render_template(
        "admin/contacts/bulk_erase.html",
        kept=[(name, value) for name in KEPT if (value := request.form.get(name))],
        uids=[] if request.form.get("all") else request.form.getlist("uid")[: bulk_edits.MAX_TICKED],
        total=total,
        looked=len(ids),
        held=held,
        rows=in_words(look_at(ids).found) if ids else {},
        objected=has_objected,
        problem=_("Type the number of people to confirm.") if is_asked else "",
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if is_asked else HTTPStatus.OK
