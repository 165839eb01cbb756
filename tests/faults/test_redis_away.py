"""Redis is stopped, flushed or was never there: sign-ups are answered, and their mails go out a few seconds later."""

import gc
import time
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import redis

from signup.service.run import Workers
from tests import services
from tests.cast import sign_up
from tests.faults.conftest import World, build_world
from tests.faults.relay import Relay
from tests.faults.service import Service, post, running, wait_until

pytestmark = pytest.mark.faults

LATE_SECONDS = 15.0
ANSWERED_SECONDS = 2.0
RUNG_SECONDS = 1.5  # nobody collects what has not waited two seconds: a faster mail was rung for
VISITORS = 5


@pytest.fixture
def world(own_postgresql: str, tmp_path: Path, relay: Relay, redis_server: services.RedisServer) -> Iterator[World]:
    """A web application and a worker's threads in this process; both know where Redis should be."""
    yield from build_world(own_postgresql, tmp_path, smtp_url=relay.url, broker_url=redis_server.url)


@pytest.fixture
def workers(world: World, redis_server: services.RedisServer) -> Iterator[Workers]:
    redis_server.start()
    workers = Workers(world.app)
    workers.start()
    yield workers
    redis_server.start()  # so that its consumer ends in good order
    with warnings.catch_warnings():
        # The worker's threads leave their connections to the relay to the end of the process.
        warnings.simplefilter("ignore", ResourceWarning)
        workers.stop()
        gc.collect()


def visit(world: World, name: str) -> list[str]:
    """Some visitors sign up, each answered in good time; their addresses."""
    addresses = [f"{name}-{number}@example.org" for number in range(VISITORS)]
    client = world.app.test_client()
    for address in addresses:
        began = time.monotonic()
        assert sign_up(client, world.form_id, address).status_code == 202
        assert time.monotonic() - began < ANSWERED_SECONDS
    return addresses


def wait_for_mails(relay: Relay, addresses: list[str]) -> None:
    wait_until(lambda: set(addresses) <= set(relay.recipients()), LATE_SECONDS, f"mails to {addresses}")
    assert max(relay.copies().values()) == 1


def wait_until_it_rings(world: World, relay: Relay) -> None:
    """Until somebody's mail goes out so soon that the bell must have been heard."""
    client = world.app.test_client()
    for number in count():
        address = f"bell-{number}@example.org"
        assert sign_up(client, world.form_id, address).status_code == 202
        if wait_until(lambda: address in relay.recipients(), LATE_SECONDS, f"a mail to {address}") < RUNG_SECONDS:  # noqa: B023
            return
        assert number < 5, "the bell is not heard any more"


def test_mails_go_out_while_redis_is_stopped_and_at_once_when_it_is_back(
    world: World, workers: Workers, relay: Relay, redis_server: services.RedisServer
) -> None:
    wait_until_it_rings(world, relay)
    redis_server.kill()
    wait_for_mails(relay, visit(world, "without"))
    redis_server.start()
    wait_until_it_rings(world, relay)


def test_a_flush_takes_bells_and_counters_but_no_mail(
    world: World, workers: Workers, relay: Relay, redis_server: services.RedisServer
) -> None:
    wait_until_it_rings(world, relay)
    relay.delay = 0.05
    addresses = []
    with redis.Redis.from_url(redis_server.url) as client:
        for name in ("one", "two", "three"):
            addresses += visit(world, name)
            client.flushall()
    wait_for_mails(relay, addresses)
    relay.delay = 0.0
    wait_until_it_rings(world, relay)


def test_a_service_that_starts_without_its_redis_works_and_rings_once_it_is_there(
    world: World, relay: Relay, redis_server: services.RedisServer
) -> None:
    web = Service(world.settings, "web", "--processes", "1")
    worker = Service(world.settings, "worker")
    with running(web, worker):
        for service in (web, worker):
            service.wait_until_at_work()
        addresses = [f"early-{number}@example.org" for number in range(VISITORS)]
        for address in addresses:
            assert post(world.port, world.form_id, address) == 202
        wait_for_mails(relay, addresses)
        redis_server.start()
        for number in count():
            address = f"bell-{number}@example.org"
            assert post(world.port, world.form_id, address) == 202
            if wait_until(lambda: address in relay.recipients(), LATE_SECONDS, f"a mail to {address}") < RUNG_SECONDS:  # noqa: B023
                break
            assert number < 5, "the bell is not heard"
