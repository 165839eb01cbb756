"""`signup fields` and `signup objectives`: what is kept of a contact, what it costs and brings, and what for."""

import json
from typing import Any, TextIO

import click

from signup.admin.fields import field_words
from signup.admin.fields.field_advice import VERDICTS, advise
from signup.cli.command import as_json, in_app, show
from signup.exports.people_csv import csv_line
from signup.fields import field_figure, objective, value_archive
from signup.fields.field import Field, FieldGroup, fields, find_field
from signup.fields.field_figure import FieldFigure, figures
from signup.ground.i18n import DEFAULT, speaking
from signup.ground.private_files import make_private
from signup.ground.urls import settings


@click.command("objectives")
@as_json
@in_app
def objectives(*, as_json: bool) -> None:
    """What the contact database is for, main objective first, and since when."""
    held = objective.purpose()
    if held is None:
        click.echo("null" if as_json else f"No objective chosen yet: {settings().public_url}/admin/setup")
        return
    if as_json:
        facts: dict[str, Any] = {"main": held.main, "others": held.ranked[1:], "ranked": held.ranked, "own": held.own}
        facts |= {"audience": held.audience, "since": held.at.isoformat()}
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    rows = [{"rank": n, "objective": field_words.objective(name, held)} for n, name in enumerate(held.ranked, 1)]
    show([{**row, "for": held.audience, "since": held.at.date()} for row in rows], as_json=False)


by_group_option = click.option("--by-group", is_flag=True, help="All five groups, each with its fields.")


@click.group("fields", invoke_without_command=True)
@by_group_option
@click.pass_context
def command(context: click.Context, *, by_group: bool) -> None:
    """The contact fields, with their cost and benefit. Default: `fields list`."""
    if context.invoked_subcommand is None:
        context.invoke(fields_list, by_group=by_group, as_json=False)


@command.command("list")
@by_group_option
@as_json
@in_app
def fields_list(*, by_group: bool, as_json: bool) -> None:
    """All fields and how full they are."""
    found = figures()
    rows = [_row(one, found.get(one.key)) for one in fields()]
    if not by_group:
        show(rows, as_json=as_json)
        return
    groups = {group.value: [row for row in rows if row["group"] == group] for group in FieldGroup}
    if as_json:
        click.echo(json.dumps(groups, indent=2, ensure_ascii=False))
        return
    named = {group: ", ".join(row["key"] for row in inside) for group, inside in groups.items()}
    show([{"group": group, "fields": keys or "–"} for group, keys in named.items()], as_json=False)


def _row(one: Field, figure: FieldFigure | None) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.label_in(DEFAULT),
        "kind": one.kind,
        "group": one.group,
        "state": one.state,
        "decision": one.decision or "none yet",
        "filled": f"{figure.share:.1%}" if figure else "unknown",
    }


@command.command("advise")
@click.option("--now", "anew", is_flag=True, help="Update the numbers first.")
@as_json
@in_app
def fields_advise(*, anew: bool, as_json: bool) -> None:
    """Which fields to keep, ask later, merge, turn into a catalogue or retire, and why."""
    if anew or not figures():
        field_figure.measure()
    with speaking(DEFAULT):
        rows = [_advised(one, with_cost=as_json) for one in advise(DEFAULT)]
    show(rows, as_json=as_json)
    if at := next((figure.at for figure in figures().values()), None):
        click.echo(f"Numbers as of {at.isoformat(timespec='seconds')}.", err=True)


def _advised(one: Any, *, with_cost: bool) -> dict[str, Any]:
    row = {"field": one.field.key, "verdict": str(VERDICTS[one.verdict]).lower(), "why": one.sentence}
    row["decision"] = one.field.decision or "none yet"
    costs = {line.name.lower(): f"{line.cost} ({line.inputs})" for line in one.cost.lines}
    return row | ({"cost": costs} if with_cost else {})


@command.command("archive")
@click.argument("key")
@click.option("--out", type=click.File("w"), default="-", help="A file, or - for standard output.")
@in_app
def fields_archive(key: str, out: TextIO) -> None:
    """Write the archived values of a field as CSV."""
    make_private(out)
    out.write(csv_line(["contact_uid", "email", key]))
    out.writelines(csv_line([uid, address, value]) for uid, address, value in value_archive.rows(find_field(key).id))
