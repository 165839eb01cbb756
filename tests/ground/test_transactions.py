"""A transaction is one durable unit of work, also inside another, and also when many want one at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text

from signup.ground.db import db, transaction
from signup.ground.driver_sql import driver_connection

pytestmark = pytest.mark.both_engines

MANY = 40


def test_many_writers_lose_no_increment(app: Flask) -> None:
    with transaction():
        db.session.execute(text("INSERT INTO relay (id, failures, reason) VALUES (1, 0, '')"))

    def add(_number: int) -> None:
        with app.app_context(), driver_connection() as connection:
            connection.execute("UPDATE relay SET failures = failures + 1 WHERE id = 1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(200)))
    assert db.session.execute(text("SELECT failures FROM relay")).scalar() == 200


def test_more_writers_than_connections_all_have_their_turn(make_app: Callable[..., Flask]) -> None:
    app = make_app(database_pool="3")
    with transaction():
        db.session.execute(text("INSERT INTO relay (id, failures, reason) VALUES (1, 0, '')"))
    add = "UPDATE relay SET failures = failures + 1 WHERE id = 1"

    def write(number: int) -> None:
        with app.app_context():
            if number % 2:
                with transaction():
                    db.session.execute(text(add))
            else:
                with driver_connection(durable=number % 4 == 0) as connection:
                    connection.execute(add)

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(write, range(10 * MANY)))
    assert db.session.execute(text("SELECT failures FROM relay")).scalar() == 10 * MANY


def test_what_need_not_be_durable_leaves_the_next_one_durable(context: Flask) -> None:
    ask = "PRAGMA synchronous" if db.engine.dialect.name == "sqlite" else "SHOW synchronous_commit"
    with driver_connection() as connection:
        before = connection.execute(ask).fetchone()
    with driver_connection(durable=False) as connection:
        assert connection.execute(ask).fetchone() != before or before == ("off",)
    with driver_connection() as connection:
        assert connection.execute(ask).fetchone() == before


def test_an_error_leaves_nothing_behind(context: Flask) -> None:
    def fail_in_the_middle() -> None:
        with transaction():
            db.session.execute(text("INSERT INTO relay (id, failures, reason) VALUES (1, 0, '')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    assert db.session.execute(text("SELECT count(*) FROM relay")).scalar() == 0


def test_a_transaction_inside_another_does_not_wait_for_itself(context: Flask) -> None:
    with transaction(), transaction():
        db.session.execute(text("INSERT INTO relay (id, failures, reason) VALUES (1, 0, '')"))
    assert db.session.execute(text("SELECT count(*) FROM relay")).scalar() == 1


def test_a_transaction_that_was_left_open_is_not_handed_on(make_app: Callable[..., Flask]) -> None:
    make_app(database_pool="1")
    with driver_connection(writes=False) as connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO relay (id, failures, reason) VALUES (1, 0, '')")
    with driver_connection() as connection:
        connection.execute("INSERT INTO relay (id, failures, reason) VALUES (2, 0, '')")
    assert db.session.scalars(text("SELECT id FROM relay")).all() == [2]
