"""Recovery codes: ten codes on paper. Each is valid once instead of the second factor. Stored as keyed hashes."""

import secrets
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from signup.access.operator import Operator
from signup.ground.db import Base, db
from signup.ground.dialect import now
from signup.ground.tokens import keys

COUNT = 10
LENGTH = 12
"""Characters of 32 kinds: 60 bits."""
ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"  # no 0, 1, l, o


class RecoveryCode(Base):
    """A recovery code of an operator, used or not."""

    __tablename__ = "recovery_code"
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    used_at: Mapped[datetime | None]


def new_codes(operator_id: int) -> list[str]:
    """Make ten new codes that replace all earlier ones. Only their hashes are stored. Needs an open transaction."""
    # Twice at once: the second waits here, and ends the first one's codes.
    db.session.execute(select(Operator.id).where(Operator.id == operator_id).with_for_update())
    codes = ["".join(secrets.choice(ALPHABET) for _n in range(LENGTH)) for _code in range(COUNT)]
    forget_codes(operator_id)
    rows = [{"operator_id": operator_id, "code_hash": _hash(operator_id, code)} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)
    return ["-".join(code[n : n + 4] for n in range(0, LENGTH, 4)) for code in codes]


def forget_codes(operator_id: int) -> None:
    """Delete the operator's codes. Needs an open transaction."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))


def use_recovery_code(operator_id: int, typed: str) -> bool:
    """Use a code. False when there is no such code, or it was used before. Needs an open transaction."""
    code = "".join(char for char in typed.lower() if char.isalnum())
    if len(code) != LENGTH:
        return False
    mine = (RecoveryCode.operator_id == operator_id, RecoveryCode.code_hash == _hash(operator_id, code))
    spent = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=now())
    return db.session.execute(spent.returning(RecoveryCode.operator_id)).first() is not None


def codes_left(operator_id: int) -> int:
    query = select(func.count()).where(RecoveryCode.operator_id == operator_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(query) or 0


def _hash(operator_id: int, code: str) -> str:
    return keys().hash(f"recovery:{operator_id}:{code}")
