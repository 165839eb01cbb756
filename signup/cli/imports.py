"""`signup import`: imports people from a file, and undoes an import."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from sqlalchemy import select

from signup.cli.command import as_json, in_app, show
from signup.consent.mailing_list import find_list
from signup.files.import_run import ANSWER, ImportOrigin, ImportRun, Task
from signup.ground.db import db, transaction
from signup.ground.errors import BadFile, NotFound
from signup.imports import import_job, import_reading, mapping, open_import, uploaded_file
from signup.imports.import_choices import Choices
from signup.imports.meaning.exit_column import STATUS
from signup.imports.meaning.status_word import STATES
from signup.imports.meaning.time_text import DAY_FIRST, MONTH_FIRST
from signup.imports.readers.encoding import ENCODINGS
from signup.imports.readers.table_file import Reading
from signup.imports.uploaded_file import part_of


class _Imports(click.Group):
    """`import FILE …` without a word between, beside `import list` and `import undo`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["file", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in {"-h", "--help", "-"}:
            args = ["file", *args]
        return super().parse_args(ctx, args)


@click.group("import", cls=_Imports)
def import_group() -> None:
    """Import people from a file: signup import FILE --list LIST."""


@import_group.command("file")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "list_name", required=True, help="The list to add them to.")
@click.option(
    "--sheet", "part", default="", help="The name of the sheet in a spreadsheet, or of the file in an archive."
)
@click.option("--heading-row", type=click.IntRange(min=0), help="The row with the column headings; 0: none.")
@click.option("--encoding", type=click.Choice(list(ENCODINGS)), help="The encoding of a text file.")
@click.option("--mapping", "columns", default="", help="Columns by heading: email=Courriel,answer:city=Ville.")
@click.option(
    "--origin",
    type=click.Choice([one.value for one in ImportOrigin]),
    default=ImportOrigin.CLAIM.value,
    show_default=True,
    help="Where the people come from; decides what counts as proof.",
)
@click.option(
    "--everyone",
    type=click.Choice([*STATES[1:], "rows"]),
    help="The status of everyone in the file, or rows: as stated in each row.  [default: by the file's name]",
)
@click.option("--value", "values", multiple=True, help="What a word means: status:Weg=unsubscribed, city:Basle=Basel.")
@click.option(
    "--ignore-column", "ignored", multiple=True, metavar="HEADING", help="This column does not show who unsubscribed."
)
@click.option("--country", help="Two-letter default country.  [default: the list's]")
@click.option("--dates", type=click.Choice([DAY_FIRST, MONTH_FIRST, "1904"]), help="How to read 03/04/2025, or 45000.")
@click.option("--overwrite", is_flag=True, help="Let the file overwrite existing values.")
@click.option("--dry-run", is_flag=True, help="Show what would happen without saving anything.")
@as_json
@in_app
def import_file(path: Path, list_name: str, *, part: str, dry_run: bool, as_json: bool, **more: Any) -> None:
    """Import a file: CSV, XLSX, XLS, XLSB, ODS, a table in DOCX or HTML, .eml, .mbox, JSON, vCard, or a ZIP of them."""
    mailing_list = find_list(list_name)
    with path.open("rb") as source:
        arrived = uploaded_file.receive(source, f"{uuid4()}.file", limit=None)
    if arrived.is_archive and len(arrived.parts) > 1 and not part:
        uploaded_file.forget(arrived.path)
        raise BadFile("choose-part", names=", ".join(arrived.parts))
    with transaction():
        run = open_import.open_run(arrived, path.name, mailing_list.id, ("console", None))
        if part:
            open_import.take_part(run, part_of(arrived.parts, part))
        _read_as(run, more["heading_row"], more["encoding"])
        targets = mapping.from_text(more["columns"], run.headings, run.mapping)
        targets = mapping.without_columns(targets, more["ignored"], run.headings)
        chosen = mapping.check(targets, run.headings, mailing_list.id)
        choices = _choices(Choices.of(run.choices), more)
        if choices.everyone and more["everyone"] is None:
            click.echo(
                f"Judging by the file's name, everyone in it is {choices.everyone}; use --everyone rows if not.",
                err=True,
            )
        task = Task.CHECK if dry_run else Task.IMPORT
        kept = {"origin": more["origin"], "overwrite": more["overwrite"], "choices": choices.as_dict()}
        import_job.begin(run.id, task, mapping=chosen, **kept)
    _tell(_watched(run.id, "Reading" if dry_run else "Importing"), as_json=as_json)


def _read_as(run: ImportRun, heading_row: int | None, encoding: str | None) -> None:
    reading = Reading(**run.reading)
    if heading_row is not None or encoding:
        heading = reading.heading if heading_row is None else heading_row
        open_import.read_as(run, replace(reading, heading=heading, encoding=encoding or reading.encoding))
    if reading.parts and len(reading.parts) > 1:
        click.echo(f"reading “{reading.parts[run.reading['part']]}” of {len(reading.parts)}", err=True)


def _choices(proposed: Choices, given: dict[str, Any]) -> Choices:
    """The choices of the command line, on top of what the file's name and the list propose."""
    words: dict[str, dict[str, str]] = {}
    for pair in given["values"]:
        target, colon, rest = pair.partition(":")
        word, sign, meant = rest.rpartition("=")
        if not (colon and sign and word):
            raise click.BadParameter(f"{pair}: write it as status:WORD=unsubscribed", param_hint="--value")
        if target == STATUS and meant not in STATES:
            raise click.BadParameter(f"{meant}: a status is one of {', '.join(STATES)}", param_hint="--value")
        words.setdefault(target if target == STATUS else ANSWER + target, {})[word] = meant
    country, dates, everyone = given["country"], given["dates"], given["everyone"]
    if country and not re.fullmatch("[A-Za-z]{2}", country):
        raise click.BadParameter(f"{country}: two letters, such as CH", param_hint="--country")
    return replace(
        proposed,
        everyone=proposed.everyone if everyone is None else everyone.replace("rows", ""),
        words=words,
        country=proposed.country if country is None else country.upper(),
        order="" if dates == "1904" else dates or "",
        is_1904=dates == "1904",
    )


@import_group.command("list")
@as_json
@in_app
def import_list(*, as_json: bool) -> None:
    """The latest imports."""
    query = select(ImportRun).order_by(ImportRun.id.desc()).limit(50)
    rows = [
        {
            "run": str(one.uid),
            "file": one.file_name,
            "by": one.actor,
            "task": one.task,
            "state": one.state,
            "rows": one.rows,
            "created_at": one.created_at.isoformat(timespec="seconds"),
        }
        for one in db.session.scalars(query)
    ]
    show(rows, as_json=as_json)


@import_group.command("undo")
@click.argument("run_uid", metavar="RUN", type=click.UUID)
@as_json
@in_app
def import_undo(run_uid: UUID, *, as_json: bool) -> None:
    """Undo an import, except for what people have done since."""
    run = db.session.scalar(select(ImportRun).where(ImportRun.uid == run_uid))
    if run is None:
        raise NotFound(f"import {run_uid}")
    with transaction():
        if not import_job.begin(run.id, Task.UNDO):
            raise click.ClickException(
                "there is nothing to undo: it was not imported, is still running, or has been undone"
            )
    _tell(_watched(run.id, "Undoing"), as_json=as_json)


def _watched(run_id: int, verb: str) -> ImportRun:
    """Do the task that waits, with its progress on a terminal."""
    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(verb, total=None)
        return import_job.run_now(run_id, lambda run, n: progress.update(task, total=run.total, completed=n))


def _tell(run: ImportRun, *, as_json: bool) -> None:
    counts = {Task.CHECK: run.checked, Task.IMPORT: run.imported, Task.UNDO: run.undone}[Task(run.task)] or {}
    if as_json:
        facts = {"run": str(run.uid), "task": run.task, "state": run.state, "rows": run.rows, "counts": counts}
        more = {"problem": run.problem, "found": run.found or {}, "overruled": _overruled(run)}
        click.echo(json.dumps(facts | more, indent=2, ensure_ascii=False))
    else:
        show([{"outcome": name, "rows": n} for name, n in sorted(counts.items())], as_json=False)
        for one in _overruled(run):
            click.echo("line {line}: {address} left the list, according to line {because}".format(**one), err=True)
        for target in (run.found or {}).get("open_orders", ()):
            click.echo(f"{target}: dates are ambiguous; choose with --dates dmy or mdy.", err=True)
        click.echo(f"run {run.uid}: {run.task} {run.state}", err=True)
    if run.state != "done" or run.problem:
        raise click.ClickException((run.problem or f"the run is {run.state}") + _hint(run.found or {}))


def _overruled(run: ImportRun) -> list[dict[str, Any]]:
    """Rows that another row of the same address overrules, with the address as the file has it."""
    lines = dict((run.found or {}).get("overruled", ())) if run.task == Task.CHECK else {}
    if not lines or "email" not in run.mapping:
        return []
    place = list(run.mapping).index("email")
    rows = (row for row in import_reading.rows_of(run) if row.line in lines)
    return [{"line": row.line, "address": row.cells[place], "because": lines[row.line]} for row in rows]


def _hint(found: dict[str, Any]) -> str:
    """The options that answer what is asked."""
    if columns := found.get("suspects"):
        return "".join(f'\n  --mapping "unsubscribed={one}"   or   --ignore-column "{one}"' for one in columns)
    words = found.get("words", {}).get(STATUS, {})
    return "".join(f'\n  --value "status:{word}=unsubscribed"   (or {", ".join(STATES)})' for word in words)
