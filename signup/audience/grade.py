"""The grade of a contact – A, B, C or what the operator calls them – by rule or by hand. By hand beats by rule.

A rule is a segment: the first grade whose segment somebody is in is theirs. Every change is kept.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, ForeignKey, Index, String, case, delete, insert, literal, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.audience.quality import Quality
from signup.audience.rule_sql import rule_condition
from signup.audience.segment import Segment
from signup.contacts.contact import Contact
from signup.ground.db import Base, db
from signup.ground.dialect import now

MAX_GRADE = 8
MAX_GRADES = 6
LETTERS = ("A", "B", "C")
BY_RULE, BY_HAND = "rule", "hand"


class GradeRule(Base):
    """One grade of the scheme, and the segment whose people have it. Without a segment it is given by hand only."""

    __tablename__ = "grade_rule"
    grade: Mapped[str] = mapped_column(String(MAX_GRADE), primary_key=True)
    place: Mapped[int] = mapped_column(comment="the first that fits wins")
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segment.id"))


class GradeChange(Base):
    """A grade that somebody had from this moment on. Never changed; goes with the contact."""

    __tablename__ = "grade_change"
    __table_args__ = (Index("ix_grade_change_contact_id", "contact_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    grade: Mapped[str] = mapped_column(String(MAX_GRADE), comment="empty: none any more")
    by: Mapped[str] = mapped_column(String(4), comment="rule or hand")
    operator_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200), default="", server_default="")
    at: Mapped[datetime] = mapped_column(server_default=now())


class GradeStep(NamedTuple):
    """One line of the scheme: the grade and its segment."""

    grade: str
    segment: Segment | None


def scheme() -> list[GradeStep]:
    """The grades in their order; A, B and C by hand until somebody says otherwise."""
    query = select(GradeRule.grade, Segment).outerjoin(Segment, Segment.id == GradeRule.segment_id)
    found = [GradeStep(grade, segment) for grade, segment in db.session.execute(query.order_by(GradeRule.place))]
    return found or [GradeStep(letter, None) for letter in LETTERS]


def set_scheme(steps: Sequence[tuple[str, int | None]]) -> None:
    """Replace the scheme. Grades given by hand stay. Needs an open transaction."""
    db.session.execute(delete(GradeRule))
    rows = [{"grade": grade, "place": n, "segment_id": segment} for n, (grade, segment) in enumerate(steps)]
    if rows:
        db.session.execute(insert(GradeRule), rows)


def grade_by_hand(contact_id: int, grade: str, operator_id: int | None, reason: str = "") -> bool:
    """Grade somebody, or with an empty grade leave it to the rules again. Needs an open transaction.

    Returns False where there is nothing to change, or nothing worked out yet.
    """
    mine = (Quality.contact_id == contact_id, (Quality.grade != grade) | (Quality.is_graded_by_hand != bool(grade)))
    changed = update(Quality).where(*mine).values(grade=grade, is_graded_by_hand=bool(grade))
    if db.session.execute(changed.returning(Quality.contact_id)).first() is None:
        return False
    reason = " ".join(reason.split())[:200]
    db.session.add(GradeChange(contact_id=contact_id, grade=grade, by=BY_HAND, operator_id=operator_id, reason=reason))
    if not grade:
        regrade(Contact.id == contact_id)
    return True


def regrade(*which: ColumnElement[bool]) -> None:
    """Let the rules grade these contacts, but whom a hand graded. Needs an open transaction."""
    rules = [(rule_condition(step.segment.version.rule), step.grade) for step in scheme() if step.segment]
    due = case(*rules, else_="") if rules else literal("")
    meant = select(Contact.id.label("contact_id"), due.label("grade")).where(*which).subquery("due")
    differs = (Quality.contact_id == meant.c.contact_id, Quality.is_graded_by_hand.is_(False))
    changes = select(meant.c.contact_id, meant.c.grade, literal(BY_RULE)).select_from(meant)
    changes = changes.join(Quality, Quality.contact_id == meant.c.contact_id)
    changes = changes.where(Quality.is_graded_by_hand.is_(False), Quality.grade != meant.c.grade)
    kept = insert(GradeChange).from_select(["contact_id", "grade", "by"], changes)
    if db.session.execute(kept.returning(GradeChange.id)).first() is None:
        return
    graded = update(Quality).where(*differs, Quality.grade != meant.c.grade).values(grade=meant.c.grade)
    db.session.execute(graded, execution_options={"synchronize_session": False})


def history(contact_id: int, limit: int = 20) -> list[GradeChange]:
    """The grades somebody had, the newest first."""
    query = select(GradeChange).where(GradeChange.contact_id == contact_id).order_by(GradeChange.id.desc())
    return list(db.session.scalars(query.limit(limit)))
