"""`signup funnel`: how many saw a form, signed up and confirmed."""

import json
from typing import Any

import click

from signup.admin.forms.funnel_report import report_on
from signup.cli.command import as_json, in_app, show
from signup.counts.funnel import DIMENSIONS
from signup.forms.form import find_form

IN_A_TABLE = ("seen", "started", "submitted", "mailed", "bounced", "opened_page", "confirmed", "taken")


@click.command("funnel")
@click.option("--form", "form_id", required=True, help="The form's id.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3_660))
@click.option(
    "--by", type=click.Choice(DIMENSIONS), help="One line per source, website, language, email provider or day."
)
@as_json
@in_app
def funnel(form_id: str, days: int, by: str | None, *, as_json: bool) -> None:
    """How many people saw a form, signed up and confirmed, and what the reminder brings."""
    report = report_on(find_form(form_id), days)
    if by:
        rows = [{by: str(value), **cell.as_dict()} for value, cell in report.by(by).items()]
        show(rows if as_json else [{name: row[name] for name in (by, *IN_A_TABLE)} for row in rows], as_json=as_json)
        return
    uplift = report.uplift
    difference = uplift.difference if uplift.is_enough else None
    trial = {
        "reminded": uplift.reminded.whole,
        "reminded_confirmed": uplift.reminded.part,
        "held_out": uplift.held_out.whole,
        "held_out_confirmed": uplift.held_out.part,
        "uplift": difference and [round(part, 4) for part in (difference.value, difference.low, difference.high)],
    }
    numbers: dict[str, Any] = {"first": str(report.period.first), "last": str(report.period.last)}
    numbers |= report.funnel.as_dict()
    settled = report.period.settled
    numbers |= {"settled_first": str(settled.first), "settled_last": str(settled.last)}
    numbers |= {"settled_submitted": report.settled.submitted, "settled_confirmed": report.settled.confirmed}
    numbers |= {"still_open": report.fresh.open, **trial}
    if as_json:
        click.echo(json.dumps({"form": form_id, **numbers}, indent=2))
    else:
        show(
            [{"step": name, "number": "not enough data yet" if n is None else n} for name, n in numbers.items()],
            as_json=False,
        )
