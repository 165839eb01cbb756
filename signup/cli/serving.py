"""`signup web`, `worker`, `run`, `migrate` and `doctor`: the service itself."""

import click
from flask_migrate import upgrade

from signup.backup import replay
from signup.cli.command import application, as_json, in_app, show
from signup.ground.private_files import make_folder
from signup.ground.urls import settings
from signup.service import doctor, serve
from signup.service.run import run as run_everything


@click.command()
@click.option("--processes", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
@in_app
def web(processes: int, threads: int) -> None:
    """Serve the forms and the admin (gunicorn)."""
    replay.refuse_while_pending()
    serve.web(settings(), processes, threads)


@click.command()
@click.option("--processes", default=1, show_default=True, help="Worker processes.")
@click.option("--threads", default=4, show_default=True, help="Sending threads of each process.")
@in_app
def worker(processes: int, threads: int) -> None:
    """Send emails, build exports, keep the outbox moving (Dramatiq)."""
    replay.refuse_while_pending()
    serve.worker(processes, threads)


@click.command()
@in_app
def run() -> None:
    """Start everything on a laptop in one process: web, worker, mail catcher, demo website."""
    replay.refuse_while_pending()
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


@click.command("doctor")
@as_json
@in_app
def check(*, as_json: bool) -> None:
    """Check settings, database, broker, mail server and clock; exit 1 if something is wrong."""
    findings = doctor.examine(settings())
    show([finding._asdict() for finding in findings], as_json=as_json)
    if not as_json:
        click.echo("`signup selftest doi` tests the parts together.")
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(1)
