"""The `signup` command: thin verbs over the packages below. Exit codes: 0 done, 1 not done, 2 wrong usage."""

import contextlib
import functools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import Flask
from flask_migrate import upgrade
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from signup import doctor, serve
from signup.admin.operator import MIN_PASSWORD, Role, add_operator
from signup.admin.ticket import Use, new_ticket
from signup.broker import ring
from signup.consent.mailing_list import find_list
from signup.contacts.address import mask
from signup.db import db, transaction
from signup.errors import InvalidAddress, SignupError
from signup.exchange import export_job
from signup.forms.form import Form, find_form
from signup.forms.snippet import hosted_url, html_snippet
from signup.mailer import deliver, outbox
from signup.mailer.message import Message, State
from signup.run import run as run_everything
from signup.urls import settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def in_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application; our own errors become one clear line and exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            with _app().app_context():
                return command(*args, **kwargs)
        except SignupError as error:
            raise click.ClickException(f"{type(error).__name__}: {error}") from error

    return wrapped


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
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@in_app
def operator_add(address: str, name: str, role: str, *, password_stdin: bool) -> None:
    """Make an account with a password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with _one_account(), transaction():
        add_operator(address, name, Role(role), password)
    click.echo(f"{address} can sign in at {settings().public_url}/admin/")


@operator.command("invite")
@click.argument("address")
@click.option("--name", default="", help="Shown in the admin.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.EDITOR.value, show_default=True)
@in_app
def operator_invite(address: str, name: str, role: str) -> None:
    """Make an account and print its invitation link, good for 72 hours and one use."""
    with _one_account(), transaction():
        link = new_ticket(add_operator(address, name, Role(role), None), Use.INVITE)
    click.echo(link)


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
    _show(rows, as_json=as_json)


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
@in_app
def form_snippet(form_id: str) -> None:
    """The plain HTML to paste into a website."""
    click.echo(html_snippet(find_form(form_id)))


@main.command()
@click.argument("list_name", metavar="LIST")
@click.option("--format", "format_", type=click.Choice(sorted(export_job.FORMATS)), default="csv", show_default=True)
@click.option("--status", default="confirmed", show_default=True, help="Which subscriptions, or 'all'.")
@click.option("--out", default="-", show_default=True, help="A file, or - for standard output.")
@in_app
def export(list_name: str, format_: str, status: str, out: str) -> None:
    """Write a list's contacts with their source and proof. Every export is logged."""
    mailing_list = find_list(list_name)
    console = Console(stderr=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Exporting", total=None)
        target: Path | BinaryIO = sys.stdout.buffer if out == "-" else Path(out)
        done = export_job.run_now(
            mailing_list.id,
            format_,
            {"status": status},
            "console",
            target,
            lambda rows: progress.update(task, completed=rows),
        )
    if out != "-":
        click.echo(f"{done.rows} contacts written to {out}", err=True)


@main.command("doctor")
@as_json
@in_app
def check(*, as_json: bool) -> None:
    """Check settings, database, broker, mail relay and clock; exit 1 when something is wrong."""
    findings = doctor.examine(settings())
    _show([finding._asdict() for finding in findings], as_json=as_json)
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(1)


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
    _show(rows, as_json=as_json)


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


def _show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("Nothing there.")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else 200).print(table)
