"""Visitors who say little, slowly or nothing hold nobody up: no thread waits for them."""

import contextlib
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import World, build_world
from tests.faults.relay import Relay
from tests.faults.service import Service, answers, post, running

pytestmark = pytest.mark.faults

SILENT = 200
HEAD = b"POST /f/form HTTP/1.1\r\nHost: signup.example.org\r\nContent-Type: application/json\r\n"
BODY = HEAD + b"Content-Length: 5000\r\n\r\n{"
CHUNK = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1388\r\n{"
SAID = {
    "no byte": b"",
    "half a header": HEAD[:60],
    "a byte of the body": BODY,
    "a byte of a chunk": CHUNK,
    "an end inside a chunk": CHUNK + b"0\r\n\r\n",
    "a large body": BODY.replace(b"5000", b"500000") + b" " * 200_000,
    "a whole request": b"GET /healthz HTTP/1.1\r\nHost: signup.example.org\r\nConnection: close\r\n\r\n",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("slow")
    path = folder / "signup.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    relay = Relay()
    relay.start()
    yield from build_world(f"sqlite:///{path}", folder, smtp_url=relay.url)
    relay.stop()


@pytest.fixture(scope="module")
def web(world: World) -> Iterator[Service]:
    web = Service(world.settings, "web", "--processes", "1")
    with running(web):
        web.wait_until_at_work()
        yield web


def _connect(port: int, said: bytes) -> socket.socket:
    visitor = socket.create_connection(("127.0.0.1", port), timeout=10)
    if said:
        visitor.sendall(said)
    return visitor


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_two_hundred_silent_visitors_hold_nobody_up(world: World, web: Service, said: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for _each in range(SILENT):
            stack.callback(_connect(world.port, said).close)
        for number in range(3):
            assert answers(world.port)
            assert post(world.port, world.form_id, f"{len(said)}-{number}@example.org") == 202


def test_visitors_who_say_a_byte_now_and_then_hold_nobody_up(world: World, web: Service) -> None:
    visitors = [_connect(world.port, BODY) for _each in range(SILENT)]
    with contextlib.ExitStack() as stack:
        for visitor in visitors:
            stack.callback(visitor.close)
        for _round in range(3):
            for visitor in visitors:
                visitor.sendall(b" ")
            assert answers(world.port)


def test_who_never_ends_a_header_is_told_and_closed(world: World, web: Service) -> None:
    with contextlib.closing(_connect(world.port, HEAD)) as visitor:
        visitor.settimeout(20)
        assert visitor.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert visitor.recv(1000) == b""


def test_headers_without_end_are_refused(world: World, web: Service) -> None:
    with contextlib.closing(_connect(world.port, HEAD)) as visitor:
        with contextlib.suppress(OSError):
            visitor.sendall(b"X-More: " + b"x" * 100_000)
        assert visitor.recv(1000).startswith(b"HTTP/1.1 431 ")


def test_a_request_in_pieces_two_in_one_and_one_that_waits_for_a_word_are_answered(world: World, web: Service) -> None:
    ask = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with contextlib.closing(_connect(world.port, b"")) as visitor:
        for byte in ask:
            visitor.sendall(bytes([byte]))
        answer = http.client.HTTPResponse(visitor)
        answer.begin()
        assert (answer.status, answer.read()) == (200, b'{"status":"ok"}\n')
    with contextlib.closing(_connect(world.port, ask + ask)) as visitor:
        both = b""
        while both.count(b'{"status":"ok"}') < 2:
            both += visitor.recv(10_000)
    body = b'{"signup": "x"}'
    with contextlib.closing(
        _connect(world.port, HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
    ) as visitor:
        assert visitor.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        visitor.sendall(body)
        assert visitor.recv(1000).startswith(b"HTTP/1.1 404 ")


def test_a_large_upload_and_chunks_arrive_whole(world: World, web: Service) -> None:
    for headers in ({}, {"Transfer-Encoding": "chunked"}):
        connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=15)
        body: object = iter([b"x" * 10_000] * 30) if headers else b"x" * 300_000
        connection.request("POST", "/admin/sign-in", body, headers, encode_chunked=bool(headers))  # type: ignore[arg-type]
        assert connection.getresponse().status in {400, 413, 415, 422}
        connection.close()
