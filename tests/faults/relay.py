"""A mail relay that can be told to misbehave at any step of the dialogue, and counts who knocks."""

import re
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from tests.services import free_port

HANG_UP = "hang up"
MESSAGE_ID = re.compile(rb"^Message-ID: <([0-9a-f]+)@", re.MULTILINE | re.IGNORECASE)


class Taken(NamedTuple):
    """A mail whose content we have, whatever we answered afterwards."""

    uid: str
    recipient: str


class Relay:
    """An SMTP server in threads. `says` holds what it answers instead of yes, by step: hello, MAIL, RCPT, DATA, end."""

    def __init__(self, delay: float = 0.0) -> None:
        self.port = free_port()
        self.url = f"smtp://127.0.0.1:{self.port}?starttls=no"
        self.delay = delay
        self.says: dict[str, str] = {}
        self.mishap: Callable[[str], str | None] = lambda _step: None
        """What it answers instead at a step, now and then; None: what it would have said."""
        self.mishaps: Counter[str] = Counter()
        self.taken: list[Taken] = []
        self.connections = 0
        self.open: set[socket.socket] = set()
        self._server: socketserver.ThreadingTCPServer | None = None

    def start(self) -> None:
        relay = self

        class Dialogue(_Dialogue):
            def setup(self) -> None:
                self.relay = relay
                super().setup()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", self.port), Dialogue)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and drop the open ones, as a host that went away."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for connection in list(self.open):
            connection.close()

    def copies(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(mail.uid for mail in list(self.taken))

    def recipients(self) -> list[str]:
        """In the order they came."""
        return [mail.recipient for mail in list(self.taken)]


class _Dialogue(socketserver.StreamRequestHandler):
    relay: Relay

    def handle(self) -> None:
        self.relay.connections += 1
        self.relay.open.add(self.connection)
        try:
            self._converse()
        except OSError:
            pass  # hung up, by either side
        finally:
            self.relay.open.discard(self.connection)

    def _converse(self) -> None:
        self._say("hello", "220 relay")
        recipient = ""
        while line := self.rfile.readline():
            verb = line[:4].upper().decode("ascii", "replace")
            if verb == "QUIT":
                self._say("QUIT", "221 bye")
                return
            if verb == "RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
            if verb == "DATA":
                if self._say("DATA", "354 go on").startswith("354"):
                    self._take(recipient)
            else:
                self._say(verb, "250 yes")

    def _take(self, recipient: str) -> None:
        content = b""
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            content += line
            if content == line and self.relay.mishap("content"):
                self.relay.mishaps["content hang up"] += 1
                raise ConnectionAbortedError
        if not line:
            return  # the sender died in the middle: that is no mail
        reply = self._reply("end", "250 taken")
        if reply[0] not in "45":
            found = MESSAGE_ID.search(content)
            assert found, content
            self.relay.taken.append(Taken(found[1].decode(), recipient))
        if self.relay.delay:
            time.sleep(self.relay.delay)
        self._answer(reply)

    def _say(self, step: str, otherwise: str) -> str:
        return self._answer(self._reply(step, otherwise))

    def _reply(self, step: str, otherwise: str) -> str:
        if mishap := self.relay.mishap(step):
            self.relay.mishaps[f"{step} {mishap}"] += 1
            return mishap
        return self.relay.says.get(step, otherwise)

    def _answer(self, reply: str) -> str:
        if reply == HANG_UP:
            raise ConnectionAbortedError
        self.wfile.write(f"{reply}\r\n".encode())
        if reply.startswith("421"):
            raise ConnectionAbortedError
        return reply
