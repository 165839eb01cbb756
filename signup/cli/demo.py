"""`signup demo`: adds made-up people to try the service with, and removes them."""

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
@click.option("--list", "slug", default="", help="The list to add them to. Default: the demo's own.")
@click.option("--remove", is_flag=True, help="Remove them again, with their proof and counts.")
@click.option("--force", is_flag=True, help="Add them even if there are real contacts.")
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
        f"{contacts} demo contacts added to {form.list.slug} ({time.monotonic() - began:.1f} s)."
        " `signup demo --remove` removes them."
    )


def _refuse(*, force: bool) -> None:
    if there := crowd.size():
        raise click.ClickException(f"{there} demo contacts already exist: run `signup demo --remove` first")
    if (real := crowd.real_contacts()) and not force:
        raise click.ClickException(
            f"{real} real contacts exist. Demo contacts would be mixed with them in every count,"
            " segment and export until you remove them. To add them anyway, use --force."
        )


def _form(slug: str) -> Form:
    if not slug:
        return settle(())[1]
    mailing_list = find_list(slug)
    of_list = Form.list_id == mailing_list.id, Form.archived_at.is_(None), Form.version_id.is_not(None)
    form = db.session.scalar(select(Form).where(*of_list).order_by(Form.id))
    if form is None:
        raise click.ClickException(f"the list {slug} has no form: create one in the admin first")
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
    click.echo(f"{total} demo contacts removed. Their list, form and fields are kept." if total else "There are none.")
