"""`signup consent`: the ledger of consent, checked and signed, and proofs of single people or lists."""

import time

import click

from signup.cli.command import in_app
from signup.cli.rights.proof import proof
from signup.ledger import outside, seal, signed_note
from signup.ledger.verify import Verification, ages

SHOWN = 100


@click.group("consent")
def command() -> None:
    """The ledger of consent: check it, sign it. Proofs of what people agreed to."""


command.add_command(proof)


@command.command("verify")
@click.option("--all", "shows_all", is_flag=True, help="Name every problem, not the first 100.")
@in_app
def verify(shows_all: bool) -> None:  # click passes it by name
    """Check every event, the tree, every checkpoint and every text. Exit code 1 if anything is wrong."""
    begun, check, found = time.monotonic(), Verification(*ages()), 0
    for problem in check.problems():
        found += 1
        if shows_all or found <= SHOWN:
            click.echo(problem)
    click.echo(f"{check.checked} of {check.size} entries checked in {time.monotonic() - begun:.1f} s.")
    if found:
        raise click.ClickException(f"{found} problems.")
    click.echo("The ledger is whole.")


@command.command("checkpoint")
@in_app
def checkpoint() -> None:
    """Seal what waits, sign the ledger, keep that checkpoint and print it."""
    seal.seal()
    note = seal.keep_checkpoint()
    outside.write_new()
    click.echo(note or "Nothing is in the ledger yet.")


@command.command("key")
@in_app
def key() -> None:
    """Print the public keys that check the ledger's signatures, newest first."""
    for each in signed_note.public_keys():
        click.echo(each)
