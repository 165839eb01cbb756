"""A load generator: a few kept-open connections, each asking as soon as it was answered. Times in seconds."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

Request = Callable[[int], bytes]
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


@dataclass
class Load:
    """What one run of load showed."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    wrong: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    def quantile(self, share: float) -> float:
        """The time within which this share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@dataclass(frozen=True)
class Plan:
    """What to ask: `make(n)` for n = 0, 1, 2 …, of whom, for how many seconds or times, over how many connections."""

    port: int
    make: Request
    expect: bytes
    seconds: float
    connections: int = 4
    most: int | None = None


def run(plan: Plan) -> Load:
    """Carry out a plan; an answer that does not begin as expected is counted as wrong."""
    load, numbers, lock = Load(), _numbers(plan.most), threading.Lock()
    begun = time.monotonic()

    def next_number() -> int | None:
        with lock:
            return next(numbers, None) if time.monotonic() < begun + plan.seconds else None

    def work() -> None:
        times, wrong = _ask(plan, next_number)
        with lock:
            load.times += times
            load.wrong += wrong

    threads = [threading.Thread(target=work) for _each in range(plan.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.monotonic() - begun
    return load


def _numbers(most: int | None) -> Iterator[int]:
    return iter(range(most)) if most is not None else count()


def _ask(plan: Plan, next_number: Callable[[], int | None]) -> tuple[list[float], int]:
    times, wrong = [], 0
    with socket.create_connection(("127.0.0.1", plan.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (number := next_number()) is not None:
            request = plan.make(number)
            begun = time.perf_counter()
            connection.sendall(request)
            answer = _read(connection)
            times.append(time.perf_counter() - begun)
            wrong += not answer.startswith(plan.expect)
    return times, wrong


def _read(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    start = head.lower().find(b"content-length:")
    length = (
        int(head[start + 15 : head.find(b"\r", start) if head.find(b"\r", start) > 0 else None]) if start > 0 else 0
    )
    while len(body) < length:
        body += _more(connection)
    return head


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def post(path: str, body: bytes, number: int, content_type: str = "application/json") -> bytes:
    """A POST as a browser behind a proxy sends it, each from a network (/24) of its own."""
    address = f"{20 + (number >> 16 & 127)}.{number >> 8 & 255}.{number & 255}.7"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nContent-Type: {content_type}\r\n"
        f"X-Forwarded-For: {address}\r\nUser-Agent: Mozilla/5.0 (bench)\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
