"""What every fault test stands on: a service of its own – database, relay, Redis – that nobody else would miss."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from signup.app import create_app
from signup.ground.config import Settings
from signup.ground.db import close_connections
from tests import services
from tests.cast import make_form
from tests.databases import ENGINES
from tests.faults.relay import Relay
from tests.faults.service import environment


@dataclass
class World:
    """One service: its settings as environment, and an application in this process that sees the same rows."""

    settings: dict[str, str]
    app: Flask
    form_id: str

    @property
    def port(self) -> int:
        return int(self.settings["SIGNUP_PORT"])


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    relay.start()
    yield relay
    relay.stop()


@pytest.fixture
def redis_server() -> Iterator[services.RedisServer]:
    """A Redis of the test's own, not started yet."""
    server = services.RedisServer()
    yield server
    server.kill()


@pytest.fixture
def own_postgresql(migrated_postgresql: str) -> Iterator[str]:
    """A migrated database that the test may close to everybody."""
    server, name = services.postgresql_url(), f"signup_fault_{os.getpid()}_{uuid4().hex[:8]}"
    yield services.create_database(server, name, template=make_url(migrated_postgresql).database)
    services.drop_database(server, name)


@pytest.fixture(params=ENGINES)
def own_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of the test's own, on one of the engines."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("own_postgresql")
        return url
    path = tmp_path / "signup.db"
    shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def world(own_database: str, tmp_path: Path, relay: Relay) -> Iterator[World]:
    """On PostgreSQL its workers are rung over a Redis of their own; on SQLite nothing but the file."""
    redis_server = services.RedisServer() if own_database.startswith("postgresql") else None
    if redis_server:
        redis_server.start()
    broker_url = {"broker_url": redis_server.url} if redis_server else {}
    yield from build_world(own_database, tmp_path, smtp_url=relay.url, **broker_url)
    if redis_server:
        redis_server.kill()


def build_world(url: str, var: Path, **more: str) -> Iterator[World]:
    """A world with a form, taken down at the end."""
    settings = environment(url, var, signup_port=str(services.free_port()), **more)
    app = create_app(Settings.from_environment(settings))
    with app.app_context():
        form_id = make_form().public_id
    yield World(settings, app, form_id)
    with app.app_context():
        close_connections()
