"""`signup export` and `signup presets`: a list's contacts as a file."""

import json
import sys
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from signup.audience.segment import find_segment
from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import MailingList, find_list
from signup.consent.partner import find_partner
from signup.db import db
from signup.errors import NotFound
from signup.exchange import export_job, finished_file
from signup.exchange.export_run import trace
from signup.exchange.partner_selection import lists_of
from signup.exchange.presets.catalogue import PRESETS, why_off
from signup.exchange.selection import Filter


@click.command()
@click.argument("list_name", metavar="[LIST]", required=False)
@click.argument("mark", metavar="[MARK]", required=False)
@click.option("--partner", help="Only who agreed to hear from this partner; LIST may then be left out.")
@click.option("--format", "format_", type=click.Choice(sorted(export_job.FORMATS)), default="csv", show_default=True)
@click.option("--preset", type=click.Choice(list(PRESETS)), help="As another program wants it; see: signup presets.")
@click.option("--status", default="confirmed", show_default=True, help="Which subscriptions, or 'all'.")
@click.option("--segment", "segment_name", default="", help="Only people of the list who are in this segment.")
@click.option("--proof", "with_proof", is_flag=True, help="Add the proof of consent, where the preset allows it.")
@click.option("--out", default="-", show_default=True, help="A file, a folder, or - for standard output.")
@in_app
def export(  # noqa: PLR0913, PLR0917  # an option each
    list_name: str | None,
    mark: str | None,
    partner: str | None,
    format_: str,
    preset: str | None,
    status: str,
    segment_name: str,
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
    if partner and segment_name:
        raise click.UsageError("name a partner or a segment: a partner gets all of its people")
    mailing_list = find_list(list_name) if list_name else _only_list_of(partner)
    chosen: Filter = {"partner": find_partner(partner).slug} if partner else {"status": status}
    if segment_name:
        found = find_segment(segment_name)
        chosen = {**chosen, "segment": found.slug, "version": found.version.number}
    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Exporting", total=None)
        is_folder = Path(out).is_dir()
        growing = Path(out) / f"{uuid4()}.part" if is_folder else Path(out)
        target: Path | BinaryIO = sys.stdout.buffer if out == "-" else growing
        done = export_job.run_now(
            mailing_list.id,
            preset or format_,
            chosen,
            export_job.By(with_proof=with_proof),
            target,
            lambda rows: progress.update(task, completed=rows),
        )
    if is_folder:
        out = str(growing.rename(Path(out) / finished_file.name_of(done, mailing_list.slug)))
    written = f" written to {out}" if out != "-" else ""
    click.echo(f"{done.rows} contacts{written}, export {done.mark}", err=True)
    if done.files > 1:
        click.echo(f"{done.files} files, together in a ZIP", err=True)
    if done.left_out:
        click.echo(f"{done.left_out} left out: the program cannot take them", err=True)
    if preset and preset != "suppression":
        click.echo(f"who must not be mailed there: signup export {mailing_list.slug} --preset suppression", err=True)


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
@in_app
def presets(*, as_json: bool) -> None:
    """Files as other programs want them: their columns and limits, and which are off."""
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
        raise click.ClickException(f"name one of its lists: {names}" if lists else "nobody has agreed to it")
    return lists[0]
