"""Exports: watch them, cancel one, fetch its file, trace a leaked one. The work is in `signup.exports`."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit, scope
from signup.access.operator import Permission
from signup.admin.frame import door
from signup.admin.frame.route_subject import segments_seen
from signup.consent.mailing_list import MailingList
from signup.exports import export_start, finished_file
from signup.exports.export_run import MARK, ExportRun
from signup.exports.presets.all_presets import PRESETS
from signup.exports.selection import is_own
from signup.ground.db import db, transaction
from signup.ground.errors import NotAllowed, NotFound

SHOWN = 50
UNFINISHED = ("waiting", "running")
MAX_TEXT = 10


def exports() -> ResponseReturnValue:
    text = request.args.get("mark", "")[:MAX_TEXT]
    query = select(ExportRun, MailingList).join(MailingList, MailingList.id == ExportRun.list_id)
    query = query.where(scope.only(ExportRun.list_id))
    if text:
        query = query.where(ExportRun.mark.in_(MARK.findall(text.upper())))
    rows = db.session.execute(query.order_by(ExportRun.id.desc()).limit(SHOWN)).all()
    is_busy = any(run.state in UNFINISHED for run, _list in rows)
    return render_template(
        "admin/exports/exports.html",
        rows=rows,
        formats=export_start.FORMATS | {name: preset.label for name, preset in PRESETS.items()},
        unfinished=UNFINISHED,
        is_busy=is_busy,
        can_fetch=_can_fetch,
        named={one.slug for one in segments_seen()},
        keep_until=finished_file.keep_until,
        text=text,
    )


def _can_fetch(run: ExportRun) -> bool:
    """Whether its file is there for this operator, and shows no more of contacts and fields than they may see."""
    is_there = run.state == "done" and finished_file.path_of(run).exists()
    is_there = is_there and scope.hidden_keys() <= set(run.filter.get("without", ()))
    is_there = is_there and (scope.sees_everything() or is_own(run.filter))
    return is_there and (run.is_masked or door.may("contacts:unmasked"))


def export_cancel(uid: UUID) -> ResponseReturnValue:
    run = _find(uid)
    with transaction():
        export_start.cancel(run.id)
        audit.note(door.operator(), "export-cancelled", str(uid), rows=run.rows)
    flash(_("The export has been cancelled."))
    return redirect(url_for("admin.exports"), HTTPStatus.SEE_OTHER)


def export_file(uid: UUID) -> ResponseReturnValue:
    """The file, or the rest of it for a browser that was interrupted (RFC 9110, section 14)."""
    run = _find(uid)
    path = finished_file.path_of(run)
    if run.state != "done" or not path.exists():
        raise NotFound(f"export {uid}")
    if not _can_fetch(run):
        raise NotAllowed(Permission.CONTACTS_UNMASKED)
    slug = db.session.get_one(MailingList, run.list_id).slug
    with transaction():
        audit.note(
            door.operator(),
            "export-downloaded",
            str(uid),
            mark=run.mark,
            rows=run.rows,
            format=run.format,
            filter=run.filter,
            part=request.headers.get("Range", "")[:60],
        )
    name = finished_file.name_of(run, slug)
    try:
        return send_file(path, as_attachment=True, download_name=name, etag=f"{run.uid.hex}-{run.size}")
    except FileNotFoundError:  # its week ended a moment ago
        raise NotFound(f"export {uid}") from None


def _find(uid: UUID) -> ExportRun:
    run = db.session.scalar(select(ExportRun).where(ExportRun.uid == uid))
    if run is None:
        raise NotFound(f"export {uid}")
    return run
