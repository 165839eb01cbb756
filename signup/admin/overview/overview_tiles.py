"""The four figures at the top of the overview, each with its change against the period before."""

from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup

from signup.access import scope
from signup.admin.frame.chart import spark
from signup.admin.frame.formatting import number, percent
from signup.admin.overview.overview_numbers import OverviewNumbers
from signup.counts.tally import Measure
from signup.fields.field import active
from signup.fields.field_figure import figures as field_figures
from signup.fields.objective import Objective


@dataclass(frozen=True)
class Tile:
    """One number with its change against the period before. `is_good` None: no change, or nothing to compare."""

    label: str
    value: str
    change: str
    is_up: bool
    is_good: bool | None
    spark: Markup


def tiles(figures: OverviewNumbers, lead: str) -> list[Tile]:
    """Four figures; the one that the main objective is about comes first."""
    usual = _usual_tiles(figures)
    if lead == Objective.PROSPECT:
        return [usual[1], usual[0], *usual[2:]]
    if lead == Objective.SELL:
        return [_taken(figures), *usual[:3]]
    if lead == Objective.LOYALTY:
        return [_stayed(figures), *usual[:3]]
    if lead == Objective.SELL_MORE and scope.sees_everything():
        return [_complete(), *usual[:3]]
    return usual


def _taken(figures: OverviewNumbers) -> Tile:
    taken, before = figures.total(Measure.DOWNLOADED), figures.total(Measure.DOWNLOADED, figures.period.before)
    drawing = spark(figures.daily(Measure.DOWNLOADED), "main")
    return _tile(_("Incentives taken"), number(taken), _growth(taken, before), drawing)


def _stayed(figures: OverviewNumbers) -> Tile:
    left, before = figures.unsubscribe_rate(), figures.unsubscribe_rate(figures.period.before)
    stayed, stayed_before = (None if rate is None else 1 - rate for rate in (left, before))
    drawing = spark(figures.confirmed_by_day(), "good")
    return _tile(_("Retained on the lists"), percent(stayed, 2), _points(stayed, stayed_before), drawing)


def _complete() -> Tile:
    """How many of the fields in use hold a value, over all contacts, as last computed."""
    known, found = active(), field_figures()
    shares = [found[one.key].share if one.key in found else 0.0 for one in known]
    return _tile(_("Fields filled"), percent(sum(shares) / len(shares) if shares else None, 0), None, spark([], "main"))


def _usual_tiles(figures: OverviewNumbers) -> list[Tile]:
    before = figures.period.before
    start = figures.confirmed_at_start()
    added, added_before = figures.total(Measure.CONFIRMED), figures.total(Measure.CONFIRMED, before)
    rate = figures.rate(Measure.CONFIRMED, Measure.SUBMITTED)
    left = figures.unsubscribe_rate()
    confirmed, submitted = figures.daily(Measure.CONFIRMED), figures.daily(Measure.SUBMITTED)
    rates = [min(1.0, c / s) if s else 0.0 for c, s in zip(confirmed, submitted, strict=True)]
    growth, gain = _growth(figures.confirmed_now, start), _growth(added, added_before)
    points = _points(rate, figures.rate(Measure.CONFIRMED, Measure.SUBMITTED, before))
    lost = _points(left, figures.unsubscribe_rate(before))
    return [
        _tile(
            _("Confirmed contacts") if figures.counts_people else _("Confirmed subscriptions"),
            number(figures.confirmed_now),
            growth,
            spark(figures.confirmed_by_day(), "main"),
        ),
        _tile(_("New in this period"), number(added), gain, spark(confirmed, "main")),
        _tile(_("Confirmation rate"), percent(rate), points, spark(rates, "good")),
        _tile(
            _("Unsubscribe rate"),
            percent(left, 2),
            lost,
            spark(figures.daily(Measure.UNSUBSCRIBED), "bad"),
            more_is_good=False,
        ),
    ]


def _growth(now: int, before: int) -> tuple[float, str] | None:
    return None if before <= 0 else ((now - before) / before, percent(abs(now - before) / before))


def _points(now: float | None, before: float | None) -> tuple[float, str] | None:
    if now is None or before is None:
        return None
    return now - before, _("%(n)s points", n=number(round(abs(now - before) * 100, 2)))


def _tile(
    label: str, value: str, change: tuple[float, str] | None, drawing: Markup, *, more_is_good: bool = True
) -> Tile:
    if change is None or change[0] == 0:
        return Tile(label, value, "", is_up=False, is_good=None, spark=drawing)
    is_up = change[0] > 0
    return Tile(label, value, change[1], is_up, is_up == more_is_good, drawing)
