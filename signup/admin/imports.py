"""Imports: upload, see what was read, map, try out, import, undo. The work is in `signup.exchange.import_job`."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from signup.admin import audit, guard, scope, words
from signup.admin.inputs import ImportInput, ReadingInput, choices
from signup.broker import ring
from signup.consent.mailing_list import MailingList
from signup.db import db, transaction
from signup.errors import BadFile, NotFound
from signup.exchange import arrival, import_job, import_reading, mapping
from signup.exchange.columns import guarded
from signup.exchange.import_look import PREFIX
from signup.exchange.import_run import WRITTEN, ImportRun, Task
from signup.exchange.table_file import Reading, told

SHOWN = 50
PREVIEW_ROWS = 3
MAX_BODY = arrival.MAX_BYTES + 1_000_000
MAX_PASTE = 1_000_000


def imports() -> ResponseReturnValue:
    query = select(ImportRun, MailingList).join(MailingList, MailingList.id == ImportRun.list_id)
    query = query.where(scope.only(ImportRun.list_id))
    rows = db.session.execute(query.order_by(ImportRun.id.desc()).limit(SHOWN)).all()
    is_busy = any(run.state in import_job.UNFINISHED for run, _list in rows)
    return render_template("admin/imports.html", rows=rows, is_busy=is_busy, unfinished=import_job.UNFINISHED)


def import_new() -> ResponseReturnValue:
    form, problem = ImportInput(data={"mailing_list": request.args.get("list")}), ""
    form.mailing_list.choices = choices((row.slug, row.name) for row in scope.mailing_lists())
    form.origin.choices = choices(words.ORIGINS.items())
    if request.method == "POST" and form.validate():
        file, pasted = request.files.get("file"), (form.pasted.data or "").strip()
        if file and file.filename:
            source, name = file.stream, file.filename
        else:
            source, name = io.BytesIO(pasted.encode()), str(_("Pasted"))
        if (file and file.filename) or pasted:
            try:
                run = _receive(source, name, form)
                return redirect(url_for("admin.import_read", uid=run.uid), HTTPStatus.SEE_OTHER)
            except BadFile as error:
                problem = told(error)
        else:
            problem = _("Please choose a file, or paste some lines.")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem or form.errors else HTTPStatus.OK
    return render_template("admin/import_new.html", form=form, problem=problem), status


def _receive(source: Any, name: str, form: ImportInput) -> ImportRun:
    operator, mailing_list = guard.operator(), scope.mailing_list(form.mailing_list.data)
    arrived = arrival.receive(source, f"{uuid4()}.file")
    try:
        with transaction():
            run = import_job.open_run(arrived, name, mailing_list.id, (operator.address, operator.id))
            run.origin, run.overwrite = form.origin.data, form.overwrite.data
            audit.note(
                operator, "import-uploaded", str(run.uid), list=mailing_list.slug, size=run.size, sha256=run.sha256
            )
    except BadFile:
        arrival.forget(arrived.path)
        raise
    return run


def import_read(uid: UUID) -> ResponseReturnValue:
    """How the file is read and which column is what; from here the dry run starts."""
    run, problem = _find(uid), ""
    if run.task not in {Task.READ, Task.CHECK} or run.state in import_job.UNFINISHED:
        return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)
    form = ReadingInput(data=run.reading)
    if request.method == "POST" and form.validate():
        try:
            if request.form.get("do") == "check":
                _check(run)
                return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)
            _read_again(run, form)
            return redirect(url_for("admin.import_read", uid=uid), HTTPStatus.SEE_OTHER)
        except BadFile as error:
            db.session.rollback()
            problem = told(error)
    rows, broken = _preview(run)
    chosen = request.form.getlist("target") or run.mapping
    return render_template(
        "admin/import_read.html",
        run=run,
        list=db.session.get_one(MailingList, run.list_id),
        form=form,
        targets=mapping.choices(run.list_id),
        chosen=[*chosen, *[""] * len(run.headings)],
        known_as=mapping.propose(run.headings, run.list_id).known_as,
        rows=rows,
        problem=problem or broken,
    ), HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK


def _read_again(run: ImportRun, form: ReadingInput) -> None:
    chosen = {name: form[name].data for name in ("encoding", "delimiter", "quote", "heading")}
    with transaction():
        import_job.read_as(run, Reading(run.reading["format"], **chosen))
        run.mapping = mapping.propose(run.headings, run.list_id).targets


def _check(run: ImportRun) -> None:
    targets = mapping.check(request.form.getlist("target"), run.headings, run.list_id)
    with transaction():
        import_job.begin(run.id, Task.CHECK, mapping=targets)
    ring(import_job.ACTOR, run.id)


def _preview(run: ImportRun) -> tuple[list[list[str]], str]:
    try:
        return [row.cells for row in islice(import_reading.rows_of(run), PREVIEW_ROWS)], ""
    except BadFile as error:
        return [], told(error)


def import_show(uid: UUID) -> ResponseReturnValue:
    """Progress, and what came of the task at hand."""
    run = _find(uid)
    if run.task == Task.READ:
        return redirect(url_for("admin.import_read", uid=uid), HTTPStatus.SEE_OTHER)
    counts = {Task.CHECK: run.checked, Task.IMPORT: run.imported, Task.UNDO: run.imported}[Task(run.task)] or {}
    return render_template(
        "admin/import_show.html",
        run=run,
        list=db.session.get_one(MailingList, run.list_id),
        counts=Counter(counts),
        reasons=_reasons(counts),
        looks=_looks(counts),
        taken=sum(counts.get(outcome, 0) for outcome in WRITTEN),
        undone=Counter(run.undone or {}),
        is_busy=run.state in import_job.UNFINISHED,
        seconds_left=_seconds_left(run),
        may_fix=import_reading.path_of(run).exists(),
    )


def _reasons(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """Outcome, reason in words and number of each row that was not taken, the most frequent first."""
    split = ((name.partition(":"), n) for name, n in counts.items())
    found = [
        (kind, words.import_problem(reason), n)
        for (kind, _colon, reason), n in split
        if kind in {"left", "invalid"} and reason
    ]
    return sorted(found, key=lambda one: (one[0], -one[2]))


def _looks(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    """Check, verdict and number of the answers that are worth a second look."""
    names = (name.removeprefix(PREFIX).partition(":") for name in counts if name.startswith(PREFIX))
    return sorted((check, verdict, counts[f"{PREFIX}{check}:{verdict}"]) for check, _colon, verdict in names)


def _seconds_left(run: ImportRun) -> int | None:
    if run.state != "running" or not run.started_at or not run.rows:
        return None
    passed = (datetime.now(UTC) - run.started_at).total_seconds()
    return max(0, round(passed / run.rows * (run.total - run.rows)))


def import_start(uid: UUID) -> ResponseReturnValue:
    return _begin(uid, Task.IMPORT, "import-started")


def import_undo(uid: UUID) -> ResponseReturnValue:
    return _begin(uid, Task.UNDO, "import-undone")


def _begin(uid: UUID, task: Task, action: str) -> ResponseReturnValue:
    run = _find(uid)
    with transaction():
        if has_begun := import_job.begin(run.id, task):
            audit.note(guard.operator(), action, str(uid), list=run.list_id, origin=run.origin, rows=run.total)
    if has_begun:
        ring(import_job.ACTOR, run.id)
    return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)


def import_cancel(uid: UUID) -> ResponseReturnValue:
    run = _find(uid)
    with transaction():
        import_job.cancel(run.id)
        audit.note(guard.operator(), "import-cancelled", str(uid), rows=run.rows)
    flash(_("Stopped. What was imported until then stays; it can be undone."))
    return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)


def import_problems(uid: UUID) -> ResponseReturnValue:
    """The rows that were not understood, as a CSV to correct and import again."""
    run = _find(uid)
    if not import_reading.path_of(run).exists():
        raise NotFound(f"import {uid}")
    headers = {"Content-Disposition": 'attachment; filename="to-correct.csv"'}
    with transaction():
        audit.note(guard.operator(), "import-problems-read", str(uid))
    db.session.refresh(run)
    db.session.expunge(run)  # the stream outlives the session
    lines = stream_with_context(_problem_lines(run))
    return Response(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _problem_lines(run: ImportRun) -> Iterator[str]:
    yield "\ufeff" + _csv([*run.headings, str(_("problem")), str(_("line"))])
    try:
        for one in import_reading.incoming(run):
            if one.problem and one.problem != "repeated":
                cells = (one.row.cells + [""] * len(run.headings))[: len(run.headings)]
                yield _csv([*map(guarded, cells), words.import_problem(one.problem), str(one.row.line)])
    except BadFile as error:
        yield _csv([told(error)])


def _csv(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _find(uid: UUID) -> ImportRun:
    run = db.session.scalar(select(ImportRun).where(ImportRun.uid == uid))
    if run is None:
        raise NotFound(f"import {uid}")
    return run
