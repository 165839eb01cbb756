"""Every test that asks for `app` runs on both engines, with a real relay and an empty, migrated database."""

import gc

gc.disable()  # modules and tests stay to the end: the collector need not look through them again and again

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings

from signup.access import password
from signup.app import create_app
from signup.ground.db import close_connections
from tests import cast, services
from tests.cast import Mailbox
from tests.contexts import context_of_test
from tests.databases import ENGINES, PostgresqlDatabase, SqliteDatabase
from tests.shared_app import SharedApp, release, settings_for, stop

EXAMPLES, MANY_EXAMPLES = 40, 400
"""How often a property is tried, and how often with `--long`."""
MEMORY, ENOUGH = Path("/dev/shm"), 4 * 2**30  # noqa: S108  # a folder of its own within

pytest_plugins = ["tests.selection"]


def pytest_configure(config: pytest.Config) -> None:
    # SQLite waits for its disk at every commit: tests write to memory where there is plenty.
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    # What a property must hold is no question of time, and our fixtures are as good for the second example.
    unasked = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    examples = MANY_EXAMPLES if config.getoption("--long") else EXAMPLES
    settings.register_profile("suite", max_examples=examples, deadline=None, suppress_health_check=unasked)
    settings.load_profile("suite")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """A password's hash takes a third of a second on purpose, and every test would pay for it twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(password, "METHOD", "scrypt:256:8:1")
        yield


@pytest.fixture
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether a flood, a property or a series of kills runs in full length, as it does before a release."""
    return bool(request.config.getoption("--long"))


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
    """A migrated PostgreSQL database to copy from."""
    name = f"signup_template_{os.getpid()}_{worker_id}"
    yield _migrated_postgresql(name, tmp_path_factory.mktemp("pg"))
    services.drop_database(services.postgresql_url(), name)


def _migrated_postgresql(name: str, var: Path) -> str:
    url = services.create_database(services.postgresql_url(), name)
    _migrate(url, var)
    return url


def _migrate(url: str, var: Path) -> None:
    app = create_app(settings_for(url, var))
    with app.app_context():
        upgrade()
        close_connections()


@pytest.fixture(scope="session")
def sqlite_database(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabase:
    return SqliteDatabase(migrated_sqlite, tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_database(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlDatabase]:
    name = f"signup_test_{os.getpid()}_{worker_id}"
    database = PostgresqlDatabase(_migrated_postgresql(name, tmp_path_factory.mktemp("pg")))
    yield database
    database.close()
    services.drop_database(services.postgresql_url(), name)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, migrated database on one of the engines."""
    database: SqliteDatabase | PostgresqlDatabase = request.getfixturevalue(f"{request.param}_database")
    yield database.url
    database.empty()


@pytest.fixture(scope="session")
def relay_of_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path_factory.mktemp("relay"), services.free_port())
    yield box
    box.stop()


@pytest.fixture
def mailbox(relay_of_worker: Mailbox, tmp_path: Path) -> Mailbox:
    """A relay that keeps what it is given, and can be told what to answer."""
    relay_of_worker.begin(tmp_path / "mail")
    return relay_of_worker


@pytest.fixture
def contexts() -> Iterator[ExitStack]:
    """The contexts pushed for the test, of the application that was made last on top."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def make_app(
    database_url: str, tmp_path: Path, mailbox: Mailbox, contexts: ExitStack
) -> Iterator[Callable[..., Flask]]:
    """Builds applications on the test's database; each keyword is a setting. The context of the last one is pushed."""
    made: list[Flask] = []

    def make(**more: str) -> Flask:
        made.append(create_app(settings_for(database_url, tmp_path, **({"smtp_url": mailbox.url} | more))))
        contexts.enter_context(context_of_test(made[-1]))
        return made[-1]

    yield make
    contexts.close()
    for app in made:
        stop(app)
        release(app)


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], SharedApp]]:
    """The application of a database, made when a test first asks for it."""
    made: dict[str, SharedApp] = {}

    def of(url: str) -> SharedApp:
        return made.get(url) or made.setdefault(url, SharedApp(url, tmp_path_factory.mktemp("shared")))

    yield of
    for shared in made.values():
        release(shared.app)


@pytest.fixture
def app(
    shared_app: Callable[[str], SharedApp], database_url: str, tmp_path: Path, mailbox: Mailbox, contexts: ExitStack
) -> Iterator[Flask]:
    """The application on an empty database, with a context pushed that no request shares (`contexts`)."""
    app = shared_app(database_url).begin(tmp_path, mailbox.url)
    contexts.enter_context(context_of_test(app))
    yield app
    contexts.close()
    stop(app)
    release(app, keep_few=database_url.startswith("postgresql"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def context(app: Flask) -> Flask:
    """The application, for tests below the doors."""
    return app


# The cast, on the form of `form_id`


@pytest.fixture
def form_id(app: Flask) -> str:
    """The Letter's form; a file whose tests need another one has a fixture of this name."""
    return cast.make_form().public_id


@pytest.fixture
def noise(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    """Other contacts on another list, where a filter could be forgotten."""
    cast.make_noise(app, client, mailbox)


@pytest.fixture
def ada(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str) -> str:
    """The address of Ada, who is confirmed."""
    return _confirmed(app, client, mailbox, form_id, cast.ADA)


@pytest.fixture
def bob(app: Flask, client: FlaskClient, form_id: str) -> str:
    """The address of Bob, who is pending: his email was sent."""
    assert cast.sign_up(client, form_id, cast.BOB).status_code == 202
    cast.drain(app)
    return cast.BOB


@pytest.fixture
def cleo(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str) -> str:
    """The address of Cleo, who was confirmed and has unsubscribed."""
    _confirmed(app, client, mailbox, form_id, cast.CLEO)
    assert client.post(cast.link_in(mailbox.last(cast.CLEO), "unsubscribe")).status_code == 200
    return cast.CLEO


@pytest.fixture
def dan(app: Flask) -> str:
    """The address of Dan, who is on the suppression list."""
    cast.suppress(cast.DAN)
    return cast.DAN


@pytest.fixture
def eve() -> str:
    """The address of Eve, a stranger."""
    return cast.EVE


@pytest.fixture
def opal(app: Flask) -> FlaskClient:
    """The browser of Opal, an operator who has signed in."""
    from tests.admin.cast import signed_in  # noqa: PLC0415  # the admin's rooms, which few tests need

    return signed_in(app)


def _confirmed(app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, address: str) -> str:
    assert cast.sign_up(client, form_id, address).status_code == 202
    cast.confirm_all(app, client, mailbox, address)
    return address
