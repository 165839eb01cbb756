"""The `signup` command: thin verbs over the packages below. Exit codes: 0 done, 1 not done, 2 wrong usage."""

import contextlib
import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import click
from flask import Flask
from flask_migrate import upgrade
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from signup import doctor, serve
from signup.activity.funnel import DIMENSIONS
from signup.admin.funnel import report_on
from signup.admin.operator import MIN_PASSWORD, Role, add_operator
from signup.admin.rights import Rights, change_rights
from signup.admin.ticket import Use, new_ticket
from signup.audience.reach import reach
from signup.audience.segment import find_segment, segments
from signup.broker import ring
from signup.clock import utcnow
from signup.consent.mailing_list import MailingList, find_list
from signup.consent.partner import find_partner
from signup.contacts.address import mask
from signup.db import db, transaction
from signup.errors import BadFile, CannotMerge, InvalidAddress, NotFound, SignupError
from signup.exchange import export_job, finished_file, import_job, mapping, table_file
from signup.exchange.export_run import trace
from signup.exchange.import_run import ImportRun, Origin, Task
from signup.exchange.partner_selection import lists_of
from signup.exchange.presets.catalogue import PRESETS, why_off
from signup.exchange.selection import Filter
from signup.forms import code_pool
from signup.forms.form import Form, find_form
from signup.forms.placing import KINDS, markup
from signup.forms.snippet import hosted_url
from signup.mailer import deliver, outbox
from signup.mailer.message import Message, State
from signup.run import run as run_everything
from signup.upkeep import find_duplicates
from signup.upkeep.unite import locked, unite
from signup.urls import settings

IN_A_TABLE = ("seen", "started", "submitted", "mailed", "bounced", "opened_page", "confirmed", "taken")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def in_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application; our own errors become one clear line and exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            with _app().app_context():
                return command(*args, **kwargs)
        except BadFile as error:
            raise click.ClickException(table_file.told(error)) from error
        except SignupError as error:
            raise click.ClickException(f"{type(error).__name__}: {error}") from error

    return wrapped


lists_option = click.option("--list", "lists", multiple=True, help="A list to work with. Repeatable.")
every_list_option = click.option("--every-list", is_flag=True, help="Every list, also those made later.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="signup")
def main() -> None:
    """Double-opt-in sign-up: forms, proof of consent, confirmed contacts."""


@main.command()
@click.option("--processes", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
@in_app
def web(processes: int, threads: int) -> None:
    """Serve the forms and the admin (gunicorn)."""
    serve.web(settings(), processes, threads)


@main.command()
@click.option("--processes", default=1, show_default=True, help="Worker processes.")
@click.option("--threads", default=4, show_default=True, help="Sending threads of each process.")
@in_app
def worker(processes: int, threads: int) -> None:
    """Send mails, build exports, keep the outbox swept (Dramatiq)."""
    serve.worker(processes, threads)


@main.command()
@in_app
def run() -> None:
    """Start everything for a laptop in one process: web, worker, mail catcher, demo website."""
    run_everything(_app(), settings(), _migrate)


@main.command()
@in_app
def migrate() -> None:
    """Bring the database to this version's schema."""
    _migrate()
    click.echo("The database is up to date.")


@main.group()
def operator() -> None:
    """People who sign in to the admin."""


@operator.command("add")
@click.argument("address")
@click.option("--name", default="", help="Shown in the admin.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ADMINISTRATOR.value,
    show_default=True,
)
@lists_option
@every_list_option
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@in_app
def operator_add(  # noqa: PLR0913, PLR0917  # an option each
    address: str, name: str, role: str, lists: tuple[str, ...], every_list: bool, password_stdin: bool
) -> None:
    """Make an account with a password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with _one_account(), transaction():
        change_rights(add_operator(address, name, Role(role), password), _rights(role, lists, every_list))
    click.echo(f"{address} can sign in at {settings().public_url}/admin/")


@operator.command("invite")
@click.argument("address")
@click.option("--name", default="", help="Shown in the admin.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.EDITOR.value, show_default=True)
@lists_option
@every_list_option
@in_app
def operator_invite(address: str, name: str, role: str, lists: tuple[str, ...], every_list: bool) -> None:
    """Make an account and print its invitation link, good for 72 hours and one use."""
    with _one_account(), transaction():
        invited = add_operator(address, name, Role(role), None)
        change_rights(invited, _rights(role, lists, every_list))
        link = new_ticket(invited, Use.INVITE)
    click.echo(link)


def _rights(role: str, lists: tuple[str, ...], every_list: bool) -> Rights:
    if role != Role.ADMINISTRATOR and not (lists or every_list):
        click.echo("works with no list yet: grant some by --list NAME or --every-list", err=True)
    return Rights(Role(role), every_list=every_list, lists=list_ids(lists))


def list_ids(names: Iterable[str]) -> frozenset[int]:
    """The ids of these lists. Raises `NotFound`."""
    return frozenset(find_list(name).id for name in names)


@contextlib.contextmanager
def _one_account() -> Iterator[None]:
    try:
        yield
    except InvalidAddress as error:
        raise click.ClickException(f"not a mail address: {error}") from None
    except IntegrityError:
        raise click.ClickException("this address has an account already") from None
    except ValueError:
        raise click.ClickException(f"the password needs at least {MIN_PASSWORD} characters") from None


@main.group()
def form() -> None:
    """Forms and how to place them."""


@form.command("list")
@as_json
@in_app
def form_list(*, as_json: bool) -> None:
    """All forms with their list and hosted address."""
    rows = [
        {
            "id": one.public_id,
            "name": one.name,
            "list": one.list.slug,
            "version": one.version.number,
            "url": hosted_url(one),
        }
        for one in db.session.scalars(select(Form).order_by(Form.id))
    ]
    show(rows, as_json=as_json)


@form.command("show")
@click.argument("form_id")
@in_app
def form_show(form_id: str) -> None:
    """One form's current version as JSON."""
    found = find_form(form_id)
    facts = {
        "id": found.public_id,
        "name": found.name,
        "list": found.list.slug,
        "version": found.version.number,
    }
    click.echo(
        json.dumps(
            facts | {"url": hosted_url(found), "definition": found.version.content},
            indent=2,
            ensure_ascii=False,
        )
    )


@form.command("snippet")
@click.argument("form_id")
@click.option("--kind", type=click.Choice(KINDS), default="html", show_default=True, help="What to paste or print.")
@click.option("--place", default="", help="Name the placement: a source of its own in reports.")
@click.option("--lang", default="", help="One of the form's languages, instead of the visitor's.")
@in_app
def form_snippet(form_id: str, kind: str, place: str, lang: str) -> None:
    """What to paste into a website, or a link or QR code (SVG) for anywhere else."""
    click.echo(markup(find_form(form_id), kind, place, lang))


@main.command()
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


@main.command()
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


@main.group("codes")
def codes_group() -> None:
    """Discount codes that were given to confirmed contacts."""


@codes_group.command("redeem")
@click.argument("file", type=click.File("rb"))
@as_json
@in_app
def codes_redeem(file: BinaryIO, *, as_json: bool) -> None:
    """Mark the codes of a shop's CSV as redeemed (its column `code`, else the first); - reads standard input."""
    codes = code_pool.read_codes(file.read())
    with transaction():
        done = code_pool.redeem(codes)
    show([done._asdict()], as_json=as_json)


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


@main.group("import", cls=_Imports)
def import_group() -> None:
    """Bring people in from a file: signup import FILE --list LIST."""


@import_group.command("file")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--list", "list_name", required=True, help="The list they go to.")
@click.option("--mapping", "columns", default="", help="Columns by heading: email=Courriel,answer:city=Ville.")
@click.option(
    "--origin",
    type=click.Choice([one.value for one in Origin]),
    default=Origin.CLAIM.value,
    show_default=True,
    help="Where the people come from; decides what can be evidence.",
)
@click.option("--overwrite", is_flag=True, help="Where file and contacts differ, the file is right.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, write nothing.")
@as_json
@in_app
def import_file(  # noqa: PLR0913, PLR0917  # an option each
    path: Path, list_name: str, columns: str, origin: str, overwrite: bool, dry_run: bool, as_json: bool
) -> None:
    """Import a file: CSV, XLSX, XLS, ODS, JSON Lines or vCard."""
    mailing_list = find_list(list_name)
    with path.open("rb") as source:
        arrived = table_file.receive(source, f"{uuid4()}.file", limit=None)
    with transaction():
        run = import_job.open_run(arrived, path.name, mailing_list.id, ("console", None))
        targets = mapping.from_text(columns, run.headings, mapping.propose(run.headings, mailing_list.id))
        chosen = mapping.check(targets, run.headings, mailing_list.id)
        task = Task.CHECK if dry_run else Task.IMPORT
        import_job.begin(run.id, task, mapping=chosen, origin=origin, overwrite=overwrite)
    _tell(_watched(run.id, "Reading" if dry_run else "Importing"), as_json=as_json)


@import_group.command("list")
@as_json
@in_app
def import_list(*, as_json: bool) -> None:
    """The newest imports."""
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
    """Take an import back, but for what people did since."""
    run = db.session.scalar(select(ImportRun).where(ImportRun.uid == run_uid))
    if run is None:
        raise NotFound(f"import {run_uid}")
    with transaction():
        if not import_job.begin(run.id, Task.UNDO):
            raise click.ClickException("there is nothing to undo: it was not imported, is under way, or is undone")
    _tell(_watched(run.id, "Undoing"), as_json=as_json)


@main.command()
@click.option("--dry-run", is_flag=True, help="Say what was found, write nothing.")
@click.option("--merge-certain", is_flag=True, help="Merge the pairs that cannot be two people.")
@as_json
@in_app
def dedupe(*, dry_run: bool, merge_certain: bool, as_json: bool) -> None:
    """Find contacts that may be one person, as the worker does once a day; nobody is merged unless asked for."""
    if dry_run and merge_certain:
        raise click.UsageError("a dry run merges nobody")
    if dry_run:
        pairs = find_duplicates.look()
        found = [{"score": one.likeness.score, "reasons": list(one.likeness.reasons)} for one in pairs]
        ids = [{"first": one.first, "second": one.second} for one in pairs]
        show([left | right for left, right in zip(ids, found, strict=True)], as_json=as_json)
        return
    counts = find_duplicates.search()._asdict()
    if merge_certain:
        counts["merged"] = sum(_merged(one.id, other.id) for one, other in find_duplicates.certain())
    show([counts], as_json=as_json)


def _merged(one: int, other: int) -> bool:
    """Merge a certain pair: the contact that was there first stays, with what only the other knew."""
    with contextlib.suppress(CannotMerge), transaction():
        contacts = locked(one, other)[1]
        stays, goes = contacts[min(one, other)], contacts[max(one, other)]
        if not find_duplicates.is_certain(stays, goes):  # changed since it was found
            return False
        unite(stays.id, goes.id, {key: value for key, value in goes.answers.items() if key not in stays.answers})
        return True
    return False


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
        click.echo(json.dumps(facts | {"problem": run.problem}, indent=2, ensure_ascii=False))
    else:
        show([{"outcome": name, "rows": n} for name, n in sorted(counts.items())], as_json=False)
        click.echo(f"run {run.uid}: {run.task} {run.state}", err=True)
    if run.state != "done":
        raise click.ClickException(run.problem or f"the run is {run.state}")


@main.group("segment")
def segment_group() -> None:
    """Saved rules: whom they reach, and who of them may be mailed."""


@segment_group.command("list")
@as_json
@in_app
def segment_list(*, as_json: bool) -> None:
    """All segments with their version and when somebody last acted on them."""
    rows = [
        {
            "segment": one.slug,
            "name": one.name,
            "version": one.version.number,
            "last acted on": one.acted_at.date().isoformat() if one.acted_at else "never",
            "idle": one.is_idle(utcnow()),
        }
        for one in segments()
    ]
    show(rows, as_json=as_json)


@segment_group.command("count")
@click.argument("name")
@click.option("--list", "list_name", default="", help="Who may be mailed by this list; without: by any.")
@as_json
@in_app
def segment_count(name: str, list_name: str, *, as_json: bool) -> None:
    """How many are in it exactly, how many of them may be mailed, and why the others may not."""
    list_id = find_list(list_name).id if list_name else None
    found = reach(find_segment(name).version.rule, list_id, exact=True)
    figures = {"in the segment": found.total, "may be mailed": found.mailable}
    figures |= {f"not: {reason}": n for reason, n in found.excluded.items()}
    if as_json:
        click.echo(json.dumps({"total": found.total, "mailable": found.mailable, "excluded": found.excluded}))
    else:
        show([{"who": who, "people": n} for who, n in figures.items()], as_json=False)


@segment_group.command("show")
@click.argument("name")
@in_app
def segmentshow(name: str) -> None:
    """One segment's current rule as JSON."""
    found = find_segment(name)
    facts: dict[str, Any] = {"segment": found.slug, "name": found.name, "description": found.description}
    facts |= {"version": found.version.number, "hash": found.version.hash, "rule": found.version.content}
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False))


@main.command("doctor")
@as_json
@in_app
def check(*, as_json: bool) -> None:
    """Check settings, database, broker, mail relay and clock; exit 1 when something is wrong."""
    findings = doctor.examine(settings())
    show([finding._asdict() for finding in findings], as_json=as_json)
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(1)


@main.command("funnel")
@click.option("--form", "form_id", required=True, help="The form's id.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3_660))
@click.option("--by", type=click.Choice(DIMENSIONS), help="A line for each source, website, language, mailbox or day.")
@as_json
@in_app
def funnel(form_id: str, days: int, by: str | None, *, as_json: bool) -> None:
    """How many saw a form, signed up and confirmed, and what the reminder brings."""
    report = report_on(find_form(form_id), days)
    if by:
        rows = [{by: str(value), **cell.as_dict()} for value, cell in report.by(by).items()]
        show(rows if as_json else [{name: row[name] for name in (by, *IN_A_TABLE)} for row in rows], as_json=as_json)
        return
    uplift = report.uplift
    difference = uplift.difference if uplift.is_enough else None
    trial = {
        "reminded": uplift.reminded.whole,
        "reminded_confirmed": uplift.reminded.part,
        "held_out": uplift.held_out.whole,
        "held_out_confirmed": uplift.held_out.part,
        "uplift": difference and [round(part, 4) for part in (difference.value, difference.low, difference.high)],
    }
    numbers: dict[str, Any] = {"first": str(report.period.first), "last": str(report.period.last)}
    numbers |= {**report.funnel.as_dict(), **trial}
    if as_json:
        click.echo(json.dumps({"form": form_id, **numbers}, indent=2))
    else:
        show(
            [{"step": name, "number": "too few yet" if n is None else n} for name, n in numbers.items()], as_json=False
        )


@main.group("outbox")
def outbox_group() -> None:
    """Mails that wait, went out or failed."""


@outbox_group.command("list")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only this state.")
@click.option("--limit", default=50, show_default=True)
@as_json
@in_app
def outbox_list(state: str | None, limit: int, *, as_json: bool) -> None:
    """The newest messages; addresses are masked."""
    query = select(Message).order_by(Message.id.desc()).limit(limit)
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "state": one.state,
            "to": mask(one.recipient),
            "attempt": one.attempt,
            "not_before": one.not_before.isoformat(timespec="seconds"),
            "reply": one.reply or "",
        }
        for one in db.session.scalars(query.where(Message.state == state) if state else query)
    ]
    show(rows, as_json=as_json)


@outbox_group.command("retry")
@click.argument("message_id", type=int, required=False)
@click.option("--all-failed", is_flag=True, help="Every failed message.")
@in_app
def outbox_retry(message_id: int | None, *, all_failed: bool) -> None:
    """Send a failed or unclear message again."""
    if (message_id is None) != all_failed:
        raise click.UsageError("name one message, or --all-failed")
    with transaction():
        failed = select(Message.id).where(Message.state == State.FAILED)
        ids = list(db.session.scalars(failed)) if all_failed else [message_id or 0]
        again = sum(outbox.retry(one) for one in ids)
    if not again:
        raise click.ClickException("nothing to send again: it is not failed or unclear, or its values are gone")
    ring(deliver.ACTOR, *ids)
    click.echo(f"{again} will be sent again")


def _app() -> Flask:
    app: Flask = click.get_current_context().find_root().obj()
    return app


def _migrate() -> None:
    settings().signup_var.mkdir(parents=True, exist_ok=True)
    upgrade()


def show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("Nothing there.")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    # What people typed is no markup, and `check:phone:` no emoji.
    plain = Console(width=None if sys.stdout.isatty() else 200, markup=False, emoji=False)
    plain.print(table)
