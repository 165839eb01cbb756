"""The columns of an export: which there are, and saving a choice under a name for everybody on the list."""

from http import HTTPStatus
from typing import NamedTuple

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup.access import audit, scope
from signup.admin.frame import door
from signup.exports import column_set
from signup.exports.column_labels import labels_of
from signup.exports.column_set import MAX_NAME
from signup.exports.columns import columns_of
from signup.exports.presets.export_preset import ExportPreset
from signup.exports.presets.further_columns import further_of
from signup.exports.selection import Filter, chosen_in
from signup.ground.db import transaction

KEPT = ("mailing_list", "segment", "status", "partner", "format", "per_household", "ticked", "with_proof")
"""What the address of the preview says besides the columns."""
MAX_COLUMNS = 200


class ColumnChoice(NamedTuple):
    """A column that may be chosen."""

    name: str
    label: str
    is_chosen: bool


def choices_for(list_id: int, preset: ExportPreset | None, wanted: Filter) -> list[ColumnChoice]:
    """The columns of a general file, all chosen unless some are named; of a preset those that can be added to it."""
    names = chosen_in(wanted)
    everything = {name: value for name, value in wanted.items() if name != "columns"}
    columns = further_of(preset, list_id, wanted) if preset else columns_of(list_id, everything)
    is_all = not names and preset is None
    labels = labels_of(columns)
    return [
        ColumnChoice(column.name, label, is_all or column.name in names)
        for column, label in zip(columns, labels, strict=True)
    ]


def export_columns_save() -> ResponseReturnValue:
    """Keep the ticked columns under a name; back to the look at the file with these columns."""
    mailing_list = scope.mailing_list(request.form.get("mailing_list", ""))
    name = " ".join(request.form.get("name", "").split())[:MAX_NAME]
    columns = request.form.getlist("columns")[:MAX_COLUMNS]
    if not name or not columns:
        flash(_("Tick at least one column and name your selection."))
        return _back(columns)
    with transaction():
        column_set.save(mailing_list.id, name, columns)
        audit.note(door.operator(), "export-columns-saved", name, list=mailing_list.slug, columns=len(columns))
    flash(_("The columns have been saved as “%(name)s”.", name=name))
    return _back(columns)


def export_columns_delete() -> ResponseReturnValue:
    """Forget a saved choice; files that were made with it stay as they are."""
    mailing_list = scope.mailing_list(request.form.get("mailing_list", ""))
    name = request.form.get("name", "")[:MAX_NAME]
    with transaction():
        if column_set.remove(mailing_list.id, name):
            audit.note(door.operator(), "export-columns-deleted", name, list=mailing_list.slug)
    flash(_("The saved columns “%(name)s” have been deleted.", name=name))
    return _back([])


def _back(columns: list[str]) -> ResponseReturnValue:
    kept = {name: value for name in KEPT if (value := request.form.get(name))}
    return redirect(url_for("admin.export_preview", **kept, columns=columns), HTTPStatus.SEE_OTHER)  # type: ignore[arg-type]
