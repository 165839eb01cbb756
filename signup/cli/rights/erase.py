"""`signup erase`: deletes a person for good, or shows what that would delete."""

import click

from signup.access import audit
from signup.cli.command import as_json, in_app, show
from signup.contacts.contact import hash_of
from signup.ground.db import transaction
from signup.privacy import erase as erasing
from signup.privacy import traces
from signup.privacy.erase import Erased, ErasureOrder
from signup.privacy.person import contacts_of, uids_of


@click.command()
@click.argument("email")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, table by table, and delete nothing.")
@click.option(
    "--objected", is_flag=True, help="They never want email again: their address goes on the suppression list."
)
@as_json
@in_app
def erase(email: str, *, dry_run: bool, objected: bool, as_json: bool) -> None:
    """Delete a person for good: GDPR article 17. This cannot be undone."""
    if dry_run:
        would = erasing.look(email)
        _tell(would, as_json=as_json)
        if would.until:
            raise click.ClickException(f"held until {would.until.date().isoformat()}: {would.held}")
        return
    with transaction():
        named = uids_of(contacts_of(email)) or [hash_of(email)]
        done = erasing.erase(email, ErasureOrder("console", objected))
        if done.found or objected:
            audit.note(None, "contact-erased", named[0], objected=objected, rows=sum(done.found.values()))
    traces.wipe()
    _tell(done, as_json=as_json)


def _tell(erased: Erased, *, as_json: bool) -> None:
    show([{"where": name, "how many": n} for name, n in erased.found.items()], as_json=as_json)
