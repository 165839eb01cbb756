"""After some days only the network of an IP address and the family of a browser are kept: enough to tell a stranger's
sign-up from a person's own, too little to find the person.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from signup.access.session import OperatorSession
from signup.consent.coarse_visit import coarse_agent, coarse_ip
from signup.consent.consent_event import SALT_BYTES, ConsentEvent
from signup.ground.db import db
from signup.privacy.old_rows import OldRows
from signup.signups.signup import Signup

PERSONAL_SALT = SALT_BYTES // 2
"""What is left of an event's salt: the rest belongs to the full IP address and browser (`ledger.leaf`)."""
SETTING = "keep_ip_days"


def _has_visit(table: Any) -> ColumnElement[bool]:
    return or_(table.ip.is_not(None), table.agent.is_not(None))


_is_full = func.length(ConsentEvent.salt) == SALT_BYTES
VISITS = (
    OldRows(Signup, Signup.created_at, SETTING, _has_visit(Signup)),
    OldRows(ConsentEvent, ConsentEvent.at, SETTING, _is_full & _has_visit(ConsentEvent)),
    OldRows(OperatorSession, OperatorSession.created_at, SETTING, _has_visit(OperatorSession)),
)


def count_visits() -> int:
    return sum(rows.count() for rows in VISITS)


def coarsen_visits() -> int:
    """The chore. Returns how many rows it shortened."""
    return sum(rows.each(lambda ids, rows=rows: _coarsen(rows.table, ids)) for rows in VISITS)  # type: ignore[misc]  # the loop's own


def _coarsen(table: Any, ids: Sequence[Any]) -> int:
    found = db.session.execute(select(table.id, table.ip, table.agent).where(table.id.in_(ids))).all()
    changed = 0
    for id_, ip, agent in found:
        short = {"ip": coarse_ip(ip), "agent": coarse_agent(agent)}
        mine = update(table).where(table.id == id_)
        if table is ConsentEvent:  # the salt goes with it, also of what was coarse from the beginning
            mine = mine.where(_is_full).values(salt=func.substr(ConsentEvent.salt, 1, PERSONAL_SALT))
        elif (ip, agent) == tuple(short.values()):
            continue
        db.session.execute(mine.values(short), execution_options={"synchronize_session": False})
        changed += 1
    return changed
