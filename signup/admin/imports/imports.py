"""Imports: upload, see what was read, map, try out, import, undo. The work is in `signup.imports.import_job`."""

import io
from collections.abc import Iterator
from http import HTTPStatus
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.access import audit, scope
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.imports import outcome_words
from signup.admin.imports.found_import import find_import
from signup.admin.imports.import_input import ImportInput
from signup.admin.imports.receive_file import receive
from signup.consent.mailing_list import MailingList
from signup.exports.people_csv import csv_line
from signup.files.import_run import ImportRun, Task
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.errors import BadFile, NotFound
from signup.imports import import_job, import_reading, uploaded_file
from signup.imports.readers.table_file import problem_words

SHOWN = 50
MAX_BODY = uploaded_file.MAX_BYTES + 1_000_000
MAX_PASTE = 1_000_000


def imports() -> ResponseReturnValue:
    query = select(ImportRun, MailingList).join(MailingList, MailingList.id == ImportRun.list_id)
    query = query.where(scope.only(ImportRun.list_id))
    rows = db.session.execute(query.order_by(ImportRun.id.desc()).limit(SHOWN)).all()
    is_busy = any(run.state in import_job.UNFINISHED for run, _list in rows)
    return render_template(
        "admin/imports/imports.html",
        rows=rows,
        is_busy=is_busy,
        unfinished=import_job.UNFINISHED,
        outcome_words=outcome_words,
    )


def import_new() -> ResponseReturnValue:
    form, problem = ImportInput(data={"mailing_list": request.args.get("list")}), ""
    form.mailing_list.choices = choices((row.slug, row.name) for row in scope.mailing_lists())
    form.origin.choices = choices(outcome_words.ORIGINS.items())
    if request.method == "POST" and form.validate():
        file, pasted = request.files.get("file"), (form.pasted.data or "").strip()
        if file and file.filename:
            source, name = file.stream, file.filename
        else:
            source, name = io.BytesIO(pasted.encode()), str(_("Pasted"))
        if (file and file.filename) or pasted:
            try:
                run = receive(source, name, form.mailing_list.data, form.origin.data, overwrite=form.overwrite.data)
                return redirect(url_for("admin.import_read", uid=run.uid), HTTPStatus.SEE_OTHER)
            except BadFile as error:
                problem = problem_words(error)
        else:
            problem = _("Choose a file, or paste some lines.")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem or form.errors else HTTPStatus.OK
    return render_template("admin/imports/import_new.html", form=form, problem=problem), status


def import_start(uid: UUID) -> ResponseReturnValue:
    return _begin(uid, Task.IMPORT, "import-started")


def import_undo(uid: UUID) -> ResponseReturnValue:
    return _begin(uid, Task.UNDO, "import-undone")


def _begin(uid: UUID, task: Task, action: str) -> ResponseReturnValue:
    run = find_import(uid)
    with transaction():
        if has_begun := import_job.begin(run.id, task):
            audit.note(door.operator(), action, str(uid), list=run.list_id, origin=run.origin, rows=run.total)
    if has_begun:
        ring(import_job.ACTOR, run.id)
    return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)


def import_cancel(uid: UUID) -> ResponseReturnValue:
    run = find_import(uid)
    with transaction():
        import_job.cancel(run.id)
        audit.note(door.operator(), "import-cancelled", str(uid), rows=run.rows)
    flash(_("Stopped. What has been imported stays; you can undo it."))
    return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)


def import_problems(uid: UUID) -> ResponseReturnValue:
    """The rows that were not understood, as a CSV to correct and import again."""
    run = find_import(uid)
    if not import_reading.path_of(run).exists():
        raise NotFound(f"import {uid}")
    headers = {"Content-Disposition": 'attachment; filename="to-correct.csv"'}
    with transaction():
        audit.note(door.operator(), "import-problems-read", str(uid))
    db.session.refresh(run)
    db.session.expunge(run)  # the stream outlives the session
    lines = stream_with_context(_problem_lines(run))
    return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _problem_lines(run: ImportRun) -> Iterator[str]:
    yield "\ufeff" + csv_line([*run.headings, str(_("problem")), str(_("line"))])
    try:
        for one in import_reading.incoming_rows(run):
            if one.problem and one.problem != "repeated":
                cells = (one.row.cells + [""] * len(run.headings))[: len(run.headings)]
                yield csv_line([*cells, outcome_words.import_problem(one.problem), one.row.line])
    except BadFile as error:
        yield csv_line([problem_words(error)])
