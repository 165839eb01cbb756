"""The suite's own servers do what the fault tests rely on."""

import os
import uuid

import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from tests import services


def test_a_stopped_redis_comes_back_empty_on_the_same_port() -> None:
    server = services.RedisServer()
    for end in (server.stop, server.kill):
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.get("kept") is None
            client.set("kept", "no")
        end()
        with redis.Redis.from_url(server.url) as client, pytest.raises(redis.ConnectionError):
            client.ping()


def test_a_database_copied_from_a_template_has_its_rows_and_is_gone_when_dropped() -> None:
    server = services.postgresql_url()
    name = f"services_{uuid.uuid4().hex}"
    template = services.create_database(server, f"{name}_template")
    try:
        with psycopg.connect(_libpq(template)) as connection:
            connection.execute("CREATE TABLE cast_of_tests AS SELECT 'Ada' AS name")
        copy = services.create_database(server, name, template=f"{name}_template")
        connected = psycopg.connect(_libpq(copy))
        assert connected.execute("SELECT name FROM cast_of_tests").fetchall() == [("Ada",)]
        services.drop_database(server, name)
        connected.close()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(_libpq(copy))
    finally:
        services.drop_database(server, f"{name}_template")


def test_what_the_environment_names_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql+psycopg://elsewhere/tests")
    monkeypatch.setenv("TEST_REDIS_URL", "redis://elsewhere/1")
    monkeypatch.setenv("CHROMIUM", os.devnull)
    assert services.postgresql_url.__wrapped__() == "postgresql+psycopg://elsewhere/tests"
    assert services.redis_url.__wrapped__() == "redis://elsewhere/1"
    assert services.find_chromium() == os.devnull


def _libpq(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
