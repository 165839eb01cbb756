"""What the contact database is for: one main objective, at most two more, in their order; every choice stays dated.

The shape of the row is the rule: there is one place for the main objective and two for the others.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.ground.db import Base, db
from signup.ground.dialect import now


class Objective(StrEnum):
    """Why somebody builds a contact database."""

    COMMUNICATE = "communicate"
    PROSPECT = "prospect"
    SELL = "sell"
    LOYALTY = "loyalty"
    SELL_MORE = "sell-more"
    """Sell more to who buys already."""
    OWN = "own"


class Audience(StrEnum):
    """Whom it is about."""

    PEOPLE = "people"
    COMPANIES = "companies"
    MIXED = "mixed"


_KNOWN = ", ".join(repr(one.value) for one in Objective)
_WHOM = ", ".join(repr(one.value) for one in Audience)


class ChosenObjectives(Base):
    """One choice of objectives. The newest holds; none is changed or deleted."""

    __tablename__ = "purpose"
    __table_args__ = (
        CheckConstraint(f"main IN ({_KNOWN})", name="main"),
        CheckConstraint(f"second IN ('', {_KNOWN}) AND second <> main", name="second"),
        CheckConstraint(
            f"third IN ('', {_KNOWN}) AND third <> main AND (third = '' OR (second <> '' AND third <> second))",
            name="third",
        ),
        CheckConstraint(f"audience IN ({_WHOM})", name="audience"),
        CheckConstraint("own <> '' OR 'own' NOT IN (main, second, third)", name="own_is_named"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    main: Mapped[str] = mapped_column(String(20))
    second: Mapped[str] = mapped_column(String(20), default="")
    third: Mapped[str] = mapped_column(String(20), default="")
    own: Mapped[str] = mapped_column(String(120), default="", comment="an objective of their own, in their words")
    audience: Mapped[str] = mapped_column(String(12))
    actor: Mapped[str] = mapped_column(String(254), comment="the operator's address, or 'console'")
    at: Mapped[datetime] = mapped_column(server_default=now())

    @property
    def ranked(self) -> list[str]:
        """The objectives, the main one first."""
        return [name for name in (self.main, self.second, self.third) if name]


def purpose() -> ChosenObjectives | None:
    """What holds now; None before anybody has chosen."""
    return db.session.scalar(select(ChosenObjectives).order_by(ChosenObjectives.id.desc()).limit(1))


def history() -> list[ChosenObjectives]:
    """Every choice, the newest first."""
    return list(db.session.scalars(select(ChosenObjectives).order_by(ChosenObjectives.id.desc()).limit(100)))


def choose(ranked: list[str], own: str, audience: str, actor: str) -> ChosenObjectives:
    """Write a choice down; the same one again changes nothing. Needs an open transaction.

    The database refuses what is no order of one to three different objectives.
    """
    main, second, third = [*ranked, "", "", ""][:3]
    own = own if Objective.OWN in ranked else ""
    held = purpose()
    if held and (held.ranked, held.own, held.audience) == ([n for n in ranked if n], own, audience):
        return held
    made = ChosenObjectives(main=main, second=second, third=third, own=own, audience=audience, actor=actor)
    db.session.add(made)
    db.session.flush()
    return made
