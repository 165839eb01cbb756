"""The console's entry: builds the application once, when a command first asks for it."""

from functools import lru_cache

import click
from flask import Flask

from signup import (
    bench,
    check_command,
    cli,
    fields_command,
    key_command,
    limits_command,
    people_command,
    quality_command,
)
from signup.app import create_app
from signup.errors import SettingError


@lru_cache(maxsize=1)
def _app() -> Flask:
    try:
        return create_app()
    except SettingError as error:
        raise click.ClickException(f"setting {error}") from None


def main() -> None:
    """Run the `signup` command."""
    cli.main.add_command(bench.command)
    cli.main.add_command(fields_command.command)
    cli.main.add_command(fields_command.objectives)
    cli.main.add_command(key_command.command)
    cli.main.add_command(limits_command.command)
    cli.main.add_command(people_command.command)
    cli.main.add_command(quality_command.command)
    for one in check_command.commands:
        cli.main.add_command(one)
    cli.main(obj=_app, prog_name="signup")


if __name__ == "__main__":
    main()
