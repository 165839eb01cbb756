"""How long data are kept, as the settings say it: so many days or months, 0 for ever."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import InstrumentedAttribute

from signup.ground.dialect import now
from signup.ground.urls import settings

MONTH = timedelta(days=365.25 / 12)


def keep_time(setting: str) -> timedelta | None:
    """How long, by the setting of this name, which ends in `_days` or `_months`. None: for ever."""
    count: int = getattr(settings(), setting)
    unit = MONTH if setting.endswith("_months") else timedelta(days=1)
    return count * unit if count else None


def is_due(
    at: ColumnElement[Any] | InstrumentedAttribute[Any], setting: str, *, grace: timedelta = timedelta()
) -> ColumnElement[bool]:
    """Whether what happened `at` was kept for long enough, by the database's clock; never, where it stays for ever."""
    keep = keep_time(setting)
    return false() if keep is None else at < now(grace - keep)
