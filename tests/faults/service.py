"""Our own commands as processes that a test may kill, visitors who meanwhile sign up, and time that passes at once."""

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self

from sqlalchemy import text

from signup.ground.config import PROJECT, Settings
from signup.ground.db import db, is_postgresql, transaction
from tests.cast import BLOG
from tests.services import free_port
from tests.shared_app import KEY

BOOT_SECONDS = 90.0
STOP_SECONDS = 15.0
THREADS_AT_WORK = 8
DATED = {
    "message": ("lease_until", "not_before"),
    "beat": ("at",),
    "relay": ("paused_until",),
    "webhook": ("not_before",),
    "webhook_delivery": ("lease_until", "not_before"),
}


def environment(database_url: str, var: Path, **more: str) -> dict[str, str]:
    """What a command and an application in this process both need, so that they are one service."""
    own = {
        "DATABASE_URL": database_url,
        "SIGNUP_VAR": str(var),
        "SECRET_KEYS": KEY,
        "PUBLIC_URL": "http://signup.example.org",
        "TRUSTED_PROXIES": "1",
        "LIMIT_LIST_PER_HOUR": "100000",
        "LIMIT_ALL_PER_HOUR": "100000",
        "LIMIT_DOMAIN_PER_HOUR": "100000",
        "LIMIT_UNCONFIRMED_SHARE": "100",
        "DNS_SERVER": "off",
    }
    return own | {name.upper(): value for name, value in more.items()}


class Service:
    """A `signup` command as a process group of its own."""

    def __init__(self, settings: dict[str, str], *command: str, output: int | None = None) -> None:
        """`output`: a file descriptor in place of the log."""
        self.command = command
        self._instead = output
        self.port = int(settings.get("SIGNUP_PORT", "0"))
        self.log = Path(settings["SIGNUP_VAR"]) / f"{command[0]}-{free_port()}.log"
        foreign = {f"{name.upper()}{end}" for name in Settings.model_fields for end in ("", "_FILE")}
        self._environment = {name: value for name, value in os.environ.items() if name not in foreign} | settings
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def start(self) -> None:
        """Returns at once; starting it again after its end is what a supervisor does."""
        self._forget()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._output = self.log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "signup", *self.command],
            cwd=PROJECT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._output if self._instead is None else self._instead,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def children(self) -> list[int]:
        """The processes this one started; none where there is no /proc."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                parent = path.read_text().rpartition(")")[2].split()[1]
                if int(parent) == self.pid:
                    found.append(int(path.parent.name))
        return found

    @property
    def is_at_work(self) -> bool:
        """Whether it has come up: a web server answers, a worker's process has its threads (told by Linux only)."""
        if not self.is_running:
            return False
        if self.command[0] == "web":
            return answers(self.port)
        return not Path("/proc").exists() or any(threads_of(child) >= THREADS_AT_WORK for child in self.children())

    def kill_parent(self) -> None:
        """-9 to the parent alone, as an operator or the kernel may; its children must see to themselves."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """-9 to the whole group: parent, children and whatever they started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._forget()

    def stop(self, within: float = STOP_SECONDS) -> int:
        """SIGTERM to the parent, as a supervisor does; the exit code. Fails when it takes longer."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command[0]} did not stop within {within} s:\n{self.said()}") from None
        finally:
            self.kill()

    def wait(self, within: float) -> int:
        """Its exit code, when it ends by itself."""
        assert self._process is not None
        return self._process.wait(within)

    def said(self) -> str:
        """The end of what it printed and logged, over all its lives."""
        return self.log.read_text(errors="replace")[-6_000:] if self.log.exists() else ""

    def wait_until_at_work(self, seconds: float = BOOT_SECONDS) -> None:
        """Until it has come up; fails at once, with what it said, when it ended instead."""
        wait_until(lambda: self.is_at_work or not self.is_running, seconds, f"{self.command} is at work", 0.2)
        assert self.is_running, self.said()

    @property
    def pid(self) -> int:
        """Of the parent; 0 when there is none."""
        return self._process.pid if self._process else 0

    def _forget(self) -> None:
        self._process = None
        if self._output:
            self._output.close()
            self._output = None


@contextlib.contextmanager
def running(*services: Service) -> Iterator[None]:
    """Start services and see to it that nothing of them is left."""
    try:
        for service in services:
            service.start()
        yield
    finally:
        for service in services:
            service.kill()


def threads_of(pid: int) -> int:
    """How many threads a process has; 0 when it is gone."""
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    except OSError:
        return 0


def answers(port: int) -> bool:
    """Whether a web server on this port answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until(is_so: Callable[[], object], seconds: float, what: str, pause: float = 0.02) -> float:
    """Look again and again; how long it took. Fails, saying what did not happen, after `seconds`."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)
    return time.monotonic() - began


def post(port: int, form_id: str, address: str, origin: str = BLOG) -> int:
    """Sign up as JSON from a network nobody came from before; the status, or 0 when there was no whole answer."""
    visitor = ".".join(str(random.randint(1, 250)) for _i in range(4))
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Origin": origin,
        "X-Forwarded-For": f"81.{visitor.partition('.')[2]}",
    }
    body = json.dumps({"email": address, "fields": {}, "page": f"{origin}/post", "consent": True})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request("POST", f"/f/{form_id}", body, headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    return response.status


class Visitors:
    """Threads that sign up address after address, each once, and note which were answered 202."""

    def __init__(self, port: int, form_id: str, *, origin: str = BLOG, threads: int = 4, pause: float = 0.05) -> None:
        self.answered: list[str] = []
        self.unanswered: list[str] = []
        self.refused: list[tuple[str, int]] = []
        self._form = (port, form_id)
        self._origin, self._pause = origin, pause
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._sign_up, args=(name,), daemon=True) for name in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(30)

    def _sign_up(self, name: int) -> None:
        number = 0
        status = 202
        while not self._end.wait(self._pause if status else 5 * self._pause):
            number += 1
            address = f"visitor-{name}-{number}@example.org"
            status = post(*self._form, address, self._origin)
            if status == 202:
                self.answered.append(address)
            elif status == 0:
                self.unanswered.append(address)
            else:
                self.refused.append((address, status))


def let_pass(seconds: float) -> None:
    """As if `seconds` had passed: every lease, pause, beat and retry is that much nearer. Needs an app context."""
    with transaction():
        for table, columns in DATED.items():
            for column in columns:
                earlier = (
                    f"{column} - make_interval(secs => :seconds)"
                    if is_postgresql()
                    else f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-' || :seconds || ' seconds')"
                )
                moving = f"UPDATE {table} SET {column} = {earlier} WHERE {column} IS NOT NULL"
                db.session.execute(text(moving), {"seconds": float(seconds)})
