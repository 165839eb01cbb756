"""Another program's server that webhooks are sent to: it keeps what came, and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook as Verifier


class Receiver:
    """`answers` says the next statuses in order; then 200. `secrets` verify what comes."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int | str] = []
        self.mishap: Callable[[], int | str | None] = lambda: None
        """What it answers instead of 200, now and then."""
        self.answered: list[int | str] = []
        self.text = b"ok"
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    answer = receiver.answers.pop(0) if receiver.answers else receiver.mishap() or 200
                    receiver.answered.append(answer)
                    receiver.requests.append((dict(self.headers), body))
                if answer == "hang up":
                    self.close_connection = True
                    return
                self.send_response(int(answer))
                if answer == 302:
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", str(len(receiver.text)))
                self.end_headers()
                self.wfile.write(receiver.text)

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """The bodies that came, each of which this secret must have signed."""
        verifier = Verifier(secret)
        return [verifier.verify(body, headers) for headers, body in self.requests]

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _headers, body in self.requests]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.stop()
