"""The console's entry: builds the application once, when a command first asks for it."""

from functools import lru_cache

import click
from flask import Flask

from signup import bench
from signup.app import create_app
from signup.cli.main import main as console
from signup.errors import SettingError


@lru_cache(maxsize=1)
def _app() -> Flask:
    try:
        return create_app()
    except SettingError as error:
        raise click.ClickException(f"setting {error}") from None


def main() -> None:
    """Run the `signup` command."""
    console.add_command(bench.command)
    console(obj=_app, prog_name="signup")


if __name__ == "__main__":
    main()
