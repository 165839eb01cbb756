"""`signup bench`: prepares the service, runs the measurements, prints the report."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from signup.bench.bench_admin import pages
from signup.bench.bench_api import api
from signup.bench.bench_campaign import campaign
from signup.bench.bench_export import exports, presets
from signup.bench.bench_imports import imports
from signup.bench.bench_ledger import ledger
from signup.bench.bench_search import search
from signup.bench.measure import MeasuredRow, confirmations, mails, signups
from signup.bench.scratch_service import Stage
from signup.ground.errors import SignupError

PARTS = ("sign-up", "confirm", "mails", "export")
ON_REQUEST = (
    "ledger",
    "admin",
    "presets",
    "import",
    "search",
    "campaign",
    "api",
)  # each fills the database: it is measured alone
FILLED: dict[str, Callable[[Stage, Path, int], list[MeasuredRow]]] = {
    "export": exports,
    "presets": presets,
    "import": imports,
    "campaign": campaign,
    "admin": lambda stage, _folder, contacts: pages(stage, contacts),
    "search": lambda stage, _folder, contacts: search(stage, contacts),
}
"""The parts that ask for so many contacts."""


@click.command("bench")
@click.option("--database", "database_url", default="", help="A scratch database; empty: SQLite in a temporary folder.")
@click.option("--broker", "broker_url", default="", help="redis://… for counters and the doorbell; empty: none.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice((*PARTS, *ON_REQUEST)),
    help="Only these; default: all but ledger, admin, presets, import, search, campaign and api.",
)
@click.option("--processes", default=2, show_default=True, help="Web processes, and worker processes.")
@click.option("--seconds", default=2.0, show_default=True, help="Length of one round of load.")
@click.option("--contacts", default=200_000, show_default=True, help="Contacts to export or import, or in the admin.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(  # noqa: PLR0913, PLR0917  # one option each
    database_url: str,
    broker_url: str,
    parts: tuple[str, ...],
    processes: int,
    seconds: float,
    contacts: int,
    *,
    as_json: bool,
) -> None:
    """Measure sign-up, confirmation, mail and export on this machine: medians and ratios of one run."""
    wanted = parts or PARTS
    with tempfile.TemporaryDirectory(prefix="signup-bench-") as folder:
        try:
            stage = Stage(Path(folder), database_url or f"sqlite:///{folder}/bench.db", broker_url)
        except SignupError as error:
            raise click.ClickException(str(error)) from None
        rows: list[MeasuredRow] = []
        if "sign-up" in wanted or "confirm" in wanted or "mails" in wanted:
            rows += signups(stage, processes, seconds)
        if "ledger" in wanted:
            rows += ledger(stage, processes, seconds)
        if "confirm" in wanted:
            rows += confirmations(stage, processes, most=int(seconds * 700))
        if "mails" in wanted:
            rows += mails(stage, processes)
        if "api" in wanted:
            rows += api(stage, processes, seconds, contacts)
        for part, measure in FILLED.items():
            if part in wanted:
                rows += measure(stage, Path(folder), contacts)
    _show(rows, as_json=as_json)


def _show(rows: list[MeasuredRow], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], indent=2))
        return
    table = Table("What", "Figure", "", "Aim")
    for row in rows:
        table.add_row(row.what, f"{row.figure:,.2f}" if row.figure < 100 else f"{row.figure:,.0f}", row.unit, row.aim)  # noqa: PLR2004  # looks
    Console().print(table)
