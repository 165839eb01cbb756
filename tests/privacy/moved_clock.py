"""Time that passes: every time in the database goes back by so much, as the database's own clock cannot be moved."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Executable, Table, select, update

from signup.ground.db import Base, db
from signup.ground.dialect import Instant
from tests.ledger.cast import tamper

Rows = dict[str, list[tuple[Any, ...]]]


def pass_time(by: timedelta, *names: str) -> None:
    """Let time pass for these tables, or for all."""
    db.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if not names or table.name in names]
    tamper(*[moved for table in tables for moved in _moved(table, by)])
    db.session.expire_all()


def _moved(table: Table, by: timedelta) -> Iterator[Executable]:
    """In Python: SQLite keeps times as text."""
    columns = [column for column in table.columns if isinstance(column.type, Instant)]
    for row in db.session.execute(select(table)).mappings().all() if columns else ():
        values = {column.name: row[column.name] - by for column in columns if row[column.name]}
        yield update(table).where(*(key == row[key.name] for key in table.primary_key.columns)).values(values)


def everything() -> Rows:
    """Every row of every table, as it is."""
    db.session.rollback()
    return {
        table.name: sorted(map(tuple, db.session.execute(select(table)).all()), key=repr)
        for table in Base.metadata.sorted_tables
    }


def gone(before: Rows, after: Rows) -> Rows:
    """The rows that were there and are not any more, or not as they were, by table."""
    found = {name: [row for row in before[name] if row not in after[name]] for name in before}
    return {name: rows for name, rows in found.items() if rows}
