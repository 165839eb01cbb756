"""Lets operators choose how a file is read and what its columns are, and starts the dry run."""

from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from signup.access import audit
from signup.admin.frame import door
from signup.admin.frame.inputs import choices
from signup.admin.imports.found_import import find_import, is_shown, may_add_field, shown_only
from signup.admin.imports.import_input import ChoicesInput, ReadingInput
from signup.consent.mailing_list import MailingList
from signup.fields.field import define
from signup.fields.value import key_from
from signup.files.import_run import ANSWER, ImportRun, Task
from signup.ground.broker import ring
from signup.ground.db import db, transaction
from signup.ground.errors import BadFile
from signup.imports import field_proposal, import_job, import_reading, mapping, open_import
from signup.imports.import_choices import Choices
from signup.imports.meaning.exit_column import columns_of, suspects
from signup.imports.meaning.time_text import order_of, read_time
from signup.imports.readers import table_file
from signup.imports.readers.table_file import SAMPLE_ROWS, Reading, problem_words

PREVIEW_ROWS = 3
HEADING_ROWS = 20
HEADING_WIDTH = 60
NEW_FIELD = "new:"


class ColumnSample(NamedTuple):
    """The first rows of a file, and why it breaks, if it does."""

    rows: list[list[str]]
    columns: list[list[str]]
    problem: str = ""


def import_read(uid: UUID) -> ResponseReturnValue:
    """GET: show the first rows with what each column probably is. POST: read again, add a field, or try it out."""
    run, problem = find_import(uid), ""
    if run.task not in {Task.READ, Task.CHECK} or run.state in import_job.UNFINISHED:
        return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)
    form, about = _reading_form(run), ChoicesInput(Choices.of(run.choices))
    sample, asked = _sample(run), list((run.found or {}).get("suspects", ()))
    chosen = request.form.getlist("target") or run.mapping
    if request.method == "POST" and form.validate() and about.validate():
        do = request.form.get("do", "read")
        try:
            if do == "check":
                asked = suspects(
                    run.headings, [*chosen, *[""] * len(run.headings)][: len(run.headings)], sample.columns
                )
                if not asked:
                    _check(run, about)
                    return redirect(url_for("admin.import_show", uid=uid), HTTPStatus.SEE_OTHER)
                problem = _(
                    "Some columns seem to show who unsubscribed, and would not be imported: they are marked below."
                )
            else:
                _add_field(run, about, sample, do) if do.startswith(NEW_FIELD) else _read_again(run, form, about)
                return redirect(url_for("admin.import_read", uid=uid), HTTPStatus.SEE_OTHER)
        except BadFile as error:
            db.session.rollback()
            problem = problem_words(error)
    return render_template(
        "admin/imports/import_read.html",
        run=run,
        list=db.session.get_one(MailingList, run.list_id),
        form=form,
        about=about,
        targets={name: label for name, label in mapping.choices(run.list_id).items() if is_shown(name)},
        chosen=[*chosen, *[""] * len(run.headings)],
        known_as=mapping.propose(run.headings, run.list_id, sample.rows).known_as,
        asked=asked,
        dates=_dates(run, chosen, sample, Choices(**about.read())),
        may_add_field=may_add_field(),
        rows=sample.rows[:PREVIEW_ROWS],
        problem=problem or sample.problem,
    ), HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK


def _sample(run: ImportRun) -> ColumnSample:
    try:
        rows = [row.cells for row in islice(import_reading.rows_of(run), SAMPLE_ROWS)]
    except BadFile as error:
        return ColumnSample([], [[] for _heading in run.headings], problem_words(error))
    return ColumnSample(rows, columns_of(rows, len(run.headings)))


def _reading_form(run: ImportRun) -> ReadingInput:
    """How the file is read, with its own first rows and parts to choose from."""
    form, reading = ReadingInput(data=run.reading), Reading(**run.reading)
    form.heading.choices = choices([(0, _("None: number the columns")), *_heading_rows(run, reading)])
    form.part.choices = choices(enumerate(reading.parts) if reading.parts else [(0, "")])
    return form


def _heading_rows(run: ImportRun, reading: Reading) -> list[tuple[int, str]]:
    if reading.format != "csv":
        return [(reading.heading, "")]
    try:
        first = table_file.first_lines(import_reading.path_of(run), reading, HEADING_ROWS)
    except BadFile:
        first = []
    texts = {row.line: " · ".join(filter(None, map(str.strip, row.cells))) for row in first}
    # The heading may be given as a line above its row: then it is that row.
    chosen = next((line for line in texts if line >= reading.heading), reading.heading)
    found = {reading.heading if line == chosen and reading.heading else line: text for line, text in texts.items()}
    return [(line, f"{line}: {text[:HEADING_WIDTH]}") for line, text in found.items()]


def _read_again(run: ImportRun, form: ReadingInput, about: ChoicesInput) -> None:
    reading = Reading(**run.reading)
    with transaction():
        if form.part.data != reading.part:
            open_import.take_part(run, form.part.data)
        else:
            chosen = {name: form[name].data for name in ("encoding", "delimiter", "quote", "heading")}
            open_import.read_as(run, replace(reading, **chosen))
            run.choices = replace(Choices.of(run.choices), **about.read()).as_dict()
        run.mapping = shown_only(run.mapping)


def _check(run: ImportRun, about: ChoicesInput) -> None:
    targets = mapping.check(request.form.getlist("target"), run.headings, run.list_id)
    if hidden := [target for target in targets if not is_shown(target)]:
        raise BadFile("mapping", detail=hidden[0])
    decided = replace(Choices.of(run.choices), **about.read())
    with transaction():
        import_job.begin(run.id, Task.CHECK, mapping=targets, choices=decided.as_dict())
    ring(import_job.ACTOR, run.id)


def _add_field(run: ImportRun, about: ChoicesInput, sample: ColumnSample, do: str) -> None:
    """A field of the contact database for one column, of the kind that its cells propose. Raises `BadFile`."""
    place = int(do.removeprefix(NEW_FIELD)) if do.removeprefix(NEW_FIELD).isdecimal() else -1
    key = key_from(run.headings[place]) if 0 <= place < len(run.headings) else ""
    if not key or not may_add_field() or key in mapping.fields_of(run.list_id):
        raise BadFile("mapping", detail=run.headings[place] if key else do)
    language = db.session.get_one(MailingList, run.list_id).language
    proposed = field_proposal.propose(sample.columns[place])
    targets = [*request.form.getlist("target"), *[""] * len(run.headings)][: len(run.headings)]
    targets[place] = ANSWER + key
    with transaction():
        define(key=key, labels={language: run.headings[place][:200], "en": run.headings[place][:200]}, **proposed)
        run.mapping = targets
        run.choices = replace(Choices.of(run.choices), **about.read()).as_dict()
        audit.note(door.operator(), "field-added", key, kind=proposed["kind"])
    flash(
        _("The field “%(name)s” has been added. You can change it under Contacts → Fields.", name=run.headings[place])
    )


def _dates(run: ImportRun, targets: Any, sample: ColumnSample, chosen: Choices) -> dict[int, str]:
    """By column that holds times, how one of its cells is read."""
    fields, found = mapping.fields_of(run.list_id), {}
    for place, target in enumerate(list(targets)[: len(run.headings)]):
        is_date = fields.get(target.removeprefix(ANSWER), {}).get("type") == "date"
        cells = [cell for cell in sample.columns[place] if cell.strip()]
        if (target in {"opt_in_at", "confirm_at"} or is_date) and cells:
            order, half_day = (chosen.order, chosen.order) if chosen.order else order_of(cells).decided()
            cell = next((one for one in cells if order_of([one]).is_open), cells[0])
            try:
                at = read_time(cell.strip(), order, half_day, is_1904=chosen.is_1904)
                found[place] = f"{cell.strip()} → {format_date(at, 'long')}"
            except (ValueError, OverflowError):
                found[place] = _("%(cell)s → cannot be read as a time", cell=cell.strip()[:40])
    return found
