"""What every verb of the `signup` command shares: it runs inside the application, and prints a table or JSON."""

import functools
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click
from flask import Flask
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from signup.ground.database_outage import outage
from signup.ground.errors import BadFile, SignupError
from signup.ground.plain_text import invisible, name_of
from signup.imports.readers import table_file

BUILDER = "signup.builder"
"""Under this name a command's context says where the application is built."""
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def in_app(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application; our own errors become one clear line and exit code 1."""
    return _inside(command, "signup.app:create_app")


def in_ground(command: Callable[..., Any]) -> Callable[..., Any]:
    """As `in_app`, without the doors: for what needs no links, templates, broker or chores."""
    return _inside(command, "signup.ground.bare_app:build")


def _inside(command: Callable[..., Any], builder: str) -> Callable[..., Any]:
    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        click.get_current_context().meta[BUILDER] = builder
        _refuse_invisible([*args, *kwargs.values()])
        try:
            with application().app_context():
                return command(*args, **kwargs)
        except BadFile as error:
            raise click.ClickException(table_file.problem_words(error)) from error
        except OSError as error:
            if not error.filename:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
        except SignupError as error:
            raise click.ClickException(f"{type(error).__name__}: {error}") from error
        except SQLAlchemyError as error:
            if not (found := outage(error)):
                raise
            raise click.ClickException(f"{found.means} ({found.detail})") from error

    return wrapped


def _refuse_invisible(given: Iterable[Any]) -> None:
    for value in given:
        texts = value if isinstance(value, tuple) else (value,)
        if found := next((found for text in texts if isinstance(text, str) and (found := invisible(text))), ""):
            raise click.UsageError(f"An argument contains an invisible character ({name_of(found)}). Please delete it.")


def application() -> Flask:
    """The application that the verbs work in, built when first asked for."""
    app: Flask = click.get_current_context().find_root().obj()
    return app


def show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        click.echo("Nothing there.")
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    # What people typed is no markup, and `check:phone:` no emoji.
    plain = Console(width=None if sys.stdout.isatty() else 200, markup=False, emoji=False)
    plain.print(table)
