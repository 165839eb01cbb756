"""Starts an export: writes it down for a worker, or makes it at once for the console. Its row is its log entry."""
# ruff: noqa: A002 – `format` and `filter` are the run's own words

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from flask_babel import get_locale
from sqlalchemy import update

from signup.audience.segment import act_on
from signup.counts.tally import Measure, totals
from signup.exports import preset_file
from signup.exports.export_file import write
from signup.exports.export_run import ExportRun
from signup.exports.export_stream import ExportStream, ExportTerms, Progress
from signup.exports.partner_selection import count_agreed, partner_of
from signup.exports.presets.all_presets import PRESETS, wanted_for
from signup.exports.presets.export_preset import ExportPreset
from signup.exports.selection import STOPPED, Filter, conditions, count, is_any, segment_of, status_of
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.errors import NotFound, NotPossible
from signup.ground.i18n import DEFAULT, _, speaking
from signup.ground.private_files import make_private

FORMATS: dict[str, Any] = {
    "csv": _("CSV"),
    "csv-excel": _("CSV for Excel (semicolons)"),
    "xlsx": _("Excel workbook (XLSX)"),
    "jsonl": _("JSON Lines, for programs"),
}
NOT_MASKED = _("Another program cannot use masked addresses. Choose a general format, or ask an editor.")


class Requester(NamedTuple):
    """Who asks for an export, and how they get it."""

    actor: str = "console"
    operator_id: int | None = None
    is_masked: bool = False
    """Whether they may not see whole contacts."""
    with_proof: bool = False
    """Whether they want a preset with the proof of the consent."""
    without: tuple[str, ...] = ()
    """The keys of answers that they may not see."""
    is_own: bool = False
    """Whether they work with some lists only: the file holds what its list was given."""


def start(list_id: int, format: str, filter: Filter, by: Requester) -> ExportRun:
    """Write a run down; once that is committed, ring for it. Needs an open transaction.

    Raises `NotFound` for a format, status, day, segment or partner that is none; `NotPossible` for a preset that is
    off, cannot take these people, or is asked for by somebody who may not see whole contacts.
    """
    preset = PRESETS.get(format)
    if preset is None and format not in FORMATS:
        raise NotFound(f"format {format!r}")
    wanted = wanted_by(by, preset, filter)
    conditions(wanted, list_id)
    in_filter = {"without", "is_own"}
    who = {name: value for name, value in by._asdict().items() if name not in in_filter}
    language = str(get_locale() or DEFAULT)
    run = ExportRun(list_id=list_id, format=format, filter=dict(wanted), language=language, **who)
    run.total = _expected(list_id, wanted, is_counted=preset is not None)
    if slug := segment_of(wanted):
        act_on(slug)
    db.session.add(run)
    db.session.flush()
    return run


def wanted_by(by: Requester, preset: ExportPreset | None, filter: Filter) -> Filter:
    """The filter as the run keeps it. Raises `NotPossible` as `start`."""
    if preset and by.is_masked:
        raise NotPossible(str(NOT_MASKED))
    found = wanted_for(preset, filter) if preset else dict(filter)
    own = {"own": True} if by.is_own else {}
    return found | own | ({"without": list(by.without)} if by.without else {})


def _expected(list_id: int, wanted: Filter, *, is_counted: bool) -> int:
    if partner_of(wanted):
        return count_agreed(list_id, wanted)
    is_counted = is_counted or bool(wanted.keys() & {"contacts", "household", "own"})
    if is_counted or segment_of(wanted) or status_of(wanted) == STOPPED:
        return count(list_id, wanted)
    states = totals(Measure.IN_STATE, list_id)
    return sum(states.values()) if is_any(wanted) else states.get(status_of(wanted), 0)


def cancel(run_id: int) -> None:
    """End a run that is not finished; its worker notices within two seconds. Needs an open transaction."""
    unfinished = (ExportRun.id == run_id, ExportRun.state.in_(("waiting", "running")))
    ended = {"state": "cancelled", "owner": None, "lease_until": None, "finished_at": now()}
    db.session.execute(update(ExportRun).where(*unfinished).values(**ended))


def run_now(  # noqa: PLR0913, PLR0917  # an export, who asks, where to
    list_id: int,
    format: str,
    filter: Filter,
    by: Requester,
    out: BinaryIO | Path,
    on_progress: Progress | None = None,
) -> ExportRun:
    """Export to a file or stream at once, and return the finished run. `on_progress` hears the rows written so far.

    The log stands before the first byte leaves, as failed until all is through, whatever ends this process.
    """
    with transaction():
        run = start(list_id, format, filter, by)
        run.state = "failed"
    with ExitStack() as stack:
        opened = stack.enter_context(out.open("wb")) if isinstance(out, Path) else out
        if isinstance(out, Path):
            make_private(opened)
        outlet = ExportStream(opened, on_progress or (lambda _rows: None))
        outcome = "failed"
        try:
            fill(run, outlet)
            outlet.flush()
            if isinstance(out, Path) and out.is_file():
                os.fsync(opened.fileno())
            outcome = "done"  # only now: a full disk shows when the last bytes are written
        finally:
            values = {"state": outcome, "finished_at": now(), **figures(outlet)}
            with transaction():
                db.session.execute(update(ExportRun).where(ExportRun.id == run.id).values(**values))
    return db.session.get_one(ExportRun, run.id, populate_existing=True)


def fill(run: ExportRun, outlet: ExportStream) -> None:
    """Write what the run asks for to its outlet."""
    terms = ExportTerms(run.mark or "", run.is_masked, run.with_proof)
    with speaking(run.language):
        if preset := PRESETS.get(run.format):
            preset_file.write(run.list_id, preset, run.filter, outlet, terms)
        else:
            write(run.list_id, run.format, run.filter, outlet, terms)


def figures(outlet: ExportStream) -> dict[str, int]:
    """The figures of a finished file that the run keeps."""
    return {"rows": outlet.rows, "size": outlet.size, "files": outlet.files, "left_out": outlet.left_out}
