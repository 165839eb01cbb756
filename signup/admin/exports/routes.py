"""Exports: every address, its lock, what it is about and its help."""

from signup.access.operator import Permission
from signup.admin.exports import export_columns, export_new, exports
from signup.admin.frame.door import PROVED_EXPORT
from signup.admin.frame.route_subject import EXPORT, ROWS
from signup.admin.frame.section import MenuEntry, Section
from signup.ground.i18n import _

section = Section(
    menu=MenuEntry(
        "exports",
        _("Imports and exports"),
        "down",
        Permission.EXPORT,
        order=8,
        otherwise=("imports", Permission.IMPORT),
        is_below=True,
    ),
    topic="exports#exports",
)
route = section.route

route("/exports", exports.exports, Permission.EXPORT, about=ROWS)
route("/exports/new", export_new.export_new, PROVED_EXPORT, "GET POST", about=ROWS, name=_("New export"))
route("/exports/ticked", export_new.export_ticked, PROVED_EXPORT, "POST", about=ROWS)
route("/exports/preview", export_new.export_preview, PROVED_EXPORT, about=ROWS)
route("/exports/columns", export_columns.export_columns_save, PROVED_EXPORT, "POST", about=ROWS)
route("/exports/columns/delete", export_columns.export_columns_delete, PROVED_EXPORT, "POST", about=ROWS)
route("/exports/<uuid:uid>/cancel", exports.export_cancel, Permission.EXPORT, "POST", about=EXPORT)
route("/exports/<uuid:uid>/file", exports.export_file, PROVED_EXPORT, about=EXPORT)
