"""The overview: how sign-ups go, over a period, for one list or all.

The numbers come from `overview_numbers`, the drawings from `chart`.
"""

from collections.abc import Sequence
from datetime import date

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from markupsafe import Markup
from sqlalchemy import select

from signup.access import scope
from signup.admin.fields import field_words
from signup.admin.frame import door
from signup.admin.frame.chart import Chart, ChartLine, bar, line_chart
from signup.admin.frame.figure import figure, share
from signup.admin.frame.formatting import day, number
from signup.admin.frame.number import whole
from signup.admin.frame.route_subject import magnets_seen
from signup.admin.frame.words import PERIODS
from signup.admin.outbox.seen_failures import to_look_at
from signup.admin.overview.first_steps import first_steps
from signup.admin.overview.overview_numbers import OverviewNumbers
from signup.admin.overview.overview_tiles import tiles
from signup.audience import scoring_round
from signup.consent.mailing_list import MailingList
from signup.counts.step import Step
from signup.counts.tally import Measure
from signup.exports.people_csv import csv_text
from signup.fields import objective
from signup.forms.form import Form
from signup.ground.db import db
from signup.incentives.code_pool import low_pools
from signup.incentives.incentive import Incentive

DEFAULT_DAYS = 30
WEEKLY_FROM = 180
MAX_FORMS = 6


def overview() -> ResponseReturnValue:
    mailing_list, days = _asked_list(), _asked_days()
    figures = OverviewNumbers(_list_ids(mailing_list), days)
    lists = scope.mailing_lists()
    held = objective.purpose()
    query = select(Form.id).where(Form.version_id.is_not(None), scope.only(Form.list_id))
    has_forms = db.session.scalar(query.limit(1)) is not None
    return render_template(
        "admin/overview/overview.html",
        lists=lists,
        mailing_list=mailing_list,
        days=days,
        figures=figures,
        tiles=tiles(figures, held.main if held else ""),
        purpose=held,
        objective=field_words.objective(held.main, held) if held else "",
        chart=_chart(figures),
        sources=_sources(figures),
        settled=figures.period.settled,
        funnel=_funnel(figures),
        held=figures.total(Measure.HELD),
        forms=_forms(mailing_list),
        companies=scoring_round.company_counts() if scope.sees_everything() else None,
        low_pools=_low_pools(),
        failed_mails=to_look_at(),
        has_forms=has_forms,
        steps=first_steps(
            has_purpose=held is not None,
            has_lists=bool(lists),
            has_forms=has_forms,
            has_people=bool(figures.confirmed_now),
        ),
        is_empty=not figures.total(Measure.SUBMITTED) and not figures.states,
    )


def overview_csv() -> ResponseReturnValue:
    """The numbers of the chart, one line a day."""
    mailing_list = _asked_list()
    figures = OverviewNumbers(_list_ids(mailing_list), _asked_days())
    measures = (Measure.SUBMITTED, Measure.CONFIRMED, Measure.UNSUBSCRIBED)
    days = zip(figures.period.dates, *(figures.daily(measure) for measure in measures), strict=True)
    headers = {"Content-Disposition": f'attachment; filename="signups-{figures.period.last}.csv"'}
    return Response(
        csv_text(["day", "signed_up", "confirmed", "unsubscribed"], *days),
        content_type="text/csv; charset=utf-8",
        headers=headers,
    )


def _forms(mailing_list: MailingList | None) -> list[Form]:
    """The forms whose funnels are a click away, the newest first."""
    query = select(Form).where(Form.archived_at.is_(None), Form.version_id.is_not(None), scope.only(Form.list_id))
    query = query.order_by(Form.id.desc())
    if mailing_list:
        query = query.where(Form.list_id == mailing_list.id)
    return list(db.session.scalars(query.limit(MAX_FORMS)))


def _asked_list() -> MailingList | None:
    slug = request.args.get("list", "")
    wanted = select(MailingList).where(MailingList.slug == slug, scope.only(MailingList.id))
    return db.session.scalar(wanted) if slug else None


def _list_ids(mailing_list: MailingList | None) -> int | frozenset[int] | None:
    return mailing_list.id if mailing_list else scope.seen()


def _low_pools() -> list[tuple[Incentive, int]]:
    if not door.may("forms:edit"):
        return []
    low = dict(low_pools())
    return [(one, low[one]) for one in magnets_seen(select(Incentive).order_by(Incentive.name)) if one in low]


def _asked_days() -> int:
    days = request.args.get("days", DEFAULT_DAYS, type=whole)
    return days if days in PERIODS else DEFAULT_DAYS


def _chart(figures: OverviewNumbers) -> Chart:
    size = 7 if figures.period.days >= WEEKLY_FROM else 1
    odd = figures.period.days % size
    dates = figures.period.dates[odd::size]
    submitted, confirmed = (
        _sums(figures.daily(measure)[odd:], size) for measure in (Measure.SUBMITTED, Measure.CONFIRMED)
    )
    hints = [_hint(*point) for point in zip(dates, submitted, confirmed, strict=True)]
    title = _("Signed up and confirmed from %(first)s to %(last)s", first=day(dates[0]), last=day(figures.period.last))
    return line_chart(
        title,
        dates,
        [
            ChartLine(pgettext("count", "Signed up"), "main", submitted),
            ChartLine(pgettext("count", "Confirmed"), "good", confirmed),
        ],
        hints,
        is_partial=True,
    )


def _sums(values: Sequence[int], size: int) -> list[int]:
    return [sum(values[n : n + size]) for n in range(0, len(values), size)]


def _hint(at: date, submitted: int, confirmed: int) -> str:
    counts = {"submitted": number(submitted), "confirmed": number(confirmed)}
    return str(_("%(day)s: %(submitted)s signed up, %(confirmed)s confirmed", day=day(at), **counts))


def _sources(figures: OverviewNumbers) -> list[tuple[str, Markup, Markup, Markup]]:
    rows = figures.sources()
    total = figures.total(Measure.SUBMITTED) or 1
    most = max((n for _source, n in rows), default=1) or 1
    return [
        (
            source or _("Unknown"),
            figure(n, "overview.source", source),
            share(n / total, "overview.source-share", 0, source),
            bar(n / most),
        )
        for source, n in rows
    ]


def _funnel(figures: OverviewNumbers) -> list[tuple[str, Markup, Markup, Markup]]:
    """Each step of the settled sign-ups: name, count, its share of them, and a bar."""
    cohort = figures.cohort(figures.period.settled)
    steps = [
        ("signed-up", pgettext("count", "Signed up"), cohort.asked),
        ("accepted", _("Emails accepted"), cohort.n(Step.MAILED)),
        ("opened", _("Page opened or code entered"), cohort.n(Step.OPENED)),
        ("confirmed", pgettext("count", "Confirmed"), cohort.answered),
        ("taken", _("Took the incentive"), cohort.n(Step.TAKEN)),
    ]
    whole = cohort.asked
    return [
        (
            name,
            figure(n, "overview.cohort", key),
            share(n / whole if whole else None, "overview.cohort-share", 1, key),
            bar(n / whole if whole else 0),
        )
        for key, name, n in steps
    ]
