"""The console's entry: builds the application once, when a command first asks for it, as much of it as that needs."""

from functools import lru_cache
from pkgutil import resolve_name

import click
from flask import Flask

from signup.cli.command import BUILDER
from signup.cli.main import VERBS
from signup.cli.main import main as console
from signup.ground.errors import SettingError


@lru_cache(maxsize=1)
def _app() -> Flask:
    try:
        app: Flask = resolve_name(click.get_current_context().meta.get(BUILDER, "signup.app:create_app"))()
    except SettingError as error:
        raise click.ClickException(f"setting {error}") from None
    return app


def main() -> None:
    """Run the `signup` command."""
    VERBS["bench"] = "signup.bench:command"
    console(obj=_app, prog_name="signup")


if __name__ == "__main__":
    main()
