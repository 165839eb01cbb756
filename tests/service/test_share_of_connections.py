"""One network may hold so many connections open, and no more; a proxy of ours stands for all its visitors."""

import contextlib
import socket
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from signup.service.buffered_worker import MOST_OF_NETWORK, BufferedWorker

pytestmark = pytest.mark.both_engines

VISITOR, NEIGHBOUR, LOCAL = "203.0.113.7", "203.0.113.8", "127.0.0.1"


class Knocking:
    """A listening socket at which visitors knock from any address, without a network between."""

    def __init__(self) -> None:
        self.address, self.visitors = VISITOR, list[socket.socket]()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        ours, theirs = socket.socketpair()
        self.visitors.append(theirs)
        return ours, (self.address, 50_000)

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", 8000)


def _idle() -> Any:
    """A worker that was not started."""
    return BufferedWorker.__new__(BufferedWorker)


class World:
    def __init__(self, trusted_proxies: int) -> None:
        self.door, self.taken = Knocking(), list[Any]()
        settings = SimpleNamespace(trusted_proxies=trusted_proxies)
        self.worker = _idle()
        self.worker.wsgi = SimpleNamespace(extensions={"signup.settings": settings})
        self.worker.cfg, self.worker.nr_conns, self.worker._of_network = Config(), 0, Counter()
        self.worker.enqueue_req = self.taken.append

    def knock(self, address: str, times: int = 1) -> int:
        """How many of these connections are taken."""
        before, self.door.address = len(self.taken), address
        for _each in range(times):
            self.worker.accept(self.door)
        return len(self.taken) - before


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(getattr(request, "param", 0))
    yield made
    for one in (*made.door.visitors, *(conn.sock for conn in made.taken)):
        with contextlib.suppress(OSError):
            one.close()


def test_one_network_has_its_share_of_connections_and_takes_nobody_elses(world: World) -> None:
    assert world.knock(VISITOR, MOST_OF_NETWORK + 50) == MOST_OF_NETWORK
    assert world.knock(NEIGHBOUR) == 1
    assert world.knock(LOCAL, 150) == 150
    world.taken[0].leave()
    assert world.knock(VISITOR, 2) == 1


@pytest.mark.parametrize("world", [1], indirect=True)
def test_a_proxy_of_ours_is_not_bounded(world: World) -> None:
    assert world.knock(VISITOR, MOST_OF_NETWORK + 50) == MOST_OF_NETWORK + 50
