"""Retiring a field: hidden, archived, dropped. The first two have a way back, and say what they touch."""

from collections.abc import Iterator
from http import HTTPStatus

from flask import Response, flash, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit
from signup.admin.frame import door
from signup.exports.people_csv import csv_line
from signup.fields import value_archive
from signup.fields.field import Field, FieldState, find_field, move
from signup.fields.value_archive import AT_ONCE
from signup.forms import hide_field
from signup.ground.db import transaction


def field_hide(key: str) -> ResponseReturnValue:
    """Out of use, or with `do=show` to use again."""
    field = find_field(key)
    if request.form.get("do") == "show":
        return _show(field)
    with transaction():
        if is_done := hide_field.hide(field, door.operator().id):
            audit.note(door.operator(), "field-hidden", key, forms=len(field.taken_off))
    flash(_("The field is hidden. Its values are kept, and you can show it again.") if is_done else _already())
    return _back(key)


def _show(field: Field) -> ResponseReturnValue:
    with transaction():
        left = hide_field.show(field, door.operator().id)
        if left is not None:
            audit.note(door.operator(), "field-shown", field.key, forms_left=len(left))
    if left:
        flash(
            _(
                "The field is in use again. These forms have changed since, so add it there by hand: %(forms)s.",
                forms=", ".join(left),
            )
        )
    else:
        flash(_("The field is in use again, on its forms too.") if left is not None else _already())
    return _back(field.key)


def field_archive(key: str) -> ResponseReturnValue:
    """Take the values out, put them back (`do=restore`), or delete field and values for good (`do=drop`)."""
    field = find_field(key)
    do = request.form.get("do", "archive")
    if do == "drop":
        return _drop(field)
    is_back = do == "restore"
    before, after = (FieldState.ARCHIVED, FieldState.HIDDEN) if is_back else (FieldState.HIDDEN, FieldState.ARCHIVED)
    with transaction():
        if is_done := move(field, before, after):
            audit.note(door.operator(), "field-restored" if is_back else "field-archived", key)
    if not is_done:
        flash(_already())
        return _back(key)
    is_through = (value_archive.put_back if is_back else value_archive.take_out)(find_field(key), AT_ONCE)
    if not is_through:
        flash(_("Started. This runs in the background; the page shows its progress."))
    else:
        flash(
            _("The values have been restored.")
            if is_back
            else _("The values are archived: download them as a file, or restore them.")
        )
    return _back(key)


def _drop(field: Field) -> ResponseReturnValue:
    key, n = field.key, value_archive.count_archived(field.id)
    with transaction():
        if is_done := value_archive.drop(field):
            audit.note(door.operator(), "field-dropped", key, values=n)
    if not is_done:
        flash(_("The values are still being archived, or have not been archived. Nothing was deleted."))
        return _back(key)
    flash(_("The field and its archived values have been permanently deleted."))
    return redirect(url_for("admin.fields"), HTTPStatus.SEE_OTHER)


def field_archive_csv(key: str) -> ResponseReturnValue:
    """The archived values as a file."""
    field = find_field(key)
    field_id, n = field.id, value_archive.count_archived(field.id)
    with transaction():
        audit.note(door.operator(), "field-archive-taken", key, rows=n)
    headers = {"Content-Disposition": f'attachment; filename="archived-{key}.csv"'}
    lines = stream_with_context(_lines(field_id, key))
    return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _lines(field_id: int, key: str) -> Iterator[str]:
    yield "\ufeff" + csv_line(["contact_uid", "email", key])
    for uid, address, value in value_archive.rows(field_id):
        yield csv_line([uid, address, value])


def _already() -> str:
    return str(_("Someone else was faster, or the previous step is not finished. Please check its current state."))


def _back(key: str) -> ResponseReturnValue:
    return redirect(url_for("admin.field_edit", key=key), HTTPStatus.SEE_OTHER)
