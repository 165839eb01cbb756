"""Lets operators correct rows that cannot be taken, or only without some cells; each is read again at once."""

from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID, uuid4

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import delete, select

from signup.access import audit
from signup.admin.frame import door
from signup.admin.imports import outcome_words
from signup.admin.imports.found_import import find_import
from signup.consent.mailing_list import MailingList
from signup.files.import_run import ImportMend, ImportOutcome, ImportRow, ImportRun, Task
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.errors import BadFile, NotFound
from signup.imports import import_job, import_reading
from signup.imports.import_rest import open_rest
from signup.imports.import_row import IncomingRow
from signup.imports.readers.table_file import problem_words

SHOWN = 25
MAX_CELL = 10_000
MAX_BODY = 1_000_000


class RowToMend(NamedTuple):
    """A row to mend: its line, its cells as wide as the heading, and what is wrong, as codes."""

    line: int
    cells: list[str]
    problems: list[str]
    is_mended: bool


def import_rows(uid: UUID) -> ResponseReturnValue:
    """GET: the next rows with something wrong, from `after` on. POST: keep one row's new cells."""
    run = find_import(uid)
    if not import_reading.path_of(run).exists():
        raise NotFound(f"import {uid}")
    is_open = run.task == Task.CHECK and run.state not in import_job.UNFINISHED
    after = max(request.args.get("after", 0, type=int), 0)
    if request.method == "POST" and is_open:
        _mend(run)
        back = url_for("admin.import_rows", uid=uid, after=after or None, _anchor="rows")
        return redirect(back, HTTPStatus.SEE_OTHER)
    try:
        found, problem = _wrong(run, after), ""
    except BadFile as error:
        found, problem = [], problem_words(error)
    return render_template(
        "admin/imports/import_rows.html",
        run=run,
        list=db.session.get_one(MailingList, run.list_id),
        rows=found[:SHOWN],
        older=found[SHOWN - 1].line if len(found) > SHOWN else None,
        after=after,
        is_open=is_open,
        problem=problem,
        outcome_words=outcome_words,
        place_of=run.mapping.index("email") if "email" in run.mapping else -1,
    )


def _wrong(run: ImportRun, after: int) -> list[RowToMend]:
    """The rows after a line that the dry run found wrong, or that were mended, one more than a page holds."""
    mended, width = import_reading.mends_of(run.id), len(run.headings)
    lines = sorted(line for line in {*(run.found or {}).get("wrong", ()), *mended} if line > after)[: SHOWN + 1]
    shown = []
    for one in import_reading.read_lines(run, set(lines)):
        cells = [*one.row.cells, *[""] * width][: max(width, len(one.row.cells))]
        shown.append(RowToMend(one.row.line, cells, _problems(one), one.row.line in mended))
    return shown


def _problems(one: IncomingRow) -> list[str]:
    return [one.problem] if one.problem else list(one.odd)


def _mend(run: ImportRun) -> None:
    line = request.form.get("line", type=int)
    cells = [cell.replace("\0", "")[:MAX_CELL] for cell in request.form.getlist("cell")[: len(run.headings)]]
    if not line or len(cells) != len(run.headings):
        raise NotFound(f"row {line}")
    as_before = request.form.get("do") == "as-before"
    with transaction():
        db.session.execute(delete(ImportMend).where(ImportMend.run_id == run.id, ImportMend.line == line))
        if not as_before:
            db.session.add(ImportMend(run_id=run.id, line=line, cells=cells))
        audit.note(door.operator(), "import-row-mended", str(run.uid), line=line)
    one = next(import_reading.read_lines(run, {line}), None)
    if as_before:
        flash(_("Line %(line)s has been reset.", line=line))
    elif one is None or _problems(one):
        flash(_("Line %(line)s has been saved, but still has a problem.", line=line))
    else:
        flash(_("Line %(line)s is fixed. Run the dry run again, or go on to the next row.", line=line))


def import_rest(uid: UUID) -> ResponseReturnValue:
    """A new import of the rows that this one refused, with the same mapping, to mend and take in."""
    run = find_import(uid)
    if not import_reading.path_of(run).exists():
        raise NotFound(f"import {uid}")
    refused = db.session.scalars(
        select(ImportRow.line).where(ImportRow.run_id == run.id, ImportRow.outcome == ImportOutcome.INVALID)
    )
    lines, operator = set(refused), door.operator()
    if not lines:
        return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)
    with transaction():
        rows = (row for row in import_reading.rows_of(run) if row.line in lines)
        made = open_rest(run, rows, uuid4(), (operator.address, operator.id))
        audit.note(operator, "import-uploaded", str(made.uid), rest_of=str(uid))
        import_job.begin(made.id, Task.CHECK)
    ring(import_job.ACTOR, made.id)
    return redirect(url_for("admin.import_show", uid=made.uid), HTTPStatus.SEE_OTHER)
