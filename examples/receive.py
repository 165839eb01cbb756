"""Take webhooks and check that they are ours: SIGNUP_SECRET=whsec_… python3 receive.py 8080

Standard library only; with `pip install standardwebhooks`, `Webhook(secret).verify(body, headers)` does the same check.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = base64.b64decode(os.environ["SIGNUP_SECRET"].removeprefix("whsec_"))
LATE = 300
done: set[str] = set()  # keep these in your database: an event may come twice


def is_ours(headers: dict[str, str], body: bytes) -> bool:
    """Whether one of the signatures is by our secret, and not long ago."""
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signature = "v1," + base64.b64encode(hmac.new(SECRET, message, hashlib.sha256).digest()).decode()
    is_fresh = abs(time.time() - int(headers["webhook-timestamp"])) < LATE
    return is_fresh and any(hmac.compare_digest(signature, one) for one in headers["webhook-signature"].split())


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 once an event is done."""

    def do_POST(self) -> None:
        """Take one event."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        ours = "webhook-signature" in headers and is_ours(headers, body)
        if ours and headers["webhook-id"] not in done:
            event = json.loads(body)
            print(event["type"], event["data"], flush=True)  # noqa: T201  # do your own work here
            done.add(headers["webhook-id"])
        self.send_response(204 if ours else 403)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing of each request."""


HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
