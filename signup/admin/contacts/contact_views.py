"""Saving a view of the contacts page, sharing it, and taking it away."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import delete, select

from signup.access import audit
from signup.admin.contacts.contact_columns import columns, shown_columns
from signup.admin.contacts.contact_view import KEPT, ContactView
from signup.admin.frame import door
from signup.ground.db import db, transaction, upsert
from signup.ground.errors import NotFound

MAX_NAME = 60
MAX_VALUE = 254


def view_save() -> ResponseReturnValue:
    """Keep filter and columns under a name; the same name again takes the place of the former."""
    name, operator = " ".join(request.form.get("name", "").split())[:MAX_NAME], door.operator()
    query: dict[str, Any] = {key: value[:MAX_VALUE] for key in KEPT if (value := request.form.get(key, "").strip())}
    if not name:
        flash(_("Give the view a name."))
        return redirect(url_for("admin.contacts", **query), HTTPStatus.SEE_OTHER)
    chosen = request.form.getlist("column") or shown_columns(columns())
    values = {"query": query, "columns": chosen, "shared": request.form.get("shared") == "yes"}
    with transaction():
        saved = upsert(ContactView).values(operator_id=operator.id, name=name, **values)
        saved = saved.on_conflict_do_update(index_elements=["operator_id", "name"], set_=values)
        uid = db.session.scalar(saved.returning(ContactView.uid))
        audit.note(operator, "view-saved", str(uid), shared=values["shared"])
    flash(_("The view has been saved."))
    return redirect(url_for("admin.contacts", view=uid, **query), HTTPStatus.SEE_OTHER)


def view_delete(uid: UUID) -> ResponseReturnValue:
    """Only who saved it takes it away."""
    operator = door.operator()
    found = db.session.scalar(select(ContactView).where(ContactView.uid == uid, ContactView.operator_id == operator.id))
    if found is None:
        raise NotFound(f"view {uid}")
    with transaction():
        db.session.execute(delete(ContactView).where(ContactView.id == found.id))
        audit.note(operator, "view-deleted", str(uid))
    flash(_("The view has been deleted. The contacts in it stay."))
    return redirect(url_for("admin.contacts"), HTTPStatus.SEE_OTHER)
