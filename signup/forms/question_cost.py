"""What a form's questions cost in sign-ups: a published benchmark until the form's own figures say better."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from signup.counts.step import Step, StepCount
from signup.forms.form import Definition, FormVersion
from signup.ground.db import db

# Share of visitors who sign up, by the number of visible fields, the e-mail address among them.
BENCHMARK = {1: 0.255, 2: 0.2525, 3: 0.25, 4: 0.225, 5: 0.20, 6: 0.16, 7: 0.12}
FREE = 3
ENOUGH = 200
"""Visitors who saw the form before its own figures count: a fifth that sign up is then known to 6 points (95 %)."""
PHONES = {"phone", "telephone", "mobile", "phone_number"}


class Own(NamedTuple):
    """How many saw a form, and how many of them signed up."""

    seen: int = 0
    signed_up: int = 0

    @property
    def is_enough(self) -> bool:
        return self.seen >= ENOUGH

    @property
    def share(self) -> float:
        return min(1.0, self.signed_up / self.seen)


class Cost(NamedTuple):
    """What more than three visible fields cost, 0 to 1; and this form's own figures, where there are enough."""

    share: float
    is_own: bool = False
    now: Own | None = None
    """With as many visible fields as now."""
    few: Own | None = None
    """With three or fewer."""


def visible(definition: Definition) -> int:
    """How many fields a visitor meets before sending: the address and what is not asked later."""
    return 1 + sum(not field.is_later for field in definition.fields)


def expected_cost(definition: Definition) -> float:
    """The share of sign-ups that more than three visible fields cost by the benchmark, 0 to 1."""
    n = visible(definition)
    return 0.0 if n <= FREE else 1 - BENCHMARK[min(n, max(BENCHMARK))] / BENCHMARK[FREE]


def cost_of(definition: Definition, own: dict[int, Own]) -> Cost:
    """What the questions cost: by the form's own figures where enough people saw it with these and with few."""
    n = visible(definition)
    few = Own(*(sum(row[part] for fields, row in own.items() if fields <= FREE) for part in (0, 1)))
    now = own.get(n, Own())
    own_now, own_few = (figures if figures.is_enough else None for figures in (now, few))
    told = Cost(expected_cost(definition), now=own_now, few=own_few)
    if n <= FREE or not (told.now and told.few and told.few.signed_up):
        return told
    return told._replace(share=max(0.0, 1 - told.now.share / told.few.share), is_own=True)


def own_figures(form_id: int) -> dict[int, Own]:
    """Seen and signed up by the number of visible fields; days on which that number changed are left out."""
    query = select(StepCount.day, StepCount.step, func.sum(StepCount.n)).where(
        StepCount.form_id == form_id, StepCount.step.in_((Step.SEEN, Step.SUBMITTED))
    )
    days: dict[date, dict[str, int]] = {}
    for day, step, n in db.session.execute(query.group_by(StepCount.day, StepCount.step)):
        days.setdefault(day, {})[step] = int(n)
    versions = db.session.scalars(
        select(FormVersion).where(FormVersion.form_id == form_id).order_by(FormVersion.number)
    )
    return by_fields(days, [(version.created_at.date(), visible(version.definition)) for version in versions])


def by_fields(days: dict[date, dict[str, int]], versions: Sequence[tuple[date, int]]) -> dict[int, Own]:
    """Each day's steps added to the number of fields that every version of that day showed.

    `versions` are the day on which each was published and its number of fields, the oldest first.
    """
    found: dict[int, Own] = {}
    for day, steps in days.items():
        before = [n for since, n in versions if since < day][-1:]
        shown = {*before, *(n for since, n in versions if since == day)}
        if len(shown) == 1:
            n = shown.pop()
            seen, signed_up = found.get(n, Own())
            found[n] = Own(seen + steps.get(Step.SEEN, 0), signed_up + steps.get(Step.SUBMITTED, 0))
    return found


def asks_phone(definition: Definition) -> bool:
    """Whether a telephone number is among the visible questions: it costs a quarter to two fifths by itself."""
    return any(field.key in PHONES and not field.is_later for field in definition.fields)
