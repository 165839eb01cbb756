"""Rows that have just become old, in the order of their ids, some at a time. None is looked at twice.

Ids follow the time, but not exactly: the position moves only behind rows before which none is younger.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, func, select, true

from signup.ground.db import db, transaction
from signup.ground.jobs import stopping
from signup.ground.keep_time import is_due
from signup.privacy import retention_cursor

BATCH = 500


@dataclass(frozen=True)
class OldRows:
    """The rows of one table that were kept for long enough."""

    table: Any
    at: Any
    """The column that says since when."""
    setting: str
    """The name of the setting that says for how long."""
    wanted: ColumnElement[bool]
    """What a row still has, that is to go."""

    @property
    def name(self) -> str:
        return str(self.table.__tablename__)

    def count(self) -> int:
        """How many there are now."""
        old = self._behind(self._start()).where(is_due(self.at, self.setting), self.wanted)
        return db.session.scalar(old.with_only_columns(func.count()).order_by(None)) or 0

    def each(self, work: Callable[[Sequence[Any]], int]) -> int:
        """Let `work` do all of them, batch by batch, each in its own transaction; returns the sum of what it did."""
        after, done = self._start(), 0
        young = db.session.scalar(self._behind(after).where(~is_due(self.at, self.setting)).limit(1))
        while not stopping().is_set():
            with transaction():
                old = self._behind(after).where(is_due(self.at, self.setting), self.wanted).limit(BATCH)
                ids = list(db.session.scalars(old.with_for_update()))
                if not ids:
                    break
                done += work(ids)
                if passed := [id_ for id_ in ids if young is None or id_ < young]:
                    retention_cursor.advance(self.name, passed[-1])
            after = ids[-1]
        return done

    def _behind(self, after: Any) -> Select[Any]:
        mine = self.table.id > after if after is not None else true()
        return select(self.table.id).where(mine).order_by(self.table.id)

    def _start(self) -> Any:
        last = retention_cursor.position(self.name)
        if last is None:
            return None
        return UUID(last) if isinstance(self.table.id.type, Uuid) else int(last)
