"""`signup run`, `migrate` and `doctor`, with `doctor mail`."""

import os

import click
from flask_migrate import upgrade

from signup.backup import pending_restore
from signup.cli.command import application, as_json, in_app, show
from signup.consent.mailing_list import find_list
from signup.deliverability import examine_domain
from signup.deliverability.domain_check import sender_domains
from signup.deliverability.finding import Grade
from signup.ground.config import Settings
from signup.ground.errors import SettingError
from signup.ground.private_files import make_folder
from signup.ground.urls import settings
from signup.mailer.compose import ascii_domain_of
from signup.service import doctor, run_ports
from signup.service.run import run as run_everything


@click.command()
def run() -> None:
    """Start everything on a laptop in one process: web, worker, mail catcher, demo website."""
    try:
        wanted = Settings.from_environment()
    except SettingError as error:
        raise click.ClickException(f"setting {error}") from None
    with run_ports.running_in(wanted.signup_var) as is_alone:
        moved = run_ports.moved_ports(os.environ, wanted)
        if moved and not is_alone:
            raise click.ClickException(f"already running: {wanted.signup_var / 'run.json'} has its addresses")
        for name, port in moved.items():
            click.echo(f"Port {getattr(wanted, name.lower())} is in use: {name} is {port} this time.")
            os.environ[name] = str(port)
        _run()


@in_app
def _run() -> None:
    pending_restore.refuse_while_pending()
    run_everything(application(), settings(), _migrate)


@click.command()
@in_app
def migrate() -> None:
    """Update the database schema to this version."""
    _migrate()
    click.echo("The database is up to date.")


def _migrate() -> None:
    make_folder(settings().signup_var)
    upgrade()


@click.group("doctor", invoke_without_command=True)
@as_json
@click.pass_context
def check(context: click.Context, *, as_json: bool) -> None:
    """Check settings, database, broker, mail server and clock; exit 1 if something is wrong."""
    if context.invoked_subcommand is None:
        context.invoke(_check_service, as_json=as_json)


@in_app
def _check_service(*, as_json: bool) -> None:
    findings = doctor.examine(settings())
    show([finding._asdict() for finding in findings], as_json=as_json)
    if not as_json:
        click.echo("`signup selftest doi` tests the parts together.")
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(1)


@check.command("mail")
@click.argument("name", default="")
@as_json
@in_app
def check_mail(name: str, *, as_json: bool) -> None:
    """SPF, DKIM, DMARC, MX and PTR of a list's sender, a domain, or every list; exit 1 if something is wrong."""
    found = {one: examine_domain.examine(one, settings()) for one in _domains(name)}
    rows = [{"domain": domain, **finding._asdict()} for domain, some in found.items() for finding in some]
    show(rows if as_json else [{k: v for k, v in row.items() if k != "record"} for row in rows], as_json=as_json)
    if not as_json:
        click.echo("\n".join(row["record"] for row in rows if row["record"]))
    if any(row["grade"] == Grade.WRONG for row in rows):
        raise SystemExit(1)


def _domains(name: str) -> list[str]:
    if "." in name:
        return [ascii_domain_of(f"x@{name.lower()}")]
    return [ascii_domain_of(find_list(name).sender_address)] if name else sender_domains()
