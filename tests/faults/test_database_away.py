"""The database is away: whoever sends a form keeps what was typed, and the first ones after the outage are served."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from signup.contacts.contact import Contact
from signup.ground import db as database
from signup.ground.db import db
from signup.mailer import lease, outbox
from signup.mailer.message import Message, MessageState
from tests import services
from tests.cast import BLOG, drain, sign_up
from tests.faults.conftest import World, build_world
from tests.faults.relay import Relay
from tests.faults.service import let_pass

pytestmark = pytest.mark.faults

LEASE = 60
RENEWED_EVERY = 20
POOLED = 6


@pytest.fixture
def world(own_database: str, tmp_path: Path, relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """On SQLite nobody waits long for a lock here."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    yield from build_world(own_database, tmp_path, smtp_url=relay.url)


def outage(world: World) -> AbstractContextManager[None]:
    """PostgreSQL ends every connection and takes no new one; SQLite's file is locked by somebody else."""
    url = make_url(world.settings["DATABASE_URL"])
    return closed(url.database or "") if url.drivername.startswith("postgresql") else locked(url.database or "")


@contextmanager
def closed(name: str) -> Iterator[None]:
    with server() as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        end_connections(connection, name)
        try:
            yield
        finally:
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))


@contextmanager
def locked(path: str) -> Iterator[None]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()


def server() -> psycopg.Connection:
    url = make_url(services.postgresql_url()).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


def end_connections(connection: psycopg.Connection, name: str) -> None:
    connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])


def send_form(client: FlaskClient, form_id: str, address: str) -> TestResponse:
    """As the browser of somebody on the blog does."""
    typed = {"email": address, "first_name": "Ada & Söhne", "interests": "privacy", "consent": "on"}
    return client.post(f"/f/{form_id}", data=typed, headers={"Origin": BLOG})


def fill_pool(world: World) -> None:
    """Several visitors at once, so that several connections wait in the pool."""
    barrier = threading.Barrier(POOLED)

    def visit() -> None:
        with world.app.app_context():
            db.session.execute(select(func.count(Contact.id)))
            barrier.wait(10)
            db.session.remove()

    threads = [threading.Thread(target=visit) for _i in range(POOLED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def count(world: World) -> int:
    with world.app.app_context():
        return db.session.scalar(select(func.count(Contact.id))) or 0


def test_what_was_typed_is_still_on_the_page_and_the_next_ones_after_the_outage_are_stored(world: World) -> None:
    client = world.app.test_client()
    assert send_form(client, world.form_id, "before@example.org").status_code == 303
    fill_pool(world)
    with outage(world):
        page = send_form(client, world.form_id, "during@example.org")
        problem = sign_up(client, world.form_id, "during-json@example.org")
    for answer in (page, problem):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
    text = page.get_data(as_text=True)
    assert 'value="during@example.org"' in text
    assert 'value="Ada &amp; Söhne"' in text
    assert text.count("checked") == 2  # an interest, and the consent
    assert problem.mimetype == "application/problem+json"
    assert (problem.json or {})["status"] == 503
    for number in range(POOLED):
        assert sign_up(client, world.form_id, f"after-{number}@example.org").status_code == 202
    assert send_form(client, world.form_id, "during@example.org").status_code == 303
    assert count(world) == 1 + POOLED + 1


def test_who_sends_again_after_the_outage_is_not_taken_for_a_repeat_by_the_governor(
    own_postgresql: str, tmp_path: Path, relay: Relay, redis_server: services.RedisServer
) -> None:
    redis_server.start()
    for world in build_world(own_postgresql, tmp_path, smtp_url=relay.url, broker_url=redis_server.url):
        client = world.app.test_client()
        assert send_form(client, world.form_id, "before@example.org").status_code == 303
        with outage(world):
            assert send_form(client, world.form_id, "during@example.org").status_code == 503
        assert send_form(client, world.form_id, "during@example.org").status_code == 303
        assert count(world) == 2


def test_a_form_that_nobody_opened_yet_is_a_503_and_not_a_404(world: World) -> None:
    client = world.app.test_client()
    with outage(world):
        write = sign_up(client, world.form_id, "early@example.org")
    assert (write.status_code, write.headers["Retry-After"]) == (503, "5")
    assert client.get(f"/f/{world.form_id}").status_code == 200


def test_a_restart_between_two_visits_is_noticed_by_nobody(own_postgresql: str, tmp_path: Path, relay: Relay) -> None:
    for world in build_world(own_postgresql, tmp_path, smtp_url=relay.url):
        client = world.app.test_client()
        assert sign_up(client, world.form_id, "before@example.org").status_code == 202
        fill_pool(world)
        with server() as connection:
            end_connections(connection, make_url(own_postgresql).database or "")
        for number in range(2 * POOLED):
            assert sign_up(client, world.form_id, f"after-{number}@example.org").status_code == 202
        assert count(world) == 1 + 2 * POOLED


def test_mails_that_were_being_sent_when_it_went_are_sent_when_it_is_back(
    world: World, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = world.app.test_client()
    for number in range(10):
        assert sign_up(client, world.form_id, f"visitor-{number}@example.org").status_code == 202
    step = outbox.step

    def go_away_after_the_third(*given: object) -> bool:
        if len(relay.taken) == 3:
            with outage(world):
                return step(*given)  # type: ignore[arg-type]
        return step(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "step", go_away_after_the_third)
        with pytest.raises((OperationalError, psycopg.OperationalError, sqlite3.OperationalError)):
            drain(world.app)
    with world.app.app_context():
        # The process lives on and keeps its chores: what the broken thread held must not stay its own for ever.
        for _beat in range(LEASE // RENEWED_EVERY + 1):
            let_pass(RENEWED_EVERY)
            lease.renew_leases()
        lease.sweep()
    drain(world.app)
    with world.app.app_context():
        states = db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all()
    assert states == [(MessageState.SENT, 10)]
    assert sum(relay.copies().values()) <= 10 + 1
