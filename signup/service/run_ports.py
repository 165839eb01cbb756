"""Ports of `signup run`: one that another program holds moves to the next free one, unless somebody chose it."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from signup.ground.config import Settings
from signup.ground.private_files import make_folder

MOVABLE = ("SIGNUP_PORT", "SIGNUP_DEMO_PORT", "SIGNUP_MAIL_PORT", "SIGNUP_SMTP_PORT")
TRIES = 200


def moved_ports(environ: Mapping[str, str], settings: Settings) -> dict[str, int]:
    """A free port for each that is taken and that the environment does not name.

    With PUBLIC_URL something in front of the web server already knows its port.
    """
    ports = {name: getattr(settings, name.lower()) for name in MOVABLE}
    chosen = {name for name in MOVABLE if environ.get(name) or environ.get(f"{name}_FILE")}
    if environ.get("PUBLIC_URL"):
        chosen.add("SIGNUP_PORT")
    moved: dict[str, int] = {}
    for name in MOVABLE:
        if name not in chosen and is_taken(ports[name]):
            used = {*ports.values(), *moved.values()}
            free = (port for port in range(ports[name] + 1, ports[name] + TRIES) if port not in used)
            moved[name] = next((port for port in free if not is_taken(port)), ports[name])
    return moved


def is_taken(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


@contextmanager
def running_in(folder: Path) -> Iterator[bool]:
    """Marks the folder as one that a service runs in; False when another one already does."""
    line = os.open(make_folder(folder) / "run.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(line)
