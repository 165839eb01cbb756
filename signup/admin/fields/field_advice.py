"""The field advisor: each field's cost against its use, and a verdict with the numbers in the sentence."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext
from rapidfuzz.distance import OSA

from signup.admin.fields.cost_rates import rates
from signup.admin.fields.field_cost import FieldCost, compute_cost
from signup.admin.fields.field_use import FieldUse, uses
from signup.admin.frame.formatting import number, percent
from signup.fields.field import Field, active
from signup.fields.field_figure import FieldFigure, figures
from signup.fields.kinds.text import Text
from signup.fields.value import letters_of
from signup.ground.clock import utcnow
from signup.ground.i18n import _

LITTLE = 0.05
"""Filled for less than this share: nobody will miss it."""
REPEATED = 3
"""So many contacts to each different text: it is a catalogue in disguise."""
FEW, MANY = 20, 500
FREE = 3
YOUNG = timedelta(days=30)
VERDICTS: dict[str, Any] = {
    "retire": _("Retire"),
    "merge": _("Merge"),
    "catalogue": _("Make catalogue"),
    "later": _("Ask later"),
    "decide": _("Add a purpose"),
    "keep": _("Keep"),
}
TONES = {"retire": "bad", "merge": "wait", "catalogue": "wait", "later": "wait", "decide": "wait", "keep": "good"}


@dataclass(frozen=True)
class Advice:
    """One field, what uses it, what it costs, and what to do."""

    field: Field
    figure: FieldFigure | None
    use: FieldUse
    cost: FieldCost
    verdict: str
    sentence: str

    @property
    def share(self) -> float | None:
        return self.figure.share if self.figure else None


def advise(language: str) -> list[Advice]:
    """Every active field with its verdict, what to do something about first."""
    known, reckoned, at_rates = active(), figures(), rates()
    found = uses([field.key for field in known])
    advices = []
    for field in known:
        figure, use = reckoned.get(field.key), found[field.key]
        cost = compute_cost(field.key, field.kind, figure, use, at_rates)
        verdict, sentence = _judge(field, figure, use, cost, _twin(field, known, language))
        advices.append(Advice(field, figure, use, cost, verdict, sentence))
    order = list(VERDICTS)
    return sorted(advices, key=lambda one: (order.index(one.verdict), -one.cost.minutes, one.field.position))


def _judge(  # noqa: PLR0911  # one verdict after the other
    field: Field, figure: FieldFigure | None, use: FieldUse, cost: FieldCost, twin: str
) -> tuple[str, str]:
    if figure is None and not use.forms and not use.later:
        if utcnow() - field.created_at > YOUNG and not use.segments:
            return "retire", gettext("Nobody has a value, and no form or segment has used it in 30 days.")
        return "decide" if field.is_undecided else "keep", gettext("Nobody has a value yet, and no form asks for it.")
    share = figure.share if figure else 0.0
    filled = percent(share, 0)
    if share < LITTLE and not use.segments and not _is_young(field, use) and (figure is None or figure.looked >= FEW):
        if use.exports:
            facts = {"filled": filled, "n": number(use.exports)}
            return "retire", gettext(
                "%(filled)s filled, not used in any segment. Exports that included it: %(n)s.", **facts
            )
        return "retire", gettext("%(filled)s filled, never used in a segment or an export.", filled=filled)
    if twin:
        return "merge", gettext(
            "Similar to “%(other)s”: one of the two is enough (%(filled)s filled).", other=twin, filled=filled
        )
    if field.kind == Text.name and figure and _is_repeated(field, figure):
        facts = {"filled": number(figure.filled), "different": number(figure.different)}
        return "catalogue", gettext("%(filled)s people typed only %(different)s different texts.", **facts)
    if use.forms and not use.segments and _is_crowded(use):
        told = gettext(
            "Costs %(lost)s of sign-ups, and no segment uses it: ask for it after confirmation.",
            lost=percent(cost.lost),
        )
        return "later", told
    if field.is_undecided:
        return "decide", gettext("%(filled)s filled, but nobody has said what decision it is for.", filled=filled)
    facts = {"filled": filled, "segments": number(len(use.segments)), "exports": number(use.exports)}
    return "keep", gettext(
        "%(filled)s filled. Segments that use it: %(segments)s, exports that included it: %(exports)s.", **facts
    )


def _is_young(field: Field, use: FieldUse) -> bool:
    """Whether a form has asked it for too short a time to say anything."""
    return bool(use.forms or use.later) and utcnow() - field.created_at < YOUNG


def _is_repeated(field: Field, figure: FieldFigure) -> bool:
    # A name or a number repeats too, and is no catalogue: what is checked or somebody's name is left alone.
    if field.check or field.key in {"first_name", "last_name", "name"}:
        return False
    return figure.filled >= FEW and figure.different <= MANY and figure.filled >= REPEATED * figure.different


def _is_crowded(use: FieldUse) -> bool:
    return any(1 + len(form.version.definition.first_fields) > FREE for form in use.forms)


def _twin(field: Field, known: list[Field], language: str) -> str:
    """The name of an earlier field that is called nearly the same; empty without."""
    mine = letters_of(field.label_in(language))
    for other in known:
        if other.id == field.id:
            return ""
        theirs = letters_of(other.label_in(language))
        if mine == theirs or (min(len(mine), len(theirs)) > FREE and OSA.distance(mine, theirs) <= 1):
            return other.label_in(language)
    return ""
