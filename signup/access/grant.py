"""The mailing lists that an operator works with: all of them, or those that were granted one by one. Default: none."""

from collections.abc import Iterable

from sqlalchemy import ForeignKey, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from signup.access.operator import Operator, Role
from signup.ground.db import Base, db


class ListGrant(Base):
    """A list that an operator may work with."""

    __tablename__ = "list_grant"
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("mailing_list.id"), primary_key=True, index=True)


def granted(operator: Operator) -> frozenset[int] | None:
    """The ids of the operator's lists. None: every list, future ones too."""
    if operator.role == Role.ADMINISTRATOR or operator.every_list:
        return None
    return grants_of([operator.id]).get(operator.id, frozenset())


def grants_of(operator_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """The lists that were granted one by one, by operator."""
    found: dict[int, set[int]] = {}
    query = select(ListGrant.operator_id, ListGrant.list_id).where(ListGrant.operator_id.in_(list(operator_ids)))
    for operator_id, list_id in db.session.execute(query):
        found.setdefault(operator_id, set()).add(list_id)
    return {operator_id: frozenset(lists) for operator_id, lists in found.items()}


def grant(operator_id: int, list_ids: Iterable[int]) -> None:
    """Set the operator's lists to exactly these. Needs an open transaction."""
    db.session.execute(delete(ListGrant).where(ListGrant.operator_id == operator_id))
    if rows := [{"operator_id": operator_id, "list_id": list_id} for list_id in sorted(set(list_ids))]:
        db.session.execute(insert(ListGrant), rows)
