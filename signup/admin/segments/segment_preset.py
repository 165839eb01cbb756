"""Segments to start from: each has a name, what it is for, and a rule that can be changed."""

from dataclasses import dataclass
from typing import Any

from signup.admin.frame.route_subject import may_ask
from signup.audience.rule import Condition, ConditionGroup
from signup.fields.operator import Op
from signup.ground.i18n import _

QUIET_DAYS, NEW_DAYS = 180, 30


@dataclass(frozen=True)
class SegmentPreset:
    """A segment as it is proposed."""

    name: Any
    description: Any
    rule: ConditionGroup


def _sizes(*bands: str) -> ConditionGroup:
    return _all(Condition(subject="company_size", op=Op.ANY_OF, values=bands))


def _all(*conditions: Condition) -> ConditionGroup:
    return ConditionGroup(rules=conditions)


CONFIRMED = Condition(subject="standing", op=Op.ANY_OF, values=("confirmed",))
PRESETS: dict[str, SegmentPreset] = {
    "firms-1-9": SegmentPreset(
        _("Companies with 1 to 9 employees"),
        _("The person who replies decides: keep it short, with one ready-made offer and one price."),
        _sizes("1", "2-9"),
    ),
    "firms-10-49": SegmentPreset(
        _("Companies with 10 to 49 employees"),
        _("A few people decide together: give examples from their industry."),
        _sizes("10-49"),
    ),
    "firms-50-249": SegmentPreset(
        _("Companies with 50 to 249 employees"),
        _("Purchasing asks for quotes: give figures and references."),
        _sizes("50-249"),
    ),
    "firms-250": SegmentPreset(
        _("Companies with 250 employees or more"),
        _("Several departments and a tender: write to each job function separately."),
        _sizes("250-499", "500+"),
    ),
    "newcomers": SegmentPreset(
        _("New in the last 30 days"),
        _("They have just signed up: welcome them while they remember you."),
        _all(CONFIRMED, Condition(subject="created", op=Op.IN_LAST, days=NEW_DAYS)),
    ),
    "quiet": SegmentPreset(
        _("Confirmed, and inactive for six months"),
        _("Win them back, or stop writing to them."),
        _all(CONFIRMED, Condition(subject="last_event", op=Op.NOT_IN_LAST, days=QUIET_DAYS)),
    ),
    "prospects": SegmentPreset(
        _("Prospects"),
        _("They took an incentive but have not bought anything yet."),
        _all(Condition(subject="category", op=Op.ANY_OF, values=("prospect",))),
    ),
    "past-customers": SegmentPreset(
        _("Past customers"),
        _("Their last order was more than two years ago."),
        _all(Condition(subject="category", op=Op.ANY_OF, values=("past_customer",))),
    ),
}


def presets() -> dict[str, SegmentPreset]:
    """Those that whoever asks may start from."""
    return {name: preset for name, preset in PRESETS.items() if may_ask(preset.rule)}
