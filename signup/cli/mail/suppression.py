"""`signup suppression`: the addresses that get no email at all. Only keyed hashes are kept, so none can be read."""

from itertools import islice
from pathlib import Path

import click

from signup.access import audit
from signup.addresses.address import parse
from signup.bounces.suppression_file import csv_lines, read_lines
from signup.cli.command import as_json, in_app, show
from signup.consent.suppression import (
    BY_OPERATOR,
    COMPLAINT,
    IMPORTED,
    count_by_reason,
    reason_for,
    release,
    suppress,
    suppress_all,
)
from signup.contacts.contact import hash_of
from signup.ground.db import transaction
from signup.ground.errors import InvalidAddress

LINES_AT_ONCE = 5_000


@click.group("suppression")
def suppression_group() -> None:
    """Addresses that get no email at all."""


@suppression_group.command("list")
@click.argument("email", required=False)
@as_json
@in_app
def suppression_list(email: str | None, *, as_json: bool) -> None:
    """How many addresses are not mailed, by reason; or whether and why EMAIL is not."""
    if email is None:
        show([{"reason": reason, "how many": n} for reason, n in count_by_reason()], as_json=as_json)
        return
    reason = reason_for(_hash(email))
    show([{"reason": reason}] if reason else [], as_json=as_json)
    if reason is None:
        raise SystemExit(1)


@suppression_group.command("add")
@click.argument("email")
@in_app
def suppression_add(email: str) -> None:
    """Mail EMAIL no longer."""
    address_hash = _hash(email)
    with transaction():
        is_new = suppress(address_hash, BY_OPERATOR)
        if is_new:
            audit.note(None, "address-suppressed", address_hash)
    click.echo("added" if is_new else "it was there already")


@suppression_group.command("remove")
@click.argument("email")
@click.option("--because", default="", help="Needed where the person complained: why they may be mailed again.")
@in_app
def suppression_remove(email: str, because: str) -> None:
    """Let EMAIL be mailed again. No subscription that ended comes back by this: that needs a new sign-up."""
    address_hash = _hash(email)
    with transaction():
        reason = reason_for(address_hash)
        if reason is None:
            raise click.ClickException("it is not on the suppression list")
        if reason == COMPLAINT and not because.strip():
            raise click.UsageError("the person complained: say --because")
        release(address_hash)
        audit.note(None, "address-released", address_hash, reason=because[:200] or reason)
    click.echo(f"removed; it was there because of: {reason}")


@suppression_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@in_app
def suppression_import(file: Path) -> None:
    """Mail the addresses in FILE no longer: any text with addresses, one to a line, as other programs export them."""
    found = new = without = 0
    with file.open(encoding="utf-8", errors="replace") as opened:
        while lines := list(islice(opened, LINES_AT_ONCE)):
            some = read_lines(lines)
            with transaction():
                new += suppress_all(some.hashes, IMPORTED)
            found, without = found + len(some.hashes), without + some.without
    with transaction():
        audit.note(None, "addresses-suppressed", rows=new)
    click.echo(f"{found} addresses, {new} new; {without} lines without one")


@suppression_group.command("export")
@in_app
def suppression_export() -> None:
    """Print the list as CSV: hashes only, since no address is kept."""
    for line in csv_lines():
        click.echo(line, nl=False)
    with transaction():
        audit.note(None, "suppression-exported")


def _hash(email: str) -> str:
    try:
        return hash_of(parse(email).key)
    except InvalidAddress as error:
        raise click.UsageError("that is no email address") from error
