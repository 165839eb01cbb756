"""gunicorn's threaded worker, changed so that no thread waits for a visitor: it gets a request that has arrived whole.

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
"""The lowest speed of a body in bytes a second, beside `BODY_SECONDS`."""
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
    """A visitor's connection. `arrived` is the part of a request that no thread has yet."""

    arrived: IncomingRequest | None = None
    deadline = 0.0
    leave: Callable[[], None] | None = None
    """Gives back the connection's place in its network's share."""
    linger: Callable[["Connection"], None] | None = None
    """Closes the connection once the visitor has read the answer. gunicorn's own way would block the loop for up to 2
    s.
    """

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002  # as gunicorn's
        """Close the connection and what has arrived on it."""
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
    """What gunicorn's parser reads from: the request's file first, then the socket."""

    file: IO[bytes] | None = None

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next piece of the request."""
        if self.file:
            if data := self.file.read(size_hint or self.mxchunk):
                return data
            self.file.close()
            self.file = None
        found: bytes = super().chunk(size_hint)
        return found


class BufferedWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker; the module says what it changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[Connection, None] = {}  # the oldest first
        self._of_network: Counter[Any] = Counter()
        self._lingering: dict[Connection, None] = {}
        self._looked_at = 0.0

    def accept(self, listener: socket.socket) -> None:
        """Accept a new connection, unless its network has its share of connections."""
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
        """The network whose share a connection counts for. None for a trusted proxy, which brings all its visitors."""
        if self.wsgi.extensions["signup.settings"].trusted_proxies or not isinstance(address, tuple):
            return None
        return network_of(address[0])

    def enqueue_req(self, conn: Connection) -> None:
        """Begin to read a request. A thread gets it once it is whole."""
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
        """Read what has arrived. Returns whether reading is over: a thread has the request, or it is refused."""
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
        """Close a connection that no thread has, and say why if something was asked."""
        self._stop_waiting(conn)
        if status and conn.arrived and conn.arrived.size:
            with contextlib.suppress(OSError):
                conn.sock.send(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        self.nr_conns -= 1
        conn.close()

    def _linger(self, conn: Connection) -> None:
        """Send no more, and close once the other side has closed, too (RFC 9112 section 9.6)."""
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
        """Close connections that are too slow, and silent ones while the process is ending."""
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
