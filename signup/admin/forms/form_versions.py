"""A form's versions: who published which and when, what changed between two, and going back to one."""

from http import HTTPStatus

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access.operator import Operator, Role
from signup.admin.forms.form_changes import changes
from signup.admin.forms.form_publish import publish
from signup.admin.frame import door
from signup.admin.frame.number import whole
from signup.forms.form import Form, FormVersion, find_form
from signup.forms.form_draft import draft_of
from signup.ground.db import db, transaction
from signup.ground.errors import NotAllowed, NotFound, NotReady


def form_versions(public_id: str) -> ResponseReturnValue:
    """The versions, newest first, and the changes from one to another (`?from=1&to=2`; the last two by default)."""
    form = find_form(public_id)
    query = (
        select(FormVersion, Operator)
        .outerjoin(Operator, Operator.id == FormVersion.operator_id)
        .where(FormVersion.form_id == form.id)
        .order_by(FormVersion.number.desc())
    )
    rows = db.session.execute(query).all()
    known = {version.number: version for version, _author in rows}
    to = request.args.get("to", form.version.number, type=whole)
    since = request.args.get("from", to - 1, type=whole)
    old, new = known.get(since), known.get(to)
    return render_template(
        "admin/forms/form_versions.html",
        form=form,
        draft=draft_of(form.id),
        versions=rows,
        old=old,
        new=new,
        changes=changes(old.definition, new.definition) if old and new else [],
    )


def form_restore(public_id: str, number: int) -> ResponseReturnValue:
    """Publish what an earlier version said once more, as a new version."""
    form = find_form(public_id)
    version = _version(form, number)
    definition = version.definition
    was_single = form.version.definition.opt_in == "single"
    if definition.opt_in == "single" and not was_single and door.operator().role != Role.ADMINISTRATOR:
        raise NotAllowed("single opt-in")
    try:
        with transaction():
            publish(form, definition)
    except NotReady as error:  # the form may have another list since, or a rule may be newer than the version
        flash(_("Version %(n)s cannot be published again: %(reason)s", n=number, reason=str(error)), "problem")
    return redirect(url_for("admin.form_versions", public_id=public_id), HTTPStatus.SEE_OTHER)


def _version(form: Form, number: int) -> FormVersion:
    query = select(FormVersion).where(FormVersion.form_id == form.id, FormVersion.number == number)
    found: FormVersion | None = db.session.scalar(query)
    if found is None:
        raise NotFound(f"version {number}")
    return found
