"""A web process dies between counting a sign-up and storing it: whoever presses again is stored and gets the mail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from signup.ground.db import db
from signup.signups.signup import Signup
from tests import services
from tests.cast import ADA, drain, sign_up
from tests.faults.conftest import World, build_world
from tests.faults.relay import Relay
from tests.faults.service import Service, post, running, wait_until

pytestmark = pytest.mark.faults

WAITING = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture(params=["redis", "database"])
def world(
    request: pytest.FixtureRequest,
    own_postgresql: str,
    tmp_path: Path,
    relay: Relay,
    redis_server: services.RedisServer,
) -> Iterator[World]:
    """PostgreSQL with a Redis, and without. SQLite counts and stores in one transaction in any case."""
    more = {}
    if request.param == "redis":
        redis_server.start()
        more["broker_url"] = redis_server.url
    yield from build_world(own_postgresql, tmp_path, smtp_url=relay.url, **more)


@contextmanager
def nobody_stores(world: World) -> Iterator[psycopg.Connection]:
    """Whoever writes a contact waits, as on a disk that is slow."""
    url = make_url(world.settings["DATABASE_URL"]).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as locking, psycopg.connect(url, autocommit=True) as looking:
        locking.execute("LOCK TABLE contact IN SHARE MODE")
        yield looking
        locking.rollback()


def test_a_second_press_after_a_crash_is_stored_and_mailed(world: World, relay: Relay) -> None:
    web = Service(world.settings, "web", "--processes", "1")
    answers: list[int] = []
    with running(web):
        web.wait_until_at_work()
        with nobody_stores(world) as connection:
            first = threading.Thread(target=lambda: answers.append(post(world.port, world.form_id, ADA)))
            first.start()
            wait_until(lambda: connection.execute(f"SELECT 1 {WAITING}").fetchone(), 15, "the sign-up waits")
            web.kill()
            connection.execute(f"SELECT pg_terminate_backend(pid, 5000) {WAITING}")
            first.join()
    assert answers == [0]
    assert sign_up(world.app.test_client(), world.form_id, ADA).status_code == 202
    drain(world.app)
    with world.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Signup)) == 1
    assert relay.recipients().count(ADA) == 1
