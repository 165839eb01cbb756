"""Shows how many addresses get no email and why, looks one up, adds and removes one, and takes in a file.

An address comes by POST alone: an URL would leave it in logs.
"""

from http import HTTPStatus

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit
from signup.addresses.address import key_of
from signup.admin.frame import door
from signup.admin.suppression import suppression_words
from signup.admin.suppression.suppression_input import SuppressionFileInput, SuppressionInput
from signup.bounces import suppression_file
from signup.consent.suppression import (
    BY_OPERATOR,
    COMPLAINT,
    IMPORTED,
    count_by_reason,
    reason_for,
    release,
    suppress,
    suppress_all,
)
from signup.contacts.contact import hash_of
from signup.ground.clock import utcnow
from signup.ground.db import transaction

MAX_FILE = 1024 * 1024


def suppression() -> ResponseReturnValue:
    return _page(SuppressionInput(formdata=None))


def _page(form: SuppressionInput, found: str | None = None, *, is_asked: bool = False) -> ResponseReturnValue:
    page = render_template(
        "admin/suppression/suppression.html",
        form=form,
        file_form=SuppressionFileInput(formdata=None),
        reasons=count_by_reason(),
        found=found,
        is_asked=is_asked,
        complaint=COMPLAINT,
        suppression_words=suppression_words,
    )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK


def suppression_find() -> ResponseReturnValue:
    form = SuppressionInput()
    if not form.validate():
        return _page(form)
    return _page(form, reason_for(_hash(form)), is_asked=True)


def suppression_add() -> ResponseReturnValue:
    form = SuppressionInput()
    if not form.validate():
        return _page(form)
    address_hash = _hash(form)
    with transaction():
        is_new = suppress(address_hash, BY_OPERATOR)
        if is_new:
            audit.note(door.operator(), "address-suppressed", address_hash)
    flash(_("This address gets no more email.") if is_new else _("It was on the list already."))
    return _back()


def suppression_remove() -> ResponseReturnValue:
    """Let an address be mailed again. Who complained comes off only for a reason that an operator types."""
    form = SuppressionInput()
    if not form.validate():
        return _page(form)
    address_hash, because = _hash(form), form.because.data or ""
    reason = reason_for(address_hash)
    if reason == COMPLAINT and not because:
        form.because.errors = [_("This person reported an email as spam. Say why they may get email again.")]
        return _page(form, reason, is_asked=True)
    with transaction():
        is_gone = release(address_hash)
        if is_gone:
            audit.note(door.operator(), "address-released", address_hash, reason=because or reason)
    flash(_("This address may get email again.") if is_gone else _("It was not on the list."))
    return _back()


def suppression_import() -> ResponseReturnValue:
    request.max_content_length = MAX_FILE
    uploaded = request.files.get("file")
    content = uploaded.read(MAX_FILE).decode("utf-8", "replace") if uploaded else ""
    lines = suppression_file.read_lines(content.splitlines())
    with transaction():
        new = suppress_all(lines.hashes, IMPORTED)
        audit.note(door.operator(), "addresses-suppressed", rows=new)
    flash(
        _(
            "%(n)s addresses read, %(new)s of them new; %(without)s lines without one.",
            n=len(lines.hashes),
            new=new,
            without=lines.without,
        )
    )
    return _back()


def suppression_export() -> ResponseReturnValue:
    content = "".join(suppression_file.csv_lines())
    with transaction():
        audit.note(door.operator(), "suppression-exported")
    name = f"suppression-{utcnow():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="text/csv", headers=headers)


def _hash(form: SuppressionInput) -> str:
    return hash_of(key_of(form.address.data or ""))


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.suppression"), HTTPStatus.SEE_OTHER)
