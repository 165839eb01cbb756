"""Finds the change worth most: the step of a form that loses the most confirmations compared with others.

A step is held against the same step of the owner's other forms, or of the period before where those are too few. It
counts only where chance alone would hardly explain it; the one that would bring most confirmations comes first.
"""

from dataclasses import dataclass

from signup.counts.funnel import Funnel
from signup.counts.step import Step
from signup.counts.uplift import UpliftGroup, newcombe

ENOUGH = 100
"""The fewest people at a step, in both forms. With fewer, chance would look like advice."""


@dataclass(frozen=True)
class Passage:
    """The way from one step of `Funnel.reached` to the next: `part` of `whole` went on."""

    name: str
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """The share that went on. None when there is nobody, or more than came: sign-ups without the script have no
        view.
        """
        return self.part / self.whole if self.whole and self.part <= self.whole else None

    @property
    def lost(self) -> int:
        return max(0, self.whole - self.part)


@dataclass(frozen=True)
class AdvisedChange:
    """The passage to improve. `gain` is how many more would confirm at the share that it is compared with."""

    passage: Passage
    against: Passage
    is_other_forms: bool
    gain: float


def passages(funnel: Funnel) -> list[Passage]:
    """The passages to a confirmation. People confirmed without an email count only up to the sign-up."""
    seen, started, mailed, opened = (funnel.n(step) for step in (Step.SEEN, Step.STARTED, Step.MAILED, Step.OPENED))
    return [
        Passage(Step.STARTED, started, seen),
        Passage(Step.SUBMITTED, funnel.submitted, started),
        Passage(Step.MAILED, mailed, funnel.submitted - funnel.single),
        Passage(Step.OPENED, opened, mailed),
        Passage("confirmed", funnel.confirmed - funnel.single, opened),
    ]


def best_change(funnel: Funnel, others: Funnel, before: Funnel) -> AdvisedChange | None:
    """The change worth most. None when no step is clearly worse than elsewhere."""
    found = []
    mine = passages(funnel)
    for place, passage in enumerate(mine):
        later = _later(mine[place + 1 :])
        for is_other_forms, reference in ((True, passages(others)[place]), (False, passages(before)[place])):
            if _is_comparable(passage) and _is_comparable(reference):
                if (
                    newcombe(
                        UpliftGroup(passage.part, passage.whole), UpliftGroup(reference.part, reference.whole)
                    ).high
                    < 0
                ):
                    gain = (reference.part / reference.whole - passage.part / passage.whole) * passage.whole * later
                    found.append(AdvisedChange(passage, reference, is_other_forms, gain))
                break
    return max(found, key=lambda change: change.gain, default=None)


def largest_loss(funnel: Funnel) -> Passage | None:
    """The passage that loses most people, weighed by how many of those who pass it confirm in the end."""
    mine = passages(funnel)
    weighed = [(passage.lost * _later(mine[place + 1 :]), passage) for place, passage in enumerate(mine)]
    known = [pair for pair in weighed if pair[1].share is not None and pair[1].lost]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def _is_comparable(passage: Passage) -> bool:
    return passage.whole >= ENOUGH and passage.share is not None


def _later(rest: list[Passage]) -> float:
    share = 1.0
    for passage in rest:
        share *= 1.0 if passage.share is None else passage.share
    return share
