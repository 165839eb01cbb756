"""`signup retention`: what is kept how long, how much of it is due, and its deletion now."""

from typing import Any

import click

from signup.access import audit
from signup.cli.command import as_json, in_app, show
from signup.ground.db import db, transaction
from signup.privacy.retention import RETENTION
from signup.privacy.retention_rule import RAN, RetentionRule


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Only show what is due.")
@as_json
@in_app
def command(*, dry_run: bool, as_json: bool) -> None:
    """Delete what was kept for long enough, as the worker does by itself; show what is kept how long."""
    rows = [_row(rule, dry_run=dry_run) for rule in RETENTION]
    done = {row["chore"]: row["done"] for row in rows if row.get("done")}
    if done:
        with transaction():
            audit.note(None, RAN, **done)
    show(rows, as_json=as_json)


def _row(rule: RetentionRule, *, dry_run: bool) -> dict[str, Any]:
    last = rule.last_run
    told = {"chore": rule.chore, "what": str(rule.what), "kept": rule.kept_here, "due": rule.due()}
    db.session.rollback()  # ends the look before the work begins
    done = {} if dry_run else {"done": rule.delete()}
    return told | done | {"last run": last.strftime("%Y-%m-%d %H:%M UTC") if last else "never"}
