"""The four figures at the top of the overview, each with what it counts and its change against the period before.

The lines beside them end yesterday: today is not over, and would look like a fall.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from signup.access import scope
from signup.admin.frame.chart import spark
from signup.admin.frame.figure import figure, marked, share
from signup.admin.frame.formatting import day, first_day
from signup.admin.overview.overview_numbers import OverviewNumbers
from signup.counts.tally import Measure
from signup.counts.uplift import Difference, UpliftGroup, growth, newcombe
from signup.fields.field import active
from signup.fields.field_figure import figures as field_figures
from signup.fields.field_figure import last_measured
from signup.fields.objective import Objective


@dataclass(frozen=True)
class Tile:
    """One number. `people` are the query of the contacts page that shows them; None where no page does."""

    label: str
    value: Markup
    about: Markup | str
    """What it counts, and of how many."""
    change: Markup | str
    """Its change in words; empty without one to tell."""
    is_good: bool | None
    """None: no change, or one that may be chance."""
    is_up: bool
    spark: Markup
    people: dict[str, str] | None = None
    at: datetime | None = None
    """When it was counted, if not now."""


@dataclass(frozen=True)
class TileChange:
    """A change with its interval; None: nothing to compare. `words` say its size."""

    found: Difference | None
    words: Callable[[Difference], Markup]
    more_is_good: bool = True


def tiles(figures: OverviewNumbers, lead: str) -> list[Tile]:
    """Four figures; the one that the main objective is about comes first."""
    usual = [_confirmed(figures), _new(figures), _rate(figures), _left(figures)]
    if lead == Objective.PROSPECT:
        return [usual[1], usual[0], *usual[2:]]
    if lead == Objective.SELL:
        return [_taken(figures), *usual[:3]]
    if lead == Objective.LOYALTY:
        return [_stayed(figures), *usual[:3]]
    if lead == Objective.SELL_MORE and scope.sees_everything():
        return [_complete(), *usual[:3]]
    return usual


def _confirmed(figures: OverviewNumbers) -> Tile:
    start = figures.confirmed_at_start()
    gained = figures.confirmed_now - start
    # A level is counted, not estimated: what was gained was gained.
    change = Difference(gained, gained, gained) if start else None
    label = _("Confirmed contacts") if figures.counts_people else _("Confirmed subscriptions")
    return _tile(
        label,
        figure(figures.confirmed_now, "overview.confirmed"),
        marked(_("%(n)s on %(day)s", n=figure(start, "overview.confirmed-at-start"), day=day(figures.period.first))),
        TileChange(change, lambda one: figure(round(abs(one.value)), "overview.gained")),
        spark(figures.confirmed_by_day(), "main"),
        people={"status": "confirmed"},
    )


def _new(figures: OverviewNumbers) -> Tile:
    imported = figures.total(Measure.IMPORTED)
    about: Markup | str = _("sign-ups confirmed")
    if imported:
        brought = figure(imported, "overview.imported")
        about = marked(_("sign-ups confirmed; imported in addition: %(n)s", n=brought))
    return _tile(
        _("New in this period"),
        figure(figures.total(Measure.CONFIRMED), "overview.new"),
        about,
        _grown(figures, Measure.CONFIRMED, "overview.new-change"),
        spark(figures.daily(Measure.CONFIRMED)[:-1], "main"),
    )


def _rate(figures: OverviewNumbers) -> Tile:
    settled = figures.period.settled
    now, before = figures.cohort(settled), figures.cohort(settled.before)
    dates = {"first": first_day(settled.first, settled.last), "last": day(settled.last)}
    about = marked(
        ngettext(
            "of %(n)s sign-up from %(first)s to %(last)s, whose time to confirm is over",
            "of %(n)s sign-ups from %(first)s to %(last)s, whose time to confirm is over",
            now.asked,
            n=figure(now.asked, "overview.rate-base"),
            **dates,
        )
    )
    shares = UpliftGroup(now.answered, now.asked), UpliftGroup(before.answered, before.asked)
    return _tile(
        _("Confirmation rate"),
        share(now.confirm_rate, "overview.rate"),
        about,
        _points(*shares, "overview.rate-change"),
        spark(figures.cohort_rates(), "good"),
    )


def _left(figures: OverviewNumbers) -> Tile:
    now, before = figures.left(figures.period.whole), figures.left(figures.period.whole.before)
    return _tile(
        _("Unsubscribe rate"),
        share(now.share if now.whole else None, "overview.left-rate", 2),
        _of_subscriptions(now),
        _points(now, before, "overview.left-change", more_is_good=False),
        spark(figures.daily(Measure.UNSUBSCRIBED)[:-1], "bad"),
        people={"status": "unsubscribed"},
    )


def _of_subscriptions(left: UpliftGroup) -> Markup:
    return marked(
        _(
            "%(n)s of %(all)s subscriptions, up to yesterday",
            n=figure(left.part, "overview.left"),
            all=figure(left.whole, "overview.left-base"),
        )
    )


def _taken(figures: OverviewNumbers) -> Tile:
    return _tile(
        _("Incentives taken"),
        figure(figures.total(Measure.DOWNLOADED), "overview.taken"),
        _("downloads and links opened"),
        _grown(figures, Measure.DOWNLOADED, "overview.taken-change"),
        spark(figures.daily(Measure.DOWNLOADED)[:-1], "main"),
    )


def _stayed(figures: OverviewNumbers) -> Tile:
    left, before = (figures.left(period) for period in (figures.period.whole, figures.period.whole.before))
    stayed, stayed_before = (UpliftGroup(one.whole - one.part, one.whole) for one in (left, before))
    return _tile(
        _("Retained on the lists"),
        share(stayed.share if stayed.whole else None, "overview.stayed-rate", 2),
        _of_subscriptions(left),
        _points(stayed, stayed_before, "overview.left-change"),
        spark(figures.confirmed_by_day(), "good"),
    )


def _complete() -> Tile:
    """How many of the fields in use hold a value, over all contacts, as last computed."""
    known, found, at = active(), field_figures(), last_measured()
    shares = [found[one.key].share if one.key in found else 0.0 for one in known]
    filled = sum(shares) / len(shares) if shares and at else None
    return _tile(
        _("Fields filled"),
        share(filled, "overview.filled", 0),
        _("average of the fields in use") if at else _("not counted yet"),
        TileChange(None, lambda _one: Markup()),
        spark([], "main"),
        at=at,
    )


def _grown(figures: OverviewNumbers, measure: Measure, name: str) -> TileChange:
    whole = figures.period.whole
    found = growth(figures.total(measure, whole), figures.total(measure, whole.before))
    return TileChange(found, lambda one: share(abs(one.value), name))


def _points(now: UpliftGroup, before: UpliftGroup, name: str, *, more_is_good: bool = True) -> TileChange:
    found = newcombe(now, before) if now.whole and before.whole else None

    def words(one: Difference) -> Markup:
        return marked(_("%(n)s points", n=figure(round(abs(one.value) * 100, 2), name)))

    return TileChange(found, words, more_is_good)


def _tile(  # noqa: PLR0913  # a tile's parts, each by its name
    label: str,
    value: Markup,
    about: Markup | str,
    change: TileChange,
    drawing: Markup,
    *,
    people: dict[str, str] | None = None,
    at: datetime | None = None,
) -> Tile:
    found = change.found
    if found is None or found.value == 0:
        return Tile(label, value, about, "", None, is_up=False, spark=drawing, people=people, at=at)
    is_up = found.value > 0
    is_good = is_up == change.more_is_good if found.is_clear else None
    return Tile(label, value, about, change.words(found), is_good, is_up, drawing, people, at)
