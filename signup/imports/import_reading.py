"""Reads the rows of a run's file: a survey of the whole, then one row after the other."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from signup.consent.snapshot import Snapshot, SnapshotKind
from signup.files.import_run import ImportMend, ImportOrigin, ImportRun
from signup.files.seen_once import Seen
from signup.ground.db import db
from signup.imports import mapping, survey, uploaded_file
from signup.imports.import_choices import Choices
from signup.imports.import_row import IncomingRow
from signup.imports.readers import table_file
from signup.imports.readers.table_file import FileRow, Reading
from signup.imports.readers.unpack import part_path
from signup.imports.row_reader import ImportTerms, RowReader
from signup.imports.survey import Survey


class SurveyedFile(NamedTuple):
    """A run's file, looked through: `rows` can be asked for again."""

    reader: RowReader
    survey: Survey


def path_of(run: ImportRun, reading: Reading | None = None) -> Path:
    """Where the file of a run is until a month after it came; of a book or an archive, the part that is read."""
    reading, path = reading or Reading(**run.reading), uploaded_file.folder() / f"{run.uid}.file"
    return part_path(path, reading.part) if reading.parts else path


def rows_of(run: ImportRun) -> Iterator[FileRow]:
    """The rows of a run's file, those that a person mended with their new cells. Raises `BadFile`."""
    limit = None if run.operator_id is None else table_file.MAX_ROWS
    mended = mends_of(run.id)
    for row in table_file.rows(path_of(run), Reading(**run.reading), run.headings, limit):
        yield row._replace(cells=mended[row.line]) if row.line in mended else row


def mends_of(run_id: int) -> dict[int, list[str]]:
    """The cells of the rows that a person mended, by line."""
    found = db.session.execute(select(ImportMend.line, ImportMend.cells).where(ImportMend.run_id == run_id))
    return {line: list(cells) for line, cells in found}


def survey_file(run: ImportRun) -> SurveyedFile:
    """Look through the whole file. Raises `BadFile`."""
    fields, targets, terms = mapping.fields_of(run.list_id), targets_of(run), _terms(run)
    found = survey.survey(rows_of(run), list(run.headings), targets, RowReader(targets, fields, terms), fields)
    return SurveyedFile(RowReader(targets, fields, terms._replace(orders=found.orders)), found)


def targets_of(run: ImportRun) -> list[str]:
    """The mapping, but for a question that was taken off every form since: it is not read any more."""
    known = mapping.choices(run.list_id)
    return [target if target in known else "" for target in run.mapping]


def read_lines(run: ImportRun, lines: set[int]) -> Iterator[IncomingRow]:
    """Some rows of a file that was looked through before, without looking through it again. Raises `BadFile`."""
    orders = {target: (order[0], order[1]) for target, order in (run.found or {}).get("orders", {}).items()}
    fields = mapping.fields_of(run.list_id)
    reader = RowReader(targets_of(run), fields, _terms(run)._replace(orders=orders))
    wanted = (row for row in rows_of(run) if row.line in lines)
    return (reader.read(row) for row in islice(wanted, len(lines)))


def _terms(run: ImportRun) -> ImportTerms:
    wordings: frozenset[str] = frozenset()
    if run.origin == ImportOrigin.OWN:
        wordings = frozenset(db.session.scalars(select(Snapshot.hash).where(Snapshot.kind == SnapshotKind.WORDING)))
    return ImportTerms(run.origin, wordings, Choices.of(run.choices), is_raw=run.reading["format"] == "jsonl")


def incoming_rows(run: ImportRun, look: SurveyedFile | None = None) -> Iterator[IncomingRow]:
    """The rows of a run's file as the record understands them; an address's second row is `repeated`."""
    reader, found = look or survey_file(run)
    seen = Seen()
    for row in rows_of(run):
        one = survey.with_strongest_state(reader.read(row), found.strongest)
        yield one if one.problem or seen.add(one.key) else one._replace(problem="repeated")
