"""A rule: a tree of conditions that a contact meets or does not. What it may say is here, its SQL in `rule_sql`.

A condition is true or false, never unknown. What is missing – no answer, or one of another type – meets no condition
but the negative ones and `empty`: every negative operator is the exact opposite of its positive one.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag, model_validator

from signup.fields.kinds.all_kinds import KINDS
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.multi import Multi
from signup.fields.kinds.number import Number
from signup.fields.kinds.text import Text
from signup.fields.operator import MAX_VALUES, WITH_DAY, WITH_DAYS, WITH_VALUES, Op

MAX_DEPTH = 4
MAX_CONDITIONS = 40
MAX_DAYS = 3660
MAX_TIMES = 1000


class SubjectKind(StrEnum):
    """What sort of thing a condition asks about, when it is no kind of answer (`fields.kinds`)."""

    INSTANT = "instant"
    """A moment that we noted; days are UTC days."""
    HAPPENED = "happened"
    SUBSCRIPTION = "subscription"
    FLAG = "flag"


OPS: dict[str, tuple[Op, ...]] = {
    **{kind.name: kind.operators for kind in KINDS.values() if not kind.compared_as},
    SubjectKind.INSTANT: (Op.SINCE, Op.BEFORE, Op.IN_LAST, Op.NOT_IN_LAST, Op.FILLED, Op.EMPTY),
    SubjectKind.HAPPENED: (Op.HAPPENED, Op.NEVER),
    SubjectKind.SUBSCRIPTION: (Op.ANY_OF, Op.NONE_OF, Op.FILLED, Op.EMPTY),
    SubjectKind.FLAG: (Op.YES, Op.NO),
}

COMPANY = {
    "company": Text.name,
    "company_domain": Text.name,
    "company_country": Choice.name,
    "company_region": Choice.name,
    "company_size": Choice.name,
    "company_age": Choice.name,
    "company_activity": Text.name,
    "company_form": Choice.name,
    "company_function": Choice.name,
}
FIXED = {
    "address": Text.name,
    "name": Text.name,
    "language": Choice.name,
    "source": Text.name,
    "standing": Choice.name,
    "created": SubjectKind.INSTANT,
    "confirmed": SubjectKind.INSTANT,
    "last_event": SubjectKind.INSTANT,
    "suppressed": SubjectKind.FLAG,
    "tag": Multi.name,
    "region": Choice.name,
    "quality": Number.name,
    "category": Choice.name,
    "grade": Choice.name,
} | COMPANY
ASKED_OF_LISTS = {"address", "name", "language", "standing", "created", "confirmed", "last_event"} | {
    "answer",
    "list",
    "event",
    "consent",
}
"""What who works with some lists may ask: what was given to them, and what happened on them."""
PREFIXES = {"list": SubjectKind.SUBSCRIPTION, "event": SubjectKind.HAPPENED, "consent": SubjectKind.HAPPENED}


class Subject(NamedTuple):
    """What a condition asks about: `address`; `answer`, `choice`, `colour`; `list`, …, `3`; `event`, …, `sent`."""

    room: str
    kind: str
    """A `SubjectKind`, or the name of a kind of answers."""
    name: str = ""


def subject_of(text: str) -> Subject:
    """`address`, `answer:choice:colour`, `list:3`, `event:sent`, `consent:confirmed`. Raises `ValueError`."""
    room, _colon, name = text.partition(":")
    if not name and room in FIXED:
        return Subject(room, FIXED[room])
    if name and room in PREFIXES and (room != "list" or name.isdecimal()):
        return Subject(room, PREFIXES[room], name)
    kind, _colon, key = name.partition(":")
    if room == "answer" and key and kind in KINDS and not KINDS[kind].compared_as:
        return Subject(room, kind, key)
    raise ValueError(f"nothing is known as {text[:60]!r}")


Operand = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]


class Condition(BaseModel):
    """One question about a contact. Which of `value`, `values`, `times` and `days` it takes, its operator says."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    subject: Annotated[str, StringConstraints(pattern=r"^[a-z_]+(:[a-z0-9_-]{1,60}){0,2}$", max_length=120)]
    op: Op
    value: Operand = ""
    values: Annotated[tuple[Operand, ...], Field(max_length=MAX_VALUES)] = ()
    times: Annotated[int, Field(ge=1, le=MAX_TIMES)] = 1
    days: Annotated[int | None, Field(ge=1, le=MAX_DAYS)] = None
    """In the last so many days; of something that happened, None means ever."""

    @model_validator(mode="after")
    def _check(self) -> "Condition":
        kind = subject_of(self.subject).kind
        if self.op not in OPS[kind]:
            raise ValueError(f"{self.subject} cannot be asked {self.op}")
        if self.op in WITH_VALUES and not self.values:
            raise ValueError("choose at least one")
        if self.op in WITH_DAYS and self.days is None:
            raise ValueError("say how many days")
        if self.op in WITH_DAY:
            self._check_day()
        if kind in KINDS:
            KINDS[kind].check_operand(self.op, self.value)
        return self

    def _check_day(self) -> None:
        # `fromisoformat` also reads 20260131 and weeks; days are compared as texts.
        if date.fromisoformat(self.value).isoformat() != self.value:
            raise ValueError("write the day as 2026-01-31")


def _tag(node: Any) -> str:
    is_condition = "subject" in node if isinstance(node, dict) else isinstance(node, Condition)
    return "condition" if is_condition else "group"


class ConditionGroup(BaseModel):
    """Conditions of which all, any or none must hold. Without conditions, `all` and `none` hold for everyone."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    match: Literal["all", "any", "none"] = "all"
    rules: tuple[
        Annotated[
            Annotated[Condition, Tag("condition")] | Annotated["ConditionGroup", Tag("group")],
            Discriminator(_tag),
        ],
        ...,
    ] = ()

    @model_validator(mode="after")
    def _check(self) -> "ConditionGroup":
        if _depth(self) > MAX_DEPTH:
            raise ValueError(f"groups may stand in each other {MAX_DEPTH} deep")
        if sum(1 for _each in conditions_in(self)) > MAX_CONDITIONS:
            raise ValueError(f"a rule has at most {MAX_CONDITIONS} conditions")
        return self


def parse(content: Any) -> ConditionGroup:
    """A stored or typed tree as a rule. Raises `ValueError` (pydantic's, with the place of each mistake)."""
    return ConditionGroup.model_validate(content)


def to_content(rule: ConditionGroup) -> dict[str, Any]:
    """The tree as it is stored: without what was left at its default."""
    return rule.model_dump(mode="json", exclude_defaults=True)


def conditions_in(rule: ConditionGroup) -> Iterator[Condition]:
    """Every condition of the tree, from first to last."""
    for node in rule.rules:
        if isinstance(node, ConditionGroup):
            yield from conditions_in(node)
        else:
            yield node


def _depth(rule: ConditionGroup) -> int:
    return 1 + max((_depth(node) for node in rule.rules if isinstance(node, ConditionGroup)), default=0)


Rule = ConditionGroup
EVERYONE = ConditionGroup()
