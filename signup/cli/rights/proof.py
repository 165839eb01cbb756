"""`signup consent proof`: what a person agreed to, as data, page or ZIP; or of everybody on a list."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import select

from signup.access import audit
from signup.addresses import address as addresses
from signup.audience.search import subscriptions_of
from signup.cli.command import in_app
from signup.consent.mailing_list import find_list
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact, Nature
from signup.evidence import bundle, proof_page
from signup.evidence.proof import Person, Proof, proof_of
from signup.evidence.proof_json import as_json
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound
from signup.ground.i18n import LANGUAGES, speaking

BATCH = 200


@click.command("proof")
@click.argument("email", required=False, default="")
@click.option("--list", "list_name", default="", help="Of everybody on this list; FILE is a ZIP.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file: .html is the page to print, .json the data, .zip everything. Without it, the data are printed.",
)
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@in_app
def proof(email: str, list_name: str, out: Path | None, language: str) -> None:
    """Write what a person agreed to, when, how, and the exact words they saw."""
    if bool(email) == bool(list_name):
        raise click.UsageError("name an email address, or a list with --list")
    if list_name and (out is None or out.suffix != ".zip"):
        raise click.UsageError("the proof of a list is a ZIP: --out FILE.zip")
    with speaking(language):
        if list_name:
            _write_list(list_name, out or Path())
        else:
            _write_person(email, out)


def _write_person(email: str, out: Path | None) -> None:
    contact = db.session.scalar(select(Contact).where(Contact.address_key == addresses.parse(email).key))
    if contact is None:
        raise NotFound("a contact with this address")
    found = proof_of(Person.of(contact), subscriptions_of([contact.id]).get(contact.id, []), is_whole=True)
    data = json.dumps(as_json(found), ensure_ascii=False, indent=2)
    if out is None:
        click.echo(data)
    elif out.suffix == ".html":
        out.write_text(proof_page.page(found))
    elif out.suffix == ".json":
        out.write_text(data + "\n")
    else:
        with out.open("wb") as file:
            bundle.write(file, found)
    _note(str(contact.uid))


def _write_list(list_name: str, out: Path) -> None:
    mailing_list = find_list(list_name)
    with out.open("wb") as file:
        count = bundle.write_all(file, _everybody(mailing_list.id))
    _note(mailing_list.slug, list=mailing_list.id, people=count)
    click.echo(f"{count} people written to {out}", err=True)


def _everybody(list_id: int) -> Iterator[Proof]:
    """Whoever is or was on the list, a few in memory at a time. Tests are nobody."""
    last = 0
    query = select(Subscription).join(Contact, Contact.id == Subscription.contact_id)
    query = query.where(Subscription.list_id == list_id, Contact.nature != Nature.TEST).order_by(Subscription.id)
    while entries := list(db.session.scalars(query.where(Subscription.id > last).limit(BATCH))):
        for entry in entries:
            yield proof_of(Person.of(entry.contact), [entry])
        last = entries[-1].id
        db.session.expunge_all()


def _note(about: str, **more: object) -> None:
    with transaction():
        audit.note(None, "proof-saved", about, **more)
