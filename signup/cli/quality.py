"""`signup quality`: shows scores and companies without a usable contact, and runs a round at once."""

import json
from dataclasses import asdict
from uuid import UUID

import click
from sqlalchemy import ColumnElement, select

from signup.addresses.address import key_of
from signup.audience import scoring_round
from signup.audience.explain_score import explain
from signup.cli.command import as_json, in_app, show
from signup.companies.company import Company
from signup.contacts.contact import Contact
from signup.ground.db import db
from signup.ground.errors import NotFound

NONE_YET = "no scores yet: run signup quality run"


@click.group("quality")
def command() -> None:
    """How good the records are, and what would improve them."""


@command.command("run")
@as_json
@in_app
def quality_run(*, as_json: bool) -> None:
    """Check, link and score everyone now, instead of waiting for the worker."""
    scoring_round.run_round(None if as_json else lambda done: click.echo(f"{done} contacts", err=True))
    _tell(as_json=as_json)


@command.command("show")
@as_json
@in_app
def quality_show(*, as_json: bool) -> None:
    """Averages by source and form, categories and grades, as last computed."""
    _tell(as_json=as_json)


@command.command("explain")
@click.argument("who", metavar="ID")
@as_json
@in_app
def quality_explain(who: str, *, as_json: bool) -> None:
    """One contact's score, part by part; ID is the contact's id in its page's address, or its e-mail address."""
    contact_id = db.session.scalar(select(Contact.id).where(_named(who)))
    found = explain(contact_id) if contact_id else None
    if found is None:
        raise NotFound("contact")
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
        return
    rows = [{"part": part.name, "points": part.points, "of": part.most} for part in found.parts]
    show([*rows, {"part": "score", "points": found.score, "of": 100}], as_json=False)
    for one in found.raises:
        click.echo(f"+{one.points} {one.part}: {one.what}{f' {one.about}' if one.about else ''}")


@command.command("companies")
@click.option("--limit", default=50, show_default=True, help="How many of the other companies to list.")
@as_json
@in_app
def quality_companies(limit: int, *, as_json: bool) -> None:
    """The share of companies with a usable contact, and the others."""
    found = scoring_round.company_counts()
    others = select(Company).where(Company.usable.is_(False)).order_by(Company.id.desc()).limit(limit)
    rows = [{"company": one.name, "number": one.number, "persons": one.persons} for one in db.session.scalars(others)]
    if as_json:
        click.echo(json.dumps({**found._asdict(), "share": found.share, "others": rows}, indent=2, ensure_ascii=False))
        return
    if found.share is None:
        click.echo("Nothing there.")
        return
    click.echo(f"{found.share:.0%} of {found.total} companies have a usable contact")
    show(rows, as_json=False)


def _named(who: str) -> ColumnElement[bool]:
    try:
        return Contact.uid == UUID(who)
    except ValueError:
        return Contact.address_key == key_of(who)


def _tell(*, as_json: bool) -> None:
    found = scoring_round.last_report()
    if found is None or found.ended_at is None:
        raise click.ClickException(NONE_YET)
    report = found.report
    if as_json:
        told = {"as_of": found.ended_at.isoformat(timespec="seconds"), "took_ms": found.took_ms, **report}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    averages = report["averages"].items()
    show([{"average": name, "points": points} for name, points in averages], as_json=False)
    show([{"category": name, "people": n} for name, n in report["categories"].items()], as_json=False)
    for title in ("sources", "forms"):
        show(
            [{title: row["name"], "people": row["people"], "score": row["score"]} for row in report[title]],
            as_json=False,
        )
