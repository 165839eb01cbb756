"""The database's clock is spelt once for each engine."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import String, cast, select

from signup.counts import tally
from signup.ground.db import db, is_postgresql
from signup.ground.dialect import POSTGRESQL_CLOCK, SQLITE_CLOCK, now, today_text
from signup.ground.driver_sql import portable

pytestmark = pytest.mark.both_engines

PACKAGE = Path(__file__).parents[2] / "signup"
SPELT = re.compile(r"strftime\('%Y-%m-%d %H:%M:%f', 'now'|date\('now'|now\(\) AT TIME ZONE|now\(\) [+-] make_interval")


def test_every_spelling_of_today_is_the_same_day(app: Flask) -> None:
    written = db.text(portable("SELECT CAST(TODAY() AS TEXT)"))
    assert db.session.scalar(select(today_text() == cast(tally.today(), String)))
    assert db.session.scalar(select(written.columns(db.column("day", String)).scalar_subquery() == today_text()))
    assert db.session.scalar(select(today_text(timedelta(days=-1)) < today_text()))


def test_now_of_hand_written_sql_is_that_of_the_columns(app: Flask) -> None:
    clock = POSTGRESQL_CLOCK if is_postgresql() else SQLITE_CLOCK
    assert str(now().compile(db.engine)) == portable("NOW()") == clock.now
    assert portable("LATER(:ttl)").startswith(clock.later.partition("{}")[0])


def test_only_the_dialect_spells_the_clock() -> None:
    spellings = "".join((*POSTGRESQL_CLOCK, *SQLITE_CLOCK))
    assert len(SPELT.findall(spellings)) == 7
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if SPELT.search(path.read_text())}
    assert found == {"ground/dialect.py"}
