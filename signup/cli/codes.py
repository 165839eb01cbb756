"""`signup codes`: discount codes that were given to confirmed contacts."""

from typing import BinaryIO

import click

from signup.cli.command import as_json, in_app, show
from signup.ground.db import transaction
from signup.incentives import code_pool


@click.group("codes")
def codes_group() -> None:
    """Discount codes given to confirmed contacts."""


@codes_group.command("redeem")
@click.argument("file", type=click.File("rb"))
@as_json
@in_app
def codes_redeem(file: BinaryIO, *, as_json: bool) -> None:
    """Mark codes in a shop's CSV as redeemed (column `code`, or else the first); - reads standard input."""
    codes = code_pool.read_codes(file.read())
    with transaction():
        done = code_pool.redeem(codes)
    show([done._asdict()], as_json=as_json)
