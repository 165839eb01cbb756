"""What an operator holds: role, rights and lists. The last administrator cannot lose the role."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import aliased

from signup.access.grant import grant, grants_of
from signup.access.operator import Operator, Role
from signup.ground.db import db
from signup.ground.dialect import now


@dataclass(frozen=True)
class Rights:
    """What an administrator decides about an operator."""

    role: Role
    may_export: bool = False
    may_import: bool = False
    may_send: bool = False
    every_list: bool = False
    lists: frozenset[int] = frozenset()
    disabled: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for inputs and for the audit trail."""
        return asdict(self) | {"role": self.role.value, "lists": sorted(self.lists)}


def rights_of(operators: list[Operator]) -> dict[int, Rights]:
    """The rights of these operators, by their ids."""
    lists = grants_of([one.id for one in operators])
    return {
        one.id: Rights(
            Role(one.role),
            one.may_export,
            one.may_import,
            one.may_send,
            one.every_list,
            lists.get(one.id, frozenset()),
            one.disabled_at is not None,
        )
        for one in operators
    }


def change_rights(operator: Operator, rights: Rights) -> bool:
    """Set an operator's rights. False where no administrator who can sign in would remain. Needs an open transaction.

    A trigger of the database refuses the same to whoever goes past this function.
    """
    other = aliased(Operator)
    # Two administrators who demote each other at once: the lock makes the second see what the first did.
    db.session.execute(
        select(Operator.id).where(Operator.role == Role.ADMINISTRATOR).order_by(Operator.id).with_for_update()
    )
    query = update(Operator).where(Operator.id == operator.id)
    if rights.disabled or rights.role != Role.ADMINISTRATOR:
        someone_else = select(other.id).where(
            other.id != operator.id,
            other.role == Role.ADMINISTRATOR,
            other.disabled_at.is_(None),
            other.password_hash.is_not(None),
        )
        query = query.where(
            or_(Operator.role != Role.ADMINISTRATOR, Operator.disabled_at.is_not(None), someone_else.exists())
        )
    own = {name: getattr(rights, name) for name in ("may_export", "may_import", "may_send", "every_list")}
    values = {"role": rights.role, "disabled_at": now() if rights.disabled else None, **own}
    changed = db.session.execute(
        query.values(values).returning(Operator.id), execution_options={"synchronize_session": False}
    )
    found = changed.first() is not None
    if found:
        grant(operator.id, rights.lists)
    db.session.expire(operator)
    return found
