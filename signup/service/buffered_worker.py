"""gunicorn's worker with threads, where no thread waits for a visitor: it gets a request when the whole of it is there.

gunicorn's own hands a connection to a thread at its first byte, and the thread then waits for the rest as long as
the visitor likes: a few slow connections stop the service. Here the loop that accepts also reads, and gives up on who
is slow. How many connections one network may hold open is bounded, unless it is a proxy.
"""

import contextlib
import selectors
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import IO, Any

from gunicorn import http
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from signup.limits.limit_rule import network_of
from signup.service.request_reader import IncomingRequest, TooLargeHead

HEAD_SECONDS = 10.0
BODY_SECONDS = 30.0
SLOWEST = 10_000
"""Bytes a second that a body must come with, beside `BODY_SECONDS`."""
LINGER_SECONDS = 2.0
MOST_WAITING = 500
MOST_OF_NETWORK = 100
MOST_ON_DISK = 256 * 1024 * 1024
SEND_SECONDS, READ_SECONDS = 30, 5
LOOK_EVERY = 0.5
AT_ONCE = 64 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_SLOW, TOO_LARGE, BUSY = "408 Request Timeout", "431 Request Header Fields Too Large", "503 Service Unavailable"


class Connection(TConn):  # type: ignore[misc]  # gunicorn has no types
    """One visitor's connection. `arrived` is what has come of a request that no thread has yet."""

    arrived: IncomingRequest | None = None
    deadline = 0.0
    leave: Callable[[], None] | None = None
    """Gives back its place among the connections of its network."""
    linger: Callable[["Connection"], None] | None = None
    """Closes it when the visitor has read the answer: gunicorn's own way has the loop wait for that, up to 2 s."""

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002  # as gunicorn's
        """Close it, and what has arrived by it."""
        if graceful and self.linger:
            self.linger(self)
            return
        if self.leave:
            self.leave()
            self.leave = None
        if self.arrived:
            self.arrived.close()
        if file := getattr(self.parser and self.parser.unreader, "file", None):
            file.close()
        super().close()


class RequestFileReader(SocketUnreader):  # type: ignore[misc]
    """What gunicorn's parser reads from: a request's file first, then the socket."""

    file: IO[bytes] | None = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next piece."""
        if self.file:
            if data := self.file.read(size_hint or self.mxchunk):
                return data
            self.file.close()
            self.file = None
        found: bytes = super().chunk(size_hint)
        return found


class BufferedWorker(ThreadWorker):  # type: ignore[misc]
    """See the module."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[Connection, None] = {}  # the oldest first
        self._of_network: Counter[Any] = Counter()
        self._lingering: dict[Connection, None] = {}
        self._looked_at = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, unless its network has its share."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):  # another process was faster, or the visitor left
            return
        network = self._network_of(address)
        if network is not None and self._of_network[network] >= MOST_OF_NETWORK:
            client.close()
            return
        # A thread never waits long for a visitor: neither to take an answer nor to send what it had announced.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_SECONDS, 0))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", READ_SECONDS, 0))
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname())
        if network is not None:
            self._of_network[network] += 1
            conn.leave = partial(self._leave, network)
        conn.linger = self._linger
        self.enqueue_req(conn)

    def _leave(self, network: Any) -> None:
        self._of_network[network] -= 1
        if not self._of_network[network]:
            del self._of_network[network]

    def _network_of(self, address: Any) -> Any:
        """Whose share a connection is of; None for a proxy of ours, which stands for all its visitors."""
        if self.wsgi.extensions["signup.settings"].trusted_proxies or not isinstance(address, tuple):
            return None
        return network_of(address[0])

    def enqueue_req(self, conn: Connection) -> None:
        """Begin to read a request: a thread gets it when it is whole."""
        conn.arrived = IncomingRequest(self.wsgi.extensions["signup.settings"].signup_var)
        conn.deadline = time.monotonic() + HEAD_SECONDS
        conn.sock.settimeout(0)
        ahead = conn.parser.unreader.take_buffered() if conn.parser else b""
        if not self._read(conn, conn.arrived, ahead):
            self._waiting[conn] = None
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_readable, conn))
            if len(self._waiting) > MOST_WAITING:
                self._close(next(iter(self._waiting)), BUSY)

    def _on_readable(self, conn: Connection, _sock: socket.socket) -> None:
        if conn in self._waiting and conn.arrived:  # not dropped by an earlier event of the same round
            self._read(conn, conn.arrived)

    def _read(self, conn: Connection, arrived: IncomingRequest, ahead: bytes = b"") -> bool:
        """Read what is there; whether there is nothing more to wait for: a thread has the request, or it is refused."""
        try:
            data = ahead or conn.sock.recv(AT_ONCE)
            had_head = arrived.has_head
            arrived.feed(data)
            if arrived.has_head and not had_head:
                conn.deadline = time.monotonic() + BODY_SECONDS + arrived.expected / SLOWEST
                if arrived.expects_word and not arrived.is_whole:
                    conn.sock.send(CONTINUE)
        except BlockingIOError:
            return False
        except TooLargeHead:
            self._close(conn, TOO_LARGE)
            return True
        except OSError:
            data = b""
        if not data:
            self._close(conn)
        elif arrived.is_whole:
            self._hand_over(conn, arrived)
        elif self._on_disk() > MOST_ON_DISK:
            self._close(conn, BUSY)
        else:
            return False
        return True

    def _on_disk(self) -> int:
        return sum(conn.arrived.on_disk for conn in self._waiting if conn.arrived)

    def _hand_over(self, conn: Connection, arrived: IncomingRequest) -> None:
        self._stop_waiting(conn)
        data, file = arrived.take()
        conn.arrived = None
        if conn.parser is None:
            conn.parser = http.get_parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = RequestFileReader(conn.sock)
        conn.parser.unreader.unread(data)
        conn.parser.unreader.file = file
        conn.initialized = conn.data_ready = True
        super().enqueue_req(conn)

    def _stop_waiting(self, conn: Connection) -> None:
        if conn in self._waiting:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)

    def _close(self, conn: Connection, status: str = "") -> None:
        """Close a connection that no thread has, saying why where something has been asked."""
        self._stop_waiting(conn)
        if status and conn.arrived and conn.arrived.size:
            with contextlib.suppress(OSError):
                conn.sock.send(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        self.nr_conns -= 1
        conn.close()

    def _linger(self, conn: Connection) -> None:
        """Say that nothing more comes, and close when the other side has, too (RFC 9112 section 9.6)."""
        conn.deadline = time.monotonic() + LINGER_SECONDS
        try:
            conn.sock.settimeout(0)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            conn.close()
            return
        self._lingering[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_farewell, conn))

    def _on_farewell(self, conn: Connection, _sock: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            try:
                is_over = not conn.sock.recv(AT_ONCE)
            except ConnectionError:
                is_over = True
            if is_over:
                self._end(conn)

    def _end(self, conn: Connection) -> None:
        if conn in self._lingering:
            del self._lingering[conn]
            self.poller.unregister(conn.sock)
            conn.close()

    def murder_pending(self) -> None:
        """Give up on who is too slow; on everybody who has sent nothing yet while the process is to end."""
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        for conn in list(self._waiting):
            if not self.alive:
                conn.deadline = min(conn.deadline, now + LINGER_SECONDS)
            if conn.deadline <= now or not (self.alive or (conn.arrived and conn.arrived.size)):
                self._close(conn, TOO_SLOW)
        for conn in list(self._lingering):
            if conn.deadline <= now:
                self._end(conn)
