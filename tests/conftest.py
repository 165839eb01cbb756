"""Every test that asks for `app` runs on both engines, with a real relay and an empty, migrated database."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, text
from werkzeug.routing import Rule
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has none

from signup.access import password
from signup.app import create_app
from signup.exports import export_job
from signup.ground.config import Settings
from signup.ground.db import Base, close_connections, connections_in_use, db
from tests import services
from tests.cast import Mailbox

ENGINES = ["sqlite", "postgresql"]
CROSSED = ["redis-postgresql", "database-sqlite"]
"""Pairs of store and engine that slow tests leave to `--long`: the others give each store and each engine a turn."""
MEMORY, ENOUGH = Path("/dev/shm"), 4 * 2**30  # noqa: S108  # a folder of its own within
KEY = "a key for tests that is long enough to sign with, and no secret"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run what takes long, and the fault suite in full length")
    parser.addoption("--fast", action="store_true", help="leave out browsers and fault tests")


def pytest_configure() -> None:
    """SQLite waits for its disk at every commit: tests write to memory where there is plenty."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if config.getoption("--fast") and (item.get_closest_marker("browser") or item.get_closest_marker("faults")):
            item.add_marker(pytest.mark.skip(reason="--fast"))
        crossed = item.get_closest_marker("crossed") and any(pair in item.nodeid for pair in CROSSED)
        if crossed and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="this store with this engine: --long"))
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="--long"))


class _BrowsersTogether(LoadScopeScheduling):  # type: ignore[misc]
    """Every test by itself, wherever there is time; those with a browser on one worker, as they share a service."""

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Not `xdist_group`: xdist 3.8 writes the group into what pytest 9.2 no longer reads."""
    return _BrowsersTogether(config, log)


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """A password's hash takes a third of a second on purpose, and every test would pay for it twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(password, "METHOD", "scrypt:256:8:1")
        yield


@pytest.fixture(scope="session", autouse=True)
def routes_compiled_once() -> Iterator[None]:
    """Every test has an application of its own, and compiling the same 170 routes takes nearly all of its making."""
    compiled: dict[object, Any] = {}
    compile_builder = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Any:  # noqa: FBT001, FBT002  # as the original
        key = (rule.rule, append_unknown, *rule._trace, *(rule.defaults or {}).items())
        if key not in compiled:
            compiled[key] = compile_builder(rule, append_unknown)
        return compiled[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    workerinput: dict[str, str] = getattr(request.config, "workerinput", {})
    return workerinput.get("workerid", "main")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("template") / "signup.db"
    _migrate(f"sqlite:///{path}", path.parent)
    with_wal = path.with_name("signup.db-wal")
    assert not with_wal.exists() or with_wal.stat().st_size == 0
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated PostgreSQL database of this test process' own."""
    server = services.postgresql_url()
    name = f"signup_test_{os.getpid()}_{worker_id}"
    url = services.create_database(server, name)
    _hurry(url)
    _migrate(url, tmp_path_factory.mktemp("pg"))
    yield url
    services.drop_database(server, name)


def _hurry(url: str) -> None:
    """Nobody pulls the plug on a test's database: it need not wait for the disk."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{engine.url.database}" SET synchronous_commit = off'))
    engine.dispose()


def _migrate(url: str, var: Path) -> None:
    app = create_app(settings_for(url, var))
    with app.app_context():
        upgrade()
        close_connections()


def settings_for(url: str, var: Path, **more: str) -> Settings:
    """Settings of a test's application."""
    environment = {
        "DATABASE_URL": url,
        "SIGNUP_VAR": str(var),
        "SECRET_KEYS": KEY.replace(" ", "-").replace(",", ""),
        "PUBLIC_URL": "http://signup.example.org",
        "DATABASE_POOL": "70",
        "LIMIT_DOMAIN_PER_HOUR": "10000",  # the whole cast lives at one domain
        "LIMIT_UNCONFIRMED_SHARE": "100",
        "DNS_SERVER": "off",
    }
    return Settings.from_environment(environment | {name.upper(): value for name, value in more.items()})


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty, migrated database on one of the engines."""
    if request.param == "sqlite":
        path = tmp_path / "signup.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("migrated_postgresql")
    return url


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    """A relay that keeps what it is given, and can be told what to answer."""
    box = Mailbox(tmp_path / "mail", services.free_port())
    yield box
    box.stop()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Every test has an application of its own; their templates are compiled once."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


_compiled: dict[str, tuple[Any, Any]] = {}


def _share_compiled_statements(app: Flask) -> None:
    """What a statement is in SQL, every engine finds out for itself; here one finds it out for all of its kind."""
    with app.app_context():
        engine: Any = db.engine
        if engine.dialect.name not in _compiled:
            engine.connect().close()  # what the others take over must know its server, though its own test may not ask
    known = _compiled.setdefault(engine.dialect.name, (engine.dialect, engine._compiled_cache))
    engine.dialect, engine._compiled_cache = known
    engine.pool._dialect = engine.dialect


@pytest.fixture
def make_app(
    database_url: str, tmp_path: Path, mailbox: Mailbox, compiled_templates: FileSystemBytecodeCache
) -> Iterator[Callable[..., Flask]]:
    """Builds applications on the test's database; each keyword is a setting."""
    made: list[Flask] = []

    def make(**more: str) -> Flask:
        app = create_app(settings_for(database_url, tmp_path, **({"smtp_url": mailbox.url} | more)))
        app.jinja_env.bytecode_cache = compiled_templates
        _share_compiled_statements(app)
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["signup.stopping"].set()
        for thread in threading.enumerate():
            if thread.name == export_job.HELPER:
                thread.join(10)
        with app.app_context():
            db.session.remove()
            # Who still holds one would give it back to a pool that is no more.
            assert not connections_in_use()
            if app is made[0] and db.engine.dialect.name == "postgresql":
                # TRUNCATE makes a new file for every table and index; the role switches the guards off.
                empty = "; ".join(f'DELETE FROM "{table.name}"' for table in Base.metadata.sorted_tables)
                with db.engine.begin() as connection:
                    connection.execute(text(f"SET LOCAL session_replication_role = replica; {empty}"))
            close_connections()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application on an empty database. Its context is not pushed: a request shares none with the test."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """The application with its context pushed, for tests below the doors."""
    with app.app_context():
        yield app
