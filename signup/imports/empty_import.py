"""After some months the rows of an import are emptied: what stood in the file, and what undoing needs.

What each row did stays, and so does the proof of the people it brought.
"""

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from signup.files.import_run import ImportMend, ImportRow, ImportRun
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due
from signup.imports.import_job import UNFINISHED

BATCH = 2_000


def _is_old() -> ColumnElement[bool]:
    last_touched = func.coalesce(ImportRun.finished_at, ImportRun.created_at)
    return and_(
        ImportRun.emptied_at.is_(None),
        ImportRun.state.not_in(UNFINISHED),
        is_due(last_touched, "keep_import_rows_months"),
    )


def count_rows() -> int:
    old = select(ImportRun.id).where(_is_old())
    return db.session.scalar(select(func.count()).select_from(ImportRow).where(ImportRow.run_id.in_(old))) or 0


def empty_imports() -> int:
    """The chore. Returns how many rows it emptied; one that was stopped goes on where it was."""
    done = 0
    while not stopping().is_set():
        with transaction():
            oldest = select(ImportRun).where(_is_old()).order_by(ImportRun.id).limit(1)
            run = db.session.scalar(oldest.with_for_update().execution_options(populate_existing=True))
            if run is None:
                break
            done += _empty_some(run)
    return done


def _empty_some(run: ImportRun) -> int:
    """Empty the next rows of a locked run. From the first on it cannot be undone."""
    after = run.emptied_line or 0
    following = select(ImportRow.line).where(ImportRow.run_id == run.id, ImportRow.line > after)
    lines = list(db.session.scalars(following.order_by(ImportRow.line).limit(BATCH)))
    mine = ImportRow.run_id == run.id, ImportRow.line.in_(lines)
    quiet = {"synchronize_session": False}
    db.session.execute(update(ImportRow).where(*mine).values(raw=[], change=None), execution_options=quiet)
    run.emptied_line = lines[-1] if lines else after
    if len(lines) < BATCH:
        db.session.execute(delete(ImportMend).where(ImportMend.run_id == run.id), execution_options=quiet)
        run.emptied_at, run.found = now(), None
    return len(lines)
