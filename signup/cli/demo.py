"""`signup demo`: made-up people to play with, and away with them again."""

import time
from datetime import datetime

import click
from rich.progress import Progress
from sqlalchemy import select

from signup.cli.command import in_app
from signup.consent.mailing_list import find_list
from signup.demo import crowd
from signup.demo.seed import settle
from signup.forms.form import Form
from signup.ground.clock import utcnow
from signup.ground.db import db

MAX_CONTACTS = 200_000


@click.command("demo")
@click.option("--contacts", default=5_000, show_default=True, type=click.IntRange(1, MAX_CONTACTS), help="How many.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--list", "slug", default="", help="The list they are on; without, the demonstration's own.")
@click.option("--remove", is_flag=True, help="Take them away again, with their proof and their counts.")
@click.option("--force", is_flag=True, help="Add them although there are real contacts.")
@in_app
def command(contacts: int, seed: int, slug: str, *, remove: bool, force: bool) -> None:
    """Fill a new machine with made-up contacts: a year of sign-ups at addresses that cannot exist.

    They count like real ones, so that every page has something to show; `--remove` takes all of them away.
    """
    if remove:
        _remove()
        return
    _refuse(force=force)
    form = _form(slug)
    began = time.monotonic()
    midnight = utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    _gather(form, contacts, seed, midnight)
    click.echo(
        f"{contacts} made-up contacts are on {form.list.slug} ({time.monotonic() - began:.1f} s)."
        " `signup demo --remove` takes them away."
    )


def _refuse(*, force: bool) -> None:
    if there := crowd.size():
        raise click.ClickException(f"{there} made-up contacts are here already: `signup demo --remove` first")
    if (real := crowd.real_contacts()) and not force:
        raise click.ClickException(
            f"{real} real contacts are here. Made-up ones would stand among them in every count, segment and export"
            " until they are removed. If this is what you want, say --force."
        )


def _form(slug: str) -> Form:
    if not slug:
        return settle(())[1]
    mailing_list = find_list(slug)
    of_list = Form.list_id == mailing_list.id, Form.archived_at.is_(None), Form.version_id.is_not(None)
    form = db.session.scalar(select(Form).where(*of_list).order_by(Form.id))
    if form is None:
        raise click.ClickException(f"the list {slug} has no form: make one in the admin first")
    return form


def _gather(form: Form, contacts: int, seed: int, until: datetime) -> None:
    with Progress(transient=True) as progress:
        task = progress.add_task("Contacts", total=contacts)
        for done in crowd.gather(form, contacts, seed, until):
            progress.update(task, completed=done)


def _remove() -> None:
    total = crowd.size()
    with Progress(transient=True) as progress:
        task = progress.add_task("Contacts", total=total)
        for done in crowd.remove():
            progress.update(task, completed=done)
    click.echo(f"{total} made-up contacts are gone. Their list, form and fields stay." if total else "None are here.")
