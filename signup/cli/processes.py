"""`signup web` and `signup worker`. They become another program at once, which loads the application itself."""

import click

from signup.backup import pending_restore
from signup.cli.command import in_ground
from signup.ground.urls import settings
from signup.service import serve


@click.command()
@click.option("--processes", default=2, show_default=True, help="Web processes.")
@click.option("--threads", default=8, show_default=True, help="Threads of each process.")
@in_ground
def web(processes: int, threads: int) -> None:
    """Serve the forms and the admin (gunicorn)."""
    pending_restore.refuse_while_pending()
    serve.web(settings(), processes, threads)


@click.command()
@click.option("--processes", default=1, show_default=True, help="Worker processes.")
@click.option("--threads", default=4, show_default=True, help="Sending threads of each process.")
@in_ground
def worker(processes: int, threads: int) -> None:
    """Send emails, build exports, keep the outbox moving (Dramatiq)."""
    pending_restore.refuse_while_pending()
    serve.worker(processes, threads)
