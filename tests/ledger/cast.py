"""What a check of the ledger says, and a hand that writes into the database past every guard."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Executable, bindparam, text, update

from signup.consent.consent_event import ConsentEvent
from signup.ground.db import db, is_postgresql, transaction
from signup.ledger.verify import Verification


def problems(**more: Any) -> list[str]:
    """What a check of the whole ledger says, in words."""
    ages = {"coarse_after": timedelta(days=30), "audit_after": timedelta(days=3 * 365)} | more
    return [str(problem) for problem in Verification(**ages).problems()]


def tamper(*statements: Executable, values: Any = None) -> None:
    """Change the database as somebody who owns it: no trigger sees it."""
    with transaction():
        if is_postgresql():
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
        guards = [] if is_postgresql() else _drop_guards()
        for statement in statements:
            db.session.execute(statement, values, execution_options={"synchronize_session": False})
        for guard in guards:
            db.session.connection().exec_driver_sql(guard)


def tamper_each(column: str, rows: list[dict[str, Any]]) -> None:
    """Set a column of many events, each to a value of its own."""
    mine = update(ConsentEvent.__table__).where(ConsentEvent.id == bindparam("mine"))  # type: ignore[arg-type]  # a table
    statement = mine.values({column: bindparam("value")})
    tamper(statement, values=[{"mine": row["id"], "value": row[column]} for row in rows])


def _drop_guards() -> list[str]:
    guards = db.session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _sql in guards:
        db.session.execute(text(f"DROP TRIGGER {name}"))
    return [sql for _name, sql in guards]
