"""Explains a contact's score: the points of each part, and what would bring more. It uses the same SQL as the score."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from signup.audience import quality
from signup.audience.form_questions import kept_keys
from signup.audience.quality import DOUBLE, MAIL, MAIL_PENDING, OTHERWISE, PHONE, POINTS, POST, SOURCE
from signup.contacts.contact import Contact, Standing
from signup.ground.db import db


@dataclass(frozen=True)
class ScorePart:
    """One part of the score."""

    name: str
    points: int
    most: int


@dataclass(frozen=True)
class PossibleGain:
    """A change that would bring points. `what` is a short name; for an answer that is missing `about` is its key."""

    part: str
    what: str
    points: int
    about: str = ""


@dataclass(frozen=True)
class ScoreExplanation:
    """A score; the parts add up to it."""

    score: int
    category: str
    parts: list[ScorePart]
    raises: list[PossibleGain]


def explain(contact_id: int) -> ScoreExplanation | None:
    """The score as it is at this moment; None for nobody."""
    kept = kept_keys()
    of = quality.ingredients(kept, contact_id, contact_id)
    points = [value.label(f"p_{name}") for name, value in quality.parts(of).items()]
    lacks = [quality.answered(key).label(f"k_{n}") for n, key in enumerate(kept)]
    asked = select(*of.c, *points, quality.category(of).label("category"))
    row = db.session.execute(asked).mappings().first()
    if row is None:
        return None
    answers = db.session.execute(select(*lacks).where(Contact.id == contact_id)).first() if lacks else ()
    missing = [key for key, is_there in zip(kept, answers or (), strict=True) if not is_there]
    parts = [ScorePart(name, row[f"p_{name}"], most) for name, most in POINTS.items()]
    raises = sorted(_raises(dict(row), missing), key=lambda one: -one.points)
    return ScoreExplanation(sum(part.points for part in parts), row["category"], parts, raises)


def _raises(row: dict[str, Any], missing: list[str]) -> Iterator[PossibleGain]:
    yield from _reach(row)
    each = max(1, round(POINTS["complete"] / row["wanted"]))
    if not row["has_name"]:
        yield PossibleGain("complete", "name", each)
    for key in missing:
        yield PossibleGain("complete", "answer", each, key)
    if row["p_fresh"] < POINTS["fresh"]:
        yield PossibleGain("fresh", "fresh", POINTS["fresh"] - row["p_fresh"])
    if row["misfits"]:
        yield PossibleGain("consistent", "misfits", POINTS["consistent"] - row["p_consistent"])
    if not row["has_source"]:
        yield PossibleGain("proven", "source", SOURCE)
    if not row["is_double"]:
        yield PossibleGain("proven", "double", DOUBLE - (OTHERWISE if row["is_confirmed"] else 0))


def _reach(row: dict[str, Any]) -> Iterator[PossibleGain]:
    if row["is_suppressed"]:
        yield PossibleGain("reach", "suppressed", MAIL)
    elif row["standing"] == Standing.PENDING:
        yield PossibleGain("reach", "confirm", MAIL - MAIL_PENDING)
    elif row["standing"] != Standing.CONFIRMED:
        yield PossibleGain("reach", "left", MAIL)
    if not row["has_phone"]:
        yield PossibleGain("reach", "phone", PHONE)
    if not row["has_post"]:
        yield PossibleGain("reach", "post", POST)
