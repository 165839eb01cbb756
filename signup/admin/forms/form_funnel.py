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
AT_ONCE = (*EARLY, Step.SUBMITTED.value)
"""Steps that nobody takes days later."""
MAX_ROWS = 50


@dataclass(frozen=True)
class FunnelRow:
    """A line of the funnel or of the losses: its words, its number, what it is a share of, and a bar.

    `lost` are those who did not get here and no longer can, `open` those who still can.
    """

    key: str
    name: str
    n: int
    share: float | None
    bar: Markup
    help: str = ""
    lost: int | None = None
    open: int | None = None


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
        soon=_soon(report.settled),
        curve=_curve(report.settled),
        loss=report.loss,
        by=by,
        cells=list(cells.items())[:MAX_ROWS],
        settled_cells=report.settled_by(by),
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
    """The steps of the period. Up to the sign-up nobody has to wait; after it, who can still go on is not lost."""
    steps = _shown_steps(report)
    over, fresh = dict(report.over.reached()), dict(report.fresh.reached())
    most = max((n for _name, n in steps), default=0) or 1
    rows, before = [], ""
    for name, n in steps:
        waits = name not in AT_ONCE
        of = over if waits else dict(steps)
        whole, part = of.get(before, 0), of[name]
        is_known = 0 < whole >= part
        rows.append(
            FunnelRow(
                name,
                str(funnel_words.STEPS[name]),
                n,
                part / whole if is_known else None,
                bar(n / most, "good" if name == "confirmed" else ""),
                lost=whole - part if is_known and name != Step.TAKEN else None,
                open=max(0, fresh.get(before, 0) - fresh[name]) if waits and before and name != Step.TAKEN else None,
            )
        )
        before = name
    return rows


def _shown_steps(report: FunnelReport) -> list[tuple[str, int]]:
    is_single = bool(report.funnel.single) and not report.funnel.n(Step.MAILED)
    steps = [
        (name, n)
        for name, n in report.funnel.reached()
        if not (is_single and name in {Step.MAILED, Step.OPENED}) and not (name in EARLY and "provider" in report.only)
    ]
    gives = report.form.version.definition.lead_magnet_id is not None or report.funnel.n(Step.TAKEN)
    return steps if gives else steps[:-1]


def _losses(report: FunnelReport) -> list[FunnelRow]:
    """Why those who were lost were lost, most first; of sign-ups whose time is over."""
    funnel = report.settled
    left = max(0, funnel.n(Step.STARTED) - funnel.submitted)
    causes = [
        ("typed", _("Started typing, then left"), left, _("counted by the page’s script")),
        ("held", _("Held back by a limit"), _held(report), _("too many from one address or network")),
        ("bounced", _("The email bounced"), funnel.n(Step.BOUNCED), _("often a typo in the address")),
        (
            "no-mail",
            _("No email was sent"),
            funnel.not_mailed,
            _("on the suppression list, or the mail server was away"),
        ),
        ("unread", _("Never opened the confirmation page"), funnel.not_opened, _("unread, in spam or forgotten")),
        ("unpressed", _("Opened the page but did not confirm"), funnel.not_pressed, _("email scanners open pages too")),
        ("disowned", _("Said it wasn’t them"), funnel.n(Step.DISOWNED), ""),
    ]
    all_lost = sum(n for _key, _name, n, _help in causes if n > 0) or 1
    most = max((n for _key, _name, n, _help in causes), default=0) or 1
    return [
        FunnelRow(key, name, n, n / all_lost, bar(n / most, "bad"), text)
        for key, name, n, text in sorted(causes, key=lambda cause: -cause[2])
        if n > 0
    ]


def _held(report: FunnelReport) -> int:
    if report.only:
        return 0
    query = select(Tally.n).where(Tally.measure == Measure.HELD, Tally.form_id == report.form.id)
    settled = report.period.settled
    days = Tally.day.between(settled.first, settled.last)
    return sum(db.session.scalars(query.where(days)))


def _soon(funnel: Funnel) -> list[tuple[str, str, int, float | None]]:
    return [
        (key, str(funnel_words.SOON[key]), n, n / funnel.asked if funnel.asked else None) for key, n in funnel.soon()
    ]


def _curve(funnel: Funnel) -> Markup:
    shares = [0.0, *(share or 0.0 for _key, _name, _n, share in _soon(funnel))]
    hints = [_("At sign-up: none")]
    for _key, name, n, share in _soon(funnel):
        hints.append(_("After %(time)s: %(n)s confirmed, %(share)s", time=name, n=number(n), share=percent(share)))
    return curve(_("Share of sign-ups that were confirmed, by time since sign-up"), shares, hints)
