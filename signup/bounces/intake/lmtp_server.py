"""Listens for mails by LMTP (RFC 2033). “250” is said after the commit, so the mail server keeps what we lost."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakSet

from aiosmtpd.lmtp import LMTP
from flask import Flask

from signup.bounces.intake.mail_delivery import deliver

MAX_SIZE = 16 * 1024 * 1024
THREADS = 4
IDLE_SECONDS = 60.0
LAST_SECONDS = 20.0
"""How long a stop waits for the mails that are being handled."""
DONE, LATER = "250 2.0.0 Ok", "451 4.3.0 Not now, try again"


class Place(NamedTuple):
    """Where to listen: a socket file, or a host and a port."""

    host: str
    port: int
    path: Path | None


def read_place(text: str) -> Place:
    """`HOST:PORT` or `unix:/path`. Raises `ValueError`."""
    if text.startswith("unix:"):
        path = Path(text.removeprefix("unix:"))
        if not path.is_absolute():
            raise ValueError("expected unix:/an/absolute/path")
        return Place("", 0, path)
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or not int(port) < 65_536:  # noqa: PLR2004  # the ports that there are
        raise ValueError("expected HOST:PORT or unix:/path")
    return Place(host.strip("[]") or "127.0.0.1", int(port), None)


class _Handler:
    """Answers for each recipient, in order (RFC 2033, 4.2)."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(THREADS, "lmtp")

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        loop = asyncio.get_running_loop()
        raw = bytes(envelope.content).replace(b"\r\n", b"\n")
        waiting = (loop.run_in_executor(self._threads, deliver, self._app, raw, to) for to in envelope.rcpt_tos)
        return "\r\n".join([DONE if is_done else LATER for is_done in await asyncio.gather(*waiting)])

    def close(self) -> None:
        self._threads.shutdown(wait=True)


async def serve(app: Flask, place: Place) -> None:
    """Listen until the process is told to stop; mails that are being handled are finished."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    handler, sessions = _Handler(app), WeakSet[LMTP]()  # those that ended are forgotten

    def session() -> LMTP:
        made = LMTP(handler, data_size_limit=MAX_SIZE, enable_SMTPUTF8=True, timeout=IDLE_SECONDS, loop=loop)
        sessions.add(made)
        return made

    if place.path is None:
        server = await loop.create_server(session, place.host, place.port)
    else:
        _clear(place.path)
        server = await loop.create_unix_server(session, place.path)
        # Who may hand over a mail may as well send it to us from anywhere; the mail server is another user.
        os.chmod(place.path, 0o666)  # noqa: PTH101, S103
    try:
        await stop.wait()
    finally:
        server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(handler.close), LAST_SECONDS)
        await asyncio.sleep(0)  # the last answers go out
        for one in sessions:
            if one.transport is not None:
                one.transport.close()
        if place.path is not None:
            place.path.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Remove what a killed process left; never a socket on which somebody listens, nor a file of another kind."""
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise FileExistsError(17, "is no socket", str(path))
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(ConnectionRefusedError):
        probe.connect(str(path))
        raise FileExistsError(98, "another process listens there", str(path))
    path.unlink()
