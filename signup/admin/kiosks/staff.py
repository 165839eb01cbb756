"""The people at the kiosks: a name for the PIN pad and a PIN each; retired ones cannot unlock a kiosk any more."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit
from signup.admin.frame import door
from signup.admin.kiosks.kiosk_input import StaffChangeInput, StaffInput
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound
from signup.kiosks.kiosk import Staff


def staff() -> ResponseReturnValue:
    return _page(StaffInput(formdata=None))


def _page(form: StaffInput, changed: StaffChangeInput | None = None, changed_id: int = 0) -> ResponseReturnValue:
    rows = list(db.session.scalars(select(Staff).order_by(Staff.retired_at.is_not(None), Staff.shop, Staff.name)))
    inputs = {
        row.id: StaffChangeInput(formdata=None, data={"retired": row.retired_at is not None}, prefix=f"s{row.id}-")
        for row in rows
    }
    if changed is not None:
        inputs[changed_id] = changed
    is_wrong = bool(form.errors or (changed and changed.errors))
    page = render_template("admin/kiosks/staff.html", staff=rows, inputs=inputs, form=form)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK


def staff_new() -> ResponseReturnValue:
    form = StaffInput()
    if not form.validate():
        return _page(form)
    added = Staff(name=form.name.data or "", shop=form.shop.data or "")
    added.set_pin(form.pin.data or "")
    with transaction():
        db.session.add(added)
        db.session.flush()
        audit.note(door.operator(), "staff-added", str(added.uid))
    flash(_("%(name)s can now unlock the kiosks.", name=added.name))
    return redirect(url_for("admin.staff"), HTTPStatus.SEE_OTHER)


def staff_change(uid: UUID) -> ResponseReturnValue:
    """A new PIN, or retiring somebody and taking that back."""
    found = db.session.scalar(select(Staff).where(Staff.uid == uid))
    if found is None:
        raise NotFound(f"staff {uid}")
    form = StaffChangeInput(prefix=f"s{found.id}-")
    if not form.validate():
        return _page(StaffInput(formdata=None), form, found.id)
    was_retired = found.retired_at is not None
    changed = Staff()
    if form.pin.data:
        changed.set_pin(form.pin.data)
    with transaction():
        if form.pin.data:
            found.pin_hash = changed.pin_hash
        if form.retired.data != was_retired:
            found.retired_at = now() if form.retired.data else None
        audit.note(door.operator(), "staff-changed", str(uid), pin=bool(form.pin.data), retired=form.retired.data)
    flash(_("Your change has been saved."))
    return redirect(url_for("admin.staff"), HTTPStatus.SEE_OTHER)
