"""`signup access`: everything known about one person, as the person may ask for it (GDPR art. 15, 20)."""

from pathlib import Path

import click
from sqlalchemy import select

from signup.access import audit
from signup.addresses.address import parse
from signup.cli.command import in_app
from signup.contacts.contact import Contact
from signup.duplicates.merge import survivor_of
from signup.ground.db import db, transaction
from signup.ground.errors import NotFound
from signup.ground.private_files import make_private
from signup.privacy.access_file import AccessFile

ENDINGS = (".json", ".html", ".zip")


@click.command("access")
@click.argument("address")
@click.option("--out", type=click.Path(dir_okay=False), help="A file: .json, .html (a page) or .zip (both).")
@in_app
def command(address: str, out: str | None) -> None:
    """Write everything known about one person, as JSON or to a file. The audit trail records this."""
    ending = Path(out).suffix.lower() if out else ".json"
    if ending not in ENDINGS:
        raise click.UsageError(f"--out ends in one of {', '.join(ENDINGS)}")
    contact = db.session.scalar(select(Contact).where(Contact.address_key == parse(address).key))
    if contact is None:
        raise NotFound("no contact has this address")
    contact = survivor_of(contact)
    known = AccessFile.of(contact)
    content = (
        known.as_zip() if ending == ".zip" else (known.as_page() if ending == ".html" else known.as_json()).encode()
    )
    if out:
        with Path(out).open("wb") as file:
            make_private(file)
            file.write(content)
    else:
        click.echo(content, nl=False)
    with transaction():
        audit.note(None, "access-file-made", str(contact.uid), format=ending.removeprefix("."))
