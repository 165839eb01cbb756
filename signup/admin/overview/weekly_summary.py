"""The weekly summary: last week's figures by email, for operators who asked for it, in their language.

It holds counts of the operator's lists and no personal data. Its key names operator and week: it goes once.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import select

from signup.access.grant import granted
from signup.access.operator import Operator
from signup.addresses.address import parse
from signup.admin.frame.formatting import day, first_day, number, percent
from signup.admin.overview.overview_numbers import OverviewNumbers
from signup.counts.period import Period, up_to_today
from signup.counts.tally import Measure
from signup.counts.uplift import UpliftGroup, growth, newcombe
from signup.ground.broker import ring
from signup.ground.db import db, transaction, upsert
from signup.ground.i18n import DEFAULT, OPERATOR_LANGUAGES, speaking
from signup.ground.tokens import keys
from signup.mailer import compose, deliver
from signup.mailer.mail_template import service
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind

WEEK = 7


class SummaryLine(NamedTuple):
    """One figure in words: what, how many, and its change against the week before; empty without a clear one."""

    label: str
    value: str
    change: str


def send_summaries() -> None:
    """The chore: write the summary of the last full week, Monday to Sunday, for whoever has not had it."""
    today = up_to_today(1).last
    week = Period(today - timedelta(days=today.weekday() + 1), WEEK)
    wanted = select(Operator).where(Operator.weekly_summary, Operator.disabled_at.is_(None)).order_by(Operator.id)
    for operator in list(db.session.scalars(wanted)):
        key = f"{MessageKind.SUMMARY}:{operator.id}:{week.last}"
        if db.session.scalar(select(Message.id).where(Message.dedupe_key == key)) is None:
            _write(operator, week, key)


def _write(operator: Operator, week: Period, key: str) -> None:
    language = operator.language if operator.language in OPERATOR_LANGUAGES else DEFAULT
    template = compose.template_for(MessageKind.SUMMARY, language, service())
    with speaking(language):
        lists = granted(operator)
        lines = list(summary_lines(OverviewNumbers(lists, WEEK, week.last), OverviewNumbers(lists, WEEK)))
        dates = {"first": first_day(week.first, week.last), "last": day(week.last)}
    message = {
        "kind": MessageKind.SUMMARY,
        "priority": MessageKind.SUMMARY.rules.priority,
        "recipient": operator.address,
        "recipient_hash": keys().hash(parse(operator.address).key),
        "template_hash": template,
        "data": {"name": operator.name, "lines": [list(line) for line in lines], **dates},
        "dedupe_key": key,
    }
    with transaction():
        written = upsert(Message).values(message).on_conflict_do_nothing().returning(Message.id)
        message_id = db.session.execute(written).scalar()
    if message_id is not None:
        ring(deliver.ACTOR, message_id)


def summary_lines(figures: OverviewNumbers, present: OverviewNumbers) -> Iterator[SummaryLine]:
    """The figures of the overview, by the same rules: of the week, and where they stand at present."""
    week, settled = figures.period, figures.period.settled
    for label, measure in (
        (pgettext("count", "Signed up"), Measure.SUBMITTED),
        (pgettext("count", "Confirmed"), Measure.CONFIRMED),
    ):
        n, before = figures.total(measure), figures.total(measure, week.before)
        found = growth(n, before)
        yield SummaryLine(label, number(n), _than_before(found.value) if found and found.is_clear else "")
    cohort, earlier = figures.cohort(settled), figures.cohort(settled.before)
    if cohort.asked:
        shares = UpliftGroup(cohort.answered, cohort.asked), UpliftGroup(earlier.answered, earlier.asked)
        found = newcombe(*shares) if earlier.asked else None
        dates = {"first": first_day(settled.first, settled.last), "last": day(settled.last)}
        label = _(
            "Confirmation rate of the sign-ups from %(first)s to %(last)s, whose time to confirm is over", **dates
        )
        yield SummaryLine(
            label, percent(cohort.confirm_rate), _by_points(found.value) if found and found.is_clear else ""
        )
    yield SummaryLine(_("Still open: can be confirmed"), number(present.still_open), "")
    yield SummaryLine(pgettext("count", "Unsubscribed"), number(figures.total(Measure.UNSUBSCRIBED)), "")
    label = _("Confirmed contacts now") if present.counts_people else _("Confirmed subscriptions now")
    yield SummaryLine(label, number(present.confirmed_now), "")


def _than_before(change: float) -> str:
    if change > 0:
        return str(_("%(share)s more than the week before", share=percent(change, 0)))
    return str(_("%(share)s fewer than the week before", share=percent(-change, 0)))


def _by_points(change: float) -> str:
    points = number(round(abs(change) * 100, 1))
    if change > 0:
        return str(_("%(n)s points up on the week before", n=points))
    return str(_("%(n)s points down on the week before", n=points))
