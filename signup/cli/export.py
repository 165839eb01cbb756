"""`signup export` and `signup presets`: a list's contacts as a file."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from signup.audience.segment import find_segment
from signup.cli.command import as_json, in_ground, show
from signup.consent.mailing_list import MailingList, find_list
from signup.consent.partner import find_partner
from signup.exports import export_start, finished_file
from signup.exports.column_set import find_set
from signup.exports.columns import columns_of
from signup.exports.export_run import ExportRun, trace
from signup.exports.partner_selection import lists_of
from signup.exports.presets.all_presets import PRESETS, why_off
from signup.exports.presets.export_preset import ExportPreset
from signup.exports.presets.further_columns import further_of
from signup.exports.presets.mail_services import SUPPRESSION
from signup.exports.selection import Filter
from signup.ground.db import db
from signup.ground.errors import NotFound


@click.command()
@click.argument("list_name", metavar="[LIST]", required=False)
@click.argument("mark", metavar="[MARK]", required=False)
@click.option("--partner", help="Only people who agreed to hear from this partner; LIST is then optional.")
@click.option("--format", "format_", type=click.Choice(sorted(export_start.FORMATS)), default="csv", show_default=True)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="A format for another program; see: signup presets.")
@click.option("--status", default="confirmed", show_default=True, help="Which subscriptions, or 'all'.")
@click.option("--segment", "segment_name", default="", help="Only people on the list who are in this segment.")
@click.option(
    "--columns", default="", help="Only these columns, separated by commas; with a preset: these additional ones."
)
@click.option("--saved-columns", default="", help="The columns saved in the admin under this name.")
@click.option("--per-household", is_flag=True, help="One row per household: the first person to join.")
@click.option("--proof", "with_proof", is_flag=True, help="Include proof of consent, if the preset allows it.")
@click.option("--out", default="-", show_default=True, help="A file, a folder, or - for standard output.")
@in_ground
def export(  # noqa: PLR0913, PLR0917  # an option each
    list_name: str | None,
    mark: str | None,
    partner: str | None,
    format_: str,
    preset: str | None,
    status: str,
    segment_name: str,
    columns: str,
    saved_columns: str,
    per_household: bool,
    with_proof: bool,
    out: str,
) -> None:
    """Write a list's contacts, or a partner's, with their source and proof. Every export is logged.

    `signup export trace MARK` tells whose export a file is, by the mark in its name or rows.
    """
    if mark:
        if list_name != "trace":
            raise click.UsageError("export LIST, or export trace MARK")
        _tell_export(mark)
        return
    mailing_list = find_list(list_name) if list_name else _only_list_of(partner)
    chosen, path = _filter(partner, status, segment_name), Path(out)
    if per_household:
        chosen = {**chosen, "household": True}
    if names := _columns(mailing_list.id, PRESETS.get(preset or ""), chosen, columns, saved_columns):
        chosen = {**chosen, "columns": names}
    by, name = export_start.Requester(with_proof=with_proof), preset or format_
    growing = path / f"{uuid4()}.part" if path.is_dir() else path
    with _heard("Exporting") as heard:
        target = sys.stdout.buffer if out == "-" else growing
        done = export_start.run_now(mailing_list.id, name, chosen, by, target, heard)
    if path.is_dir():
        out = str(growing.rename(path / finished_file.name_of(done, mailing_list.slug)))
    _tell_done(done, out)
    if preset and preset != SUPPRESSION.name:
        click.echo(f"people you must not email there: signup export {mailing_list.slug} --preset suppression", err=True)


def _filter(partner: str | None, status: str, segment_name: str) -> Filter:
    if partner and segment_name:
        raise click.UsageError("choose a partner or a segment, not both: a partner gets all of its people")
    if partner:
        return {"partner": find_partner(partner).slug}
    if not segment_name:
        return {"status": status}
    found = find_segment(segment_name)
    return {"status": status, "segment": found.slug, "version": found.version.number}


def _columns(list_id: int, preset: ExportPreset | None, wanted: Filter, names: str, saved: str) -> list[str]:
    """The columns that were named or saved; none: those that the file has by itself."""
    if names and saved:
        raise click.UsageError("use --columns or --saved-columns, not both")
    if saved:
        return find_set(list_id, saved).columns
    asked = [name.strip() for name in names.split(",") if name.strip()]
    known = [one.name for one in (further_of(preset, list_id, wanted) if preset else columns_of(list_id, wanted))]
    if unknown := [name for name in asked if name not in known]:
        raise click.UsageError(f"no column {', '.join(unknown)}; there are: {', '.join(known)}")
    return asked


@contextmanager
def _heard(verb: str) -> Iterator[Callable[[int], None]]:
    """A line of progress on a terminal; what is yielded takes the rows done so far."""
    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(verb, total=None)
        yield lambda rows: progress.update(task, completed=rows)


def _tell_done(run: ExportRun, out: str) -> None:
    written = f" written to {out}" if out != "-" else ""
    click.echo(f"{run.rows} contacts{written}, export {run.mark}", err=True)
    if run.files > 1:
        click.echo(f"{run.files} files, zipped together", err=True)
    if run.left_out:
        click.echo(f"{run.left_out} left out: the program does not accept them", err=True)


def _tell_export(mark: str) -> None:
    run = trace(mark)
    if run is None:
        raise NotFound(f"export {mark}")
    facts = {
        "export": run.mark,
        "by": run.actor,
        "at": run.created_at.isoformat(timespec="seconds"),
        "list": db.session.get_one(MailingList, run.list_id).slug,
        "format": run.format,
        "filter": run.filter,
        "state": run.state,
        "rows": run.rows,
        "masked": run.is_masked,
    }
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False))


@click.command()
@as_json
@in_ground
def presets(*, as_json: bool) -> None:
    """Export formats for other programs: their columns and limits, and which are off."""
    rows = [
        {
            "preset": one.name,
            "for": str(one.label),
            "columns": ", ".join(cell.heading for table in one.tables for cell in table.cells),
            "rows a file": one.max_rows or "",
            "safe in a spreadsheet": "yes" if one.for_people else "no",
            "off": str(why_off(one)),
        }
        for one in PRESETS.values()
    ]
    show(rows, as_json=as_json)


def _only_list_of(partner: str | None) -> MailingList:
    if not partner:
        raise click.UsageError("name a list, or a partner")
    lists = [db.session.get_one(MailingList, id_) for id_ in lists_of(find_partner(partner))]
    if len(lists) != 1:
        names = ", ".join(one.slug for one in lists)
        raise click.ClickException(f"name one of its lists: {names}" if lists else "nobody has agreed to hear from it")
    return lists[0]
