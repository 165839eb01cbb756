"""`signup audit`: exports the audit trail: what operators did, to what, from where."""

import json
from datetime import UTC, datetime

import click

from signup.access import audit
from signup.access.audit import AuditFilter
from signup.cli.command import in_app
from signup.cli.operator import list_ids
from signup.exports.people_csv import csv_line
from signup.ground.db import db, transaction

day = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.group("audit")
def command() -> None:
    """What operators did, to what, from where."""


@command.command("export")
@click.option("--actor", default="", help="Only what this operator did; console for the console.")
@click.option("--action", default="", help="Only this action, such as export-started.")
@click.option("--object", "what", default="", help="Only objects whose id or short name starts with this.")
@click.option("--list", "list_name", default="", help="Only entries about this list.")
@click.option("--since", type=day, help="From this day or time, UTC.")
@click.option("--until", type=day, help="Before this day or time, UTC.")
@click.option("--format", "format_", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@in_app
def audit_export(  # noqa: PLR0913, PLR0917  # an option each
    actor: str, action: str, what: str, list_name: str, since: datetime | None, until: datetime | None, format_: str
) -> None:
    """Write the audit trail to standard output, newest first. The trail records this too."""
    lists = audit.list_names()
    wanted = AuditFilter(
        actor=actor,
        action=action,
        object=what,
        list_id=next(iter(list_ids([list_name]))) if list_name else None,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
    )
    rows = 0
    if format_ == "csv":
        click.echo(csv_line(audit.COLUMNS), nl=False)
    for entry in db.session.scalars(wanted.query().execution_options(yield_per=1_000)):
        cells = audit.cells(entry, lists)
        if format_ == "csv":
            click.echo(csv_line(cells), nl=False)
        else:
            facts = dict(zip(audit.COLUMNS, cells, strict=True)) | {"detail": entry.detail}
            click.echo(json.dumps(facts, ensure_ascii=False))
        rows += 1
    with transaction():
        audit.note(None, "audit-exported", rows=rows, filter=wanted.told())
