"""A transaction is one durable unit of work, also inside another, and also when many want one at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import text

from signup.db import db, driver_connection, transaction


def test_many_writers_lose_no_increment(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(text("INSERT INTO relay (id, failures, reason) VALUES (1, 0, '')"))

    def add(_number: int) -> None:
        with app.app_context(), driver_connection() as connection:
            connection.execute("UPDATE relay SET failures = failures + 1 WHERE id = 1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(200)))
    with app.app_context():
        assert db.session.execute(text("SELECT failures FROM relay")).scalar() == 200


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
