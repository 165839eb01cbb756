"""The groups of fields that a role does not see. By default every group is seen; administrators always see all.

What follows from it for a query or a page is asked of `scope`.
"""

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.access.operator import Role
from signup.fields.field import FieldGroup
from signup.ground.db import Base, db, upsert

ROLES = (Role.EDITOR, Role.VIEWER)


class HiddenGroup(Base):
    """A group that a role does not see."""

    __tablename__ = "hidden_group"
    __table_args__ = (CheckConstraint(f"role IN ({', '.join(repr(role.value) for role in ROLES)})", name="role"),)
    role: Mapped[str] = mapped_column(String(16), primary_key=True)
    field_group: Mapped[str] = mapped_column(String(12), primary_key=True)


def hidden_from(role: str) -> frozenset[str]:
    """The groups that this role does not see."""
    return frozenset(db.session.scalars(select(HiddenGroup.field_group).where(HiddenGroup.role == role)))


def hide(role: Role, groups: Iterable[str]) -> None:
    """Set the groups that this role does not see to exactly these. Needs an open transaction."""
    db.session.execute(delete(HiddenGroup).where(HiddenGroup.role == role))
    if rows := [{"role": role.value, "field_group": FieldGroup(group).value} for group in sorted(set(groups))]:
        # Two administrators at once: both want it hidden, and one of them is first.
        db.session.execute(upsert(HiddenGroup).values(rows).on_conflict_do_nothing())
