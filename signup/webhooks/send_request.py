"""Sends one HTTP request to a webhook: to the address that was checked, with a signature, no redirect, no proxy, and an
end to time and size.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple

from standardwebhooks import Webhook as Signer

from signup.ground.logs import scrub
from signup.webhooks.allowed_address import Target, address_of

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 15.0
KEPT_OF_ANSWER = 500
TAKEN = range(200, 300)


class Answer(NamedTuple):
    """What an endpoint said. Without a status it said nothing, and `text` is why."""

    status: int | None
    text: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        return self.status in TAKEN


class _Pinned(HTTPConnection):
    """Connects to the address that was checked, whatever the name says by now."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), CONNECT_SECONDS)
        self.sock.settimeout(TOTAL_SECONDS)


class _PinnedTls(HTTPSConnection):
    """The same with TLS; the certificate must be the name's."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_SECONDS, context=_tls())
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), CONNECT_SECONDS)
        plain.settimeout(CONNECT_SECONDS)
        self.sock = _tls().wrap_socket(plain, server_hostname=self.host)
        self.sock.settimeout(TOTAL_SECONDS)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def signed_headers(secrets: Sequence[str], message_id: str, body: str) -> dict[str, str]:
    """The headers of Standard Webhooks: with two secrets two signatures, of which the receiver needs one."""
    at = datetime.now(UTC)
    signatures = [Signer(secret).sign(message_id, at, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Signup-Webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def send(target: Target, headers: Mapping[str, str], body: str) -> Answer:
    """Post a body. Raises `ForbiddenAddress`; everything else that goes wrong is an answer without a status."""
    begun = time.monotonic()
    try:
        address = address_of(target)
    except (OSError, UnicodeError) as error:
        return Answer(None, f"The name has no address: {type(error).__name__}", _since(begun))
    connection = (_PinnedTls if target.is_tls else _Pinned)(target, address)
    # A socket's own timeout starts anew with every byte: who drips would hold us for hours.
    watch = threading.Timer(TOTAL_SECONDS, _cut, [connection])
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", target.path, body.encode(), {"Host": target.host_header, **headers})
        answer = connection.getresponse()
        text = answer.read(KEPT_OF_ANSWER).decode("utf-8", "replace")
        return Answer(answer.status, _plain(text), _since(begun))
    except (OSError, HTTPException, ValueError) as error:
        return Answer(None, _why(error, begun), _since(begun))
    finally:
        watch.cancel()
        connection.close()


def _cut(connection: HTTPConnection) -> None:
    if (open_socket := connection.sock) is not None:
        try:
            open_socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _why(error: Exception, begun: float) -> str:
    if isinstance(error, TimeoutError) or time.monotonic() - begun >= TOTAL_SECONDS:
        return f"No answer within {TOTAL_SECONDS:.0f} seconds"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    return type(error).__name__


def _plain(text: str) -> str:
    """What a receiver says may be anything; what is kept names nobody and has no control characters."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return str(scrub(shown))[:KEPT_OF_ANSWER]


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
