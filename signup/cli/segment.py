"""`signup segment`: saved rules, and whom they reach."""

import json
from typing import Any

import click

from signup.audience.reach import reach
from signup.audience.segment import find_segment, segments
from signup.cli.command import as_json, in_ground, show
from signup.consent.mailing_list import find_list
from signup.ground.clock import utcnow


@click.group("segment")
def segment_group() -> None:
    """Segments: who is in them, and who can be emailed."""


@segment_group.command("list")
@as_json
@in_ground
def segment_list(*, as_json: bool) -> None:
    """All segments with their version and when they were last used."""
    rows = [
        {
            "segment": one.slug,
            "name": one.name,
            "version": one.version.number,
            "last used": one.acted_at.date().isoformat() if one.acted_at else "never",
            "idle": one.is_idle(utcnow()),
        }
        for one in segments()
    ]
    show(rows, as_json=as_json)


@segment_group.command("count")
@click.argument("name")
@click.option("--list", "list_name", default="", help="Who can be emailed by this list. Default: any list.")
@as_json
@in_ground
def segment_count(name: str, list_name: str, *, as_json: bool) -> None:
    """Exactly how many people are in it, how many can be emailed, and why the others cannot."""
    lists = frozenset({find_list(list_name).id}) if list_name else None
    found = reach(find_segment(name).version.rule, lists, exact=True)
    figures = {"in the segment": found.total, "can be emailed": found.mailable}
    figures |= {f"not: {reason}": n for reason, n in found.excluded.items()}
    if as_json:
        click.echo(json.dumps({"total": found.total, "mailable": found.mailable, "excluded": found.excluded}))
    else:
        show([{"who": who, "people": n} for who, n in figures.items()], as_json=False)


@segment_group.command("show")
@click.argument("name")
@in_ground
def segmentshow(name: str) -> None:
    """One segment's current rule as JSON."""
    found = find_segment(name)
    facts: dict[str, Any] = {"segment": found.slug, "name": found.name, "description": found.description}
    facts |= {"version": found.version.number, "hash": found.version.hash, "rule": found.version.content}
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
