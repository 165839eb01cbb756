"""Segments to start from: whom many want to reach, each a name, what it is for, and a rule to change at will."""

from dataclasses import dataclass
from typing import Any

from signup.admin.frame.route_subject import may_ask
from signup.audience.rule import Condition, ConditionGroup, Op
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
        _("Firms of 1 to 9 people"),
        _("Who answers decides: short texts, ready offers, one price."),
        _sizes("1", "2-9"),
    ),
    "firms-10-49": SegmentPreset(
        _("Firms of 10 to 49 people"), _("A few decide together: examples from their trade."), _sizes("10-49")
    ),
    "firms-50-249": SegmentPreset(
        _("Firms of 50 to 249 people"), _("Purchasing asks for offers: figures, references."), _sizes("50-249")
    ),
    "firms-250": SegmentPreset(
        _("Firms of 250 people and more"),
        _("Several functions and a tender: write to each by function."),
        _sizes("250-499", "500+"),
    ),
    "newcomers": SegmentPreset(
        _("New in the last 30 days"),
        _("They have just asked for something: welcome them while they remember."),
        _all(CONFIRMED, Condition(subject="created", op=Op.IN_LAST, days=NEW_DAYS)),
    ),
    "quiet": SegmentPreset(
        _("Confirmed, and quiet for half a year"),
        _("Win them back, or stop writing to them."),
        _all(CONFIRMED, Condition(subject="last_event", op=Op.NOT_IN_LAST, days=QUIET_DAYS)),
    ),
    "prospects": SegmentPreset(
        _("Prospects"),
        _("They took something to read, and ordered nothing yet."),
        _all(Condition(subject="category", op=Op.ANY_OF, values=("prospect",))),
    ),
    "past-customers": SegmentPreset(
        _("Past customers"),
        _("Their last order is longer than two years ago."),
        _all(Condition(subject="category", op=Op.ANY_OF, values=("past_customer",))),
    ),
}


def presets() -> dict[str, SegmentPreset]:
    """Those that whoever asks may start from."""
    return {name: preset for name, preset in PRESETS.items() if may_ask(preset.rule)}
