"""A form's funnel: from seeing it to what it promised, where people are lost, and the one change worth most.

The numbers come from `signup.counts.funnel`, the reminder's from `uplift`, the advice from `advice`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from signup.addresses import mailbox_provider
from signup.admin.forms import funnel_words
from signup.admin.forms.funnel_report import FunnelReport, report_on
from signup.admin.frame.chart import bar, curve
from signup.admin.frame.formatting import day, number, percent
from signup.admin.frame.number import whole
from signup.admin.frame.words import PERIODS
from signup.counts.advice import largest_loss
from signup.counts.funnel import DIMENSIONS, Funnel
from signup.counts.step import Step
from signup.counts.tally import Measure, Tally
from signup.exports.people_csv import csv_text
from signup.forms.form import find_form
from signup.ground.db import db
from signup.ground.i18n import LANGUAGES
from signup.ground.urls import settings

DEFAULT_DAYS = 30
FILTERS = ("source", "site", "language", "provider")
EARLY = (Step.SEEN.value, Step.STARTED.value)
MAX_ROWS = 50


@dataclass(frozen=True)
class FunnelRow:
    """A line of the funnel or of the losses: its words, its number, what it is a share of, and a bar."""

    name: str
    n: int | None
    share: float | None
    lost: int | None
    bar: Markup
    help: str = ""


def form_funnel(public_id: str) -> ResponseReturnValue:
    report = _asked(public_id)
    by = _asked_dimension()
    choices = {name: report.cells.values(name) for name in FILTERS}
    cells = report.by(by)
    return render_template(
        "admin/forms/form_funnel.html",
        report=report,
        form=report.form,
        funnel_words=funnel_words,
        funnel=report.funnel,
        steps=_steps(report),
        losses=_losses(report),
        soon=_soon(report.funnel),
        curve=_curve(report.funnel),
        loss=largest_loss(report.funnel),
        by=by,
        cells=list(cells.items())[:MAX_ROWS],
        n_cells=len(cells),
        choices=choices,
        label=label,
        asked={"public_id": public_id, "days": report.period.days, "by": by}
        | {name: f"={value}" for name, value in report.only.items()},
    )


def form_funnel_csv(public_id: str) -> ResponseReturnValue:
    """Every number for each value of one dimension, one line each, and the whole in the last."""
    report, by = _asked(public_id), _asked_dimension()
    cells = report.by(by)
    whole = report.funnel.as_dict()
    lines = [[str(value), *cell.as_dict().values()] for value, cell in cells.items()]
    headers = {"Content-Disposition": f'attachment; filename="funnel-{report.form.public_id}-{report.period.last}.csv"'}
    return Response(
        csv_text([by, *whole], *lines, ["all", *whole.values()]),
        content_type="text/csv; charset=utf-8",
        headers=headers,
    )


def _asked(public_id: str) -> FunnelReport:
    days = request.args.get("days", DEFAULT_DAYS, type=whole)
    only = {name: request.args[name].removeprefix("=") for name in FILTERS if request.args.get(name)}
    return report_on(find_form(public_id), days if days in PERIODS else DEFAULT_DAYS, only)


def _asked_dimension() -> str:
    by = request.args.get("by", "")
    return by if by in DIMENSIONS else DIMENSIONS[0]


def label(dimension: str, value: Any) -> str:
    """What a value of a dimension is called."""
    names: dict[str, Callable[[], str | None]] = {
        "provider": lambda: mailbox_provider.names().get(value) or (_("Other mailboxes") if value else None),
        "language": lambda: LANGUAGES.get(value),
        "site": lambda: _("The form’s own page") if value == settings().public_url else _without_scheme(value),
        "source": lambda: _("Too many to tell apart") if value == "…" else value or _("No source given"),
        "day": lambda: day(value),
    }
    return str(names[dimension]() or _("Unknown"))


def _without_scheme(site: str) -> str:
    return site.partition("://")[2]


def _steps(report: FunnelReport) -> list[FunnelRow]:
    is_single = bool(report.funnel.single) and not report.funnel.n(Step.MAILED)
    steps = [
        (name, n)
        for name, n in report.funnel.reached()
        if not (is_single and name in {Step.MAILED, Step.OPENED}) and not (name in EARLY and "provider" in report.only)
    ]
    if report.form.version.definition.lead_magnet_id is None and not report.funnel.n(Step.TAKEN):
        steps = steps[:-1]
    most = max((n for _name, n in steps), default=0) or 1
    return [
        FunnelRow(
            str(funnel_words.STEPS[name]),
            n,
            n / before if (known := 0 < before >= n) else None,
            before - n if known else None,
            bar(n / most, "good" if name == "confirmed" else ""),
        )
        for (name, n), before in zip(steps, [0, *(n for _name, n in steps)], strict=False)
    ]


def _losses(report: FunnelReport) -> list[FunnelRow]:
    """Why those who were lost were lost, most first."""
    funnel = report.funnel
    left = max(0, funnel.n(Step.STARTED) - funnel.submitted)
    causes = [
        (_("Started typing, then left"), left, _("counted by the page’s script")),
        (_("Held back by a limit"), _held(report), _("too many from one address or network")),
        (_("The email bounced"), funnel.n(Step.BOUNCED), _("often a typo in the address")),
        (_("No email was sent"), funnel.not_mailed, _("on the suppression list, or still in the outbox")),
        (_("Never opened the confirmation page"), funnel.not_opened, _("unread, in spam or forgotten")),
        (_("Opened the page but did not confirm"), funnel.not_pressed, _("email scanners open pages too")),
        (_("Said it wasn’t them"), funnel.n(Step.DISOWNED), ""),
    ]
    all_lost = sum(n for _name, n, _help in causes if n > 0) or 1
    most = max((n for _name, n, _help in causes), default=0) or 1
    return [
        FunnelRow(name, n, n / all_lost, None, bar(n / most, "bad"), text)
        for name, n, text in sorted(causes, key=lambda cause: -cause[1])
        if n > 0
    ]


def _held(report: FunnelReport) -> int:
    if report.only:
        return 0
    query = select(Tally.n).where(Tally.measure == Measure.HELD, Tally.form_id == report.form.id)
    days = Tally.day.between(report.period.first, report.period.last)
    return sum(db.session.scalars(query.where(days)))


def _soon(funnel: Funnel) -> list[tuple[str, int, float | None]]:
    signed_up = funnel.submitted - funnel.single
    return [(str(funnel_words.SOON[name]), n, n / signed_up if signed_up else None) for name, n in funnel.soon()]


def _curve(funnel: Funnel) -> Markup:
    shares = [0.0, *(share or 0.0 for _name, _n, share in _soon(funnel))]
    hints = [_("At sign-up: none")]
    for name, n, share in _soon(funnel):
        hints.append(_("After %(time)s: %(n)s confirmed, %(share)s", time=name, n=number(n), share=percent(share)))
    return curve(_("Share of sign-ups that were confirmed, by time since sign-up"), shares, hints)
