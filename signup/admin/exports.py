"""Exports: start one, watch it, cancel it, fetch its file. The work is in `signup.exchange.export_job`."""

from http import HTTPStatus
from uuid import UUID

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.admin import audit, guard, scope, words
from signup.admin.about import partners_seen, segments_seen
from signup.admin.inputs import ExportInput, choices
from signup.audience.segment import find_version
from signup.broker import ring
from signup.consent.mailing_list import MailingList
from signup.consent.partner import Partner
from signup.consent.subscription import State
from signup.db import db, transaction
from signup.errors import NotFound
from signup.exchange import export_job
from signup.exchange.export_run import ExportRun
from signup.exchange.selection import Filter

SHOWN = 50
UNFINISHED = ("waiting", "running")


def exports() -> ResponseReturnValue:
    query = select(ExportRun, MailingList).join(MailingList, MailingList.id == ExportRun.list_id)
    query = query.where(scope.only(ExportRun.list_id))
    rows = db.session.execute(query.order_by(ExportRun.id.desc()).limit(SHOWN)).all()
    is_busy = any(run.state in UNFINISHED for run, _list in rows)
    return render_template(
        "admin/exports.html",
        rows=rows,
        formats=export_job.FORMATS,
        unfinished=UNFINISHED,
        is_busy=is_busy,
        path_of=export_job.path_of,
    )


def export_new() -> ResponseReturnValue:
    form = ExportInput(
        data={
            "mailing_list": request.args.get("list"),
            "status": request.args.get("status") or State.CONFIRMED,
            "partner": request.args.get("partner", ""),
            "segment": request.args.get("segment", ""),
        }
    )
    partners = [(row.slug, row.version.name) for row in partners_seen(select(Partner).order_by(Partner.slug))]
    form.partner.choices = choices([("", _("Everybody")), *partners])
    states = ((state.value, words.STATES[state]) for state in State)
    form.mailing_list.choices = choices((row.slug, row.name) for row in scope.mailing_lists())
    form.status.choices = choices([*states, ("any", _("Any status"))])
    form.segment.choices = choices(
        [("", _("Everyone of the list")), *((row.slug, row.name) for row in segments_seen())]
    )
    form.format.choices = choices(export_job.FORMATS.items())
    if request.method == "POST" and form.validate():
        _start(form)
        return redirect(url_for("admin.exports"), HTTPStatus.SEE_OTHER)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render_template("admin/export_new.html", form=form), status


def _start(form: ExportInput) -> None:
    operator, mailing_list = guard.operator(), scope.mailing_list(form.mailing_list.data)
    chosen: Filter = {"partner": form.partner.data} if form.partner.data else {"status": form.status.data}
    if form.segment.data and not form.partner.data:  # a partner gets all of its people
        # The version is named, so that the file and the log mean the same people whatever is changed meanwhile.
        version = find_version(form.segment.data)
        chosen = {**chosen, "segment": form.segment.data, "version": version.number}
    with transaction():
        run = export_job.start(mailing_list.id, form.format.data, chosen, operator.address, operator.id)
        db.session.flush()
        audit.note(
            operator,
            "export-started",
            str(run.uid),
            list=mailing_list.slug,
            format=run.format,
            filter=chosen,
            rows=run.total,
        )
    ring(export_job.ACTOR, run.id)


def export_cancel(uid: UUID) -> ResponseReturnValue:
    run = _find(uid)
    with transaction():
        export_job.cancel(run.id)
        audit.note(guard.operator(), "export-cancelled", str(uid), rows=run.rows)
    flash(_("The export is cancelled."))
    return redirect(url_for("admin.exports"), HTTPStatus.SEE_OTHER)


def export_file(uid: UUID) -> ResponseReturnValue:
    run = _find(uid)
    path = export_job.path_of(run)
    if run.state != "done" or not path.exists():
        raise NotFound(f"export {uid}")
    with transaction():
        audit.note(guard.operator(), "export-downloaded", str(uid), rows=run.rows, format=run.format, filter=run.filter)
    return send_file(path, as_attachment=True, download_name=path.name)


def _find(uid: UUID) -> ExportRun:
    run = db.session.scalar(select(ExportRun).where(ExportRun.uid == uid))
    if run is None:
        raise NotFound(f"export {uid}")
    return run
