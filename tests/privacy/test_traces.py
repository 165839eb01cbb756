"""SQLite leaves copies of moved rows in the gaps of its pages. After an erasure they are gone, in files of any size."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from signup.consent.erasure import Erasure
from signup.ground.db import BUSY_TIMEOUT_MS, db, transaction
from signup.ground.driver_sql import driver_connection
from signup.ground.jobs import Beat
from signup.privacy import traces

pytestmark = pytest.mark.one_engine


@pytest.fixture
def database(app: Flask) -> Path:
    if not (path := db.engine.url.database) or db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has autovacuum")
    return Path(path)


@pytest.fixture
def words(database: Path) -> Iterator[list[str]]:
    """Words that were deleted, after some of them had moved from page to page; somebody was erased with them."""
    chance = random.Random(3)
    made = [f"quam{chance.randrange(10**6):06d}x{n:05d}" for n in range(6000)]
    connection = _opened(database)
    connection.execute("CREATE TABLE moved (id INTEGER PRIMARY KEY, word TEXT, more TEXT)")
    connection.execute("CREATE INDEX moved_word ON moved (word)")
    with connection:
        connection.execute("BEGIN")
        for word in made:
            connection.execute("INSERT INTO moved (word, more) VALUES (?, ?)", (word, "y" * chance.randrange(60)))
        for word in chance.sample(made, 2400):
            connection.execute("UPDATE moved SET word = word || 'z', more = more || 'abc' WHERE word = ?", (word,))
    with connection:
        connection.execute("BEGIN")
        for word in made[:3000]:
            connection.execute("DELETE FROM moved WHERE word IN (?, ? || 'z')", (word, word))
    with transaction():
        db.session.add(Erasure(address_hash="0" * 32))
    yield made[:3000]
    connection.execute("DROP TABLE moved")
    connection.close()


def _opened(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA secure_delete=ON")
    return connection


def wait(milliseconds: int) -> None:
    """How long the connection that the pool hands out next waits for others."""
    with driver_connection(writes=False) as connection:
        connection.execute(f"PRAGMA busy_timeout={milliseconds}")


def left(database: Path, words: list[str]) -> list[str]:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = database.read_bytes()
    return [word for word in words if word.encode() in content]


def test_a_small_file_is_rewritten_at_once(database: Path, words: list[str]) -> None:
    assert left(database, words)
    traces.wipe()
    assert left(database, words) == []


def test_a_large_file_is_rewritten_by_the_chore_once_a_day(
    database: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "SMALL", 0)
    traces.wipe()
    assert left(database, words)
    traces.tend()
    assert left(database, words) == []
    at = db.session.scalar(select(Beat.at).where(Beat.name == traces.REWRITE))
    db.session.rollback()
    with transaction():
        db.session.add(Erasure(address_hash="1" * 32))
    traces.tend()
    assert db.session.scalar(select(Beat.at).where(Beat.name == traces.REWRITE)) == at


def test_a_writer_who_is_slow_puts_the_rewrite_off(database: Path, words: list[str]) -> None:
    wait(50)
    slow = _opened(database)
    slow.execute("BEGIN IMMEDIATE")
    traces.wipe()
    slow.execute("ROLLBACK")
    slow.close()
    wait(BUSY_TIMEOUT_MS)
    assert left(database, words)
    traces.tend()
    assert left(database, words) == []
