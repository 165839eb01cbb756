"""Why the database does not work is told apart, told once, and seen by whoever watches the service."""

import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.testing import capture_logs

from signup.app import create_app
from signup.contacts.contact import Contact
from signup.ground import database_outage
from signup.ground.database_outage import Cause
from signup.ground.db import close_connections, db, is_outage, transaction
from signup.ground.jobs import Keeper
from signup.service import doctor, probe
from tests import services
from tests.cast import BLOG, EVE, make_form, sign_up
from tests.contexts import context_of_test
from tests.shared_app import settings_for

pytestmark = pytest.mark.both_engines


def sqlite_error(code: int, words: str) -> sqlite3.Error:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


TOLD = [
    (psycopg.errors.DiskFull("could not extend file"), Cause.FULL),
    (psycopg.OperationalError("FATAL: could not write: No space left on device"), Cause.FULL),
    (sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full"), Cause.FULL),
    (OSError(errno.ENOSPC, "No space left on device"), Cause.FULL),
    (psycopg.errors.TooManyConnections("too many"), Cause.CLIENTS),
    (psycopg.OperationalError("FATAL:  sorry, too many clients already"), Cause.CLIENTS),
    (psycopg.OperationalError("FATAL:  remaining connection slots are reserved for superusers"), Cause.CLIENTS),
    (psycopg.OperationalError("no more connections allowed (max_client_conn)"), Cause.CLIENTS),
    (psycopg.OperationalError('FATAL:  password authentication failed for user "signup"'), Cause.REFUSED),
    (psycopg.OperationalError("fe_sendauth: no password supplied"), Cause.REFUSED),
    (psycopg.OperationalError('FATAL:  role "signup" does not exist'), Cause.REFUSED),
    (psycopg.errors.InsufficientPrivilege("permission denied for table contact"), Cause.REFUSED),
    (psycopg.OperationalError('FATAL:  database "signup" does not exist'), Cause.NO_DATABASE),
    (psycopg.errors.UndefinedTable('relation "contact" does not exist'), Cause.SCHEMA),
    (psycopg.errors.UndefinedColumn('column "suspect" does not exist'), Cause.SCHEMA),
    (sqlite_error(sqlite3.SQLITE_ERROR, "no such table: contact"), Cause.SCHEMA),
    (sqlite_error(sqlite3.SQLITE_ERROR, "no such column: suspect"), Cause.SCHEMA),
    (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), Cause.READ_ONLY),
    (sqlite_error(sqlite3.SQLITE_READONLY, "attempt to write a readonly database"), Cause.READ_ONLY),
    (sqlite_error(sqlite3.SQLITE_CANTOPEN, "unable to open database file"), Cause.READ_ONLY),
    (sqlite_error(sqlite3.SQLITE_BUSY, "database is locked"), Cause.BUSY),
    (sqlite_error(sqlite3.SQLITE_CORRUPT, "database disk image is malformed"), Cause.DAMAGED),
    (psycopg.errors.InvalidSqlStatementName("prepared statement does not exist"), Cause.POOLER),
    (psycopg.errors.DuplicatePreparedStatement("already exists"), Cause.POOLER),
    (psycopg.errors.AdminShutdown("terminating connection"), Cause.AWAY),
    (psycopg.OperationalError("connection refused"), Cause.AWAY),
    (PoolTimeout("all connections are in use"), Cause.POOL),
]
NO_OUTAGE = [
    psycopg.errors.UniqueViolation("duplicate key"),
    psycopg.errors.SyntaxError("syntax error"),
    psycopg.DataError("NUL"),
    sqlite3.IntegrityError("UNIQUE constraint failed"),
    ValueError("no database"),
    FileNotFoundError(errno.ENOENT, "no such file"),
]


@pytest.mark.parametrize(("error", "cause"), TOLD, ids=lambda value: str(value)[:40])
def test_each_cause_is_told_apart(error: Exception, cause: Cause) -> None:
    found = database_outage.outage(error)
    assert found
    assert (found.cause, bool(found.means), bool(found.detail)) == (cause, True, True)
    wrapped = database_outage.outage(DBAPIError("SELECT", {}, error))
    assert isinstance(error, OSError | PoolTimeout) or (wrapped and wrapped.cause == cause)


@pytest.mark.parametrize("error", NO_OUTAGE, ids=str)
def test_what_was_asked_wrong_is_no_outage(context: Flask, error: Exception) -> None:
    assert database_outage.outage(error) is None
    assert not is_outage(error)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"username": "nobody_at_all"}, Cause.REFUSED),
        ({"database": "none_at_all"}, Cause.NO_DATABASE),
        ({"port": 1}, Cause.AWAY),
    ],
)
def test_the_servers_own_words_are_understood(change: dict[str, Any], cause: Cause) -> None:
    engine = create_engine(make_url(services.postgresql_url()).set(**change), connect_args={"connect_timeout": 3})
    with pytest.raises(DBAPIError) as refused:
        engine.connect()
    engine.dispose()
    found = database_outage.outage(refused.value)
    assert found
    assert found.cause == cause


@pytest.fixture(autouse=True)
def told_nothing_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_outage, "_tell", database_outage._Teller())


def fill_the_disk(app: Flask) -> None:
    """From now on nothing more can be written, as on a full disk; reading goes on."""
    if db.engine.dialect.name == "postgresql":
        for table in ("contact", "beat", "limit_counter"):
            with transaction():
                db.session.execute(text(_FULL.format(table=table)))
    else:
        with db.engine.connect() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
        for engine in (db.engine, app.extensions["signup.driver_pool"].engine):
            event.listen(engine, "connect", lambda raw, _record: raw.execute(f"PRAGMA max_page_count={pages}"))
        close_connections()
        with pytest.raises(DBAPIError, match="full"):
            use_up_the_last_pages()


def use_up_the_last_pages() -> None:
    insert = text("INSERT INTO beat (name, at, owner) VALUES (:name, '2026', :owner)")
    for number in range(2_000):
        with transaction():
            db.session.execute(insert, {"name": f"filler {number}", "owner": "x" * 40})


_FULL = """
    CREATE OR REPLACE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION disk_full()
"""


@pytest.fixture
def full(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    app = make_app()
    make_form()
    fill_the_disk(app)
    yield app
    if db.engine.dialect.name == "postgresql":
        with transaction():
            db.session.execute(text("DROP FUNCTION disk_full() CASCADE"))


def test_a_full_disk_is_told_once_with_its_cause_and_no_traceback(full: Flask) -> None:
    client = full.test_client()
    form_id = db.session.scalar(text("SELECT public_id FROM form"))
    db.session.remove()
    with capture_logs() as logs:
        for number in range(20):
            answer = sign_up(client, form_id, f"visitor-{number}@example.org")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    away = [entry for entry in logs if entry["event"] == "database.away"]
    assert len(away) == 1
    assert away[0]["cause"] == "disk full"
    assert "free some space" in away[0]["means"]
    assert all(len(str(entry)) < 1_000 for entry in logs)


def test_a_full_disk_is_seen_by_who_watches(full: Flask) -> None:
    answer = full.test_client().get("/readyz")
    assert (answer.status_code, (answer.json or {})["database"]) == (503, "disk full")
    found = findings(full)
    assert found["writing"].state == "wrong"
    assert "disk of the database is full" in found["writing"].detail


def findings(app: Flask) -> dict[str, doctor.DoctorFinding]:
    found = {finding.check: finding for finding in doctor.examine(app.extensions["signup.settings"])}
    db.session.remove()
    return found


def test_a_healthy_service_is_ready_without_workers_and_says_that_none_is_there(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert (answer.json or {}) | {"broker": ""} == {
        "status": "ready",
        "database": "ok",
        "broker": "",
        "sweeper": "no worker has swept for a minute",
        "relay": "ok",
        "ledger": "ok",
    }
    assert client.get("/readyz?workers=1").status_code == 503


def test_the_workers_are_asked_for_by_who_wants_to_know(app: Flask, client: FlaskClient) -> None:
    sweep = next(chore for chore in app.extensions["signup.chores"] if chore.name == "sweep")
    Keeper(app)._do(sweep)
    assert client.get("/readyz?workers=1").status_code == 200


def test_a_healthy_service_finds_nothing_wrong_with_its_database(app: Flask) -> None:
    found = findings(app)
    for check in ("schema", "writing", "connections", "disk", "failed mails"):
        assert found[check].state in {"ok", "note"}, found[check]
    assert found["schema"] == doctor.DoctorFinding("schema", "ok", probe._scripts().get_current_head() or "")


@pytest.mark.parametrize("version", ["0001", "0021"])
def test_an_older_schema_is_not_ready_and_a_newer_one_is(
    app: Flask, client: FlaskClient, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move_to(found: str) -> None:
        with app.app_context(), transaction():
            db.session.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": found})
        app.extensions.pop("signup.database_state", None)

    head = probe._scripts().get_current_head() or ""
    try:
        move_to(version)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert f"schema {version}" in (answer.json or {})["database"]
        assert "signup migrate" in (answer.json or {})["database"]
        assert findings(app)["schema"].state == "wrong"
        move_to("9999")
        assert client.get("/readyz").status_code == 200
        assert findings(app)["schema"].state == "note"
    finally:
        move_to(head)


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A service whose database is empty: nobody has run `signup migrate`."""
    url, server, name = f"sqlite:///{tmp_path}/empty.db", services.postgresql_url(), f"signup_empty_{id(tmp_path)}"
    if request.param == "postgresql":
        url = services.create_database(server, name)
    app = create_app(settings_for(url, tmp_path))
    with context_of_test(app):
        yield app
        close_connections()
    services.drop_database(server, name)


def test_without_a_schema_every_door_says_so_and_the_log_says_it_once(unmigrated: Flask) -> None:
    client = unmigrated.test_client()
    keeper = Keeper(unmigrated)
    with capture_logs() as logs:
        for _press in range(5):
            assert client.get("/f/0000000000").status_code == 503
            assert client.post("/f/0000000000", data={"email": EVE}, headers={"Origin": BLOG}).status_code == 503
        for chore in unmigrated.extensions["signup.chores"]:
            keeper._do(chore)
    answer = client.get("/readyz")
    assert (answer.status_code, (answer.json or {})["database"].startswith("schema missing")) == (503, True)
    found = findings(unmigrated)
    assert (found["schema"].state, "signup migrate" in found["schema"].detail) == ("wrong", True)
    told = [entry for entry in logs if entry["event"] in {"database.away", "chore.failed"}]
    assert {entry.get("cause") for entry in told} == {"schema missing or old"}
    assert len(told) == 2
    assert not any("exc_info" in entry for entry in logs)


def test_a_probe_does_not_wait_for_who_is_writing(app: Flask, client: FlaskClient) -> None:
    with transaction():
        db.session.execute(select(Contact.id))
        assert client.get("/readyz").status_code == 200


def test_who_asks_again_at_once_gets_the_last_look(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = []
    monkeypatch.setattr(probe, "write", lambda: writes.append(1))
    for _time in range(5):
        assert client.get("/readyz").status_code == 200
    assert len(writes) == 1


def test_many_connections_in_use_are_noted_before_the_server_refuses(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for used, state in ((10, "ok"), (80, "note"), (97, "wrong")):
        monkeypatch.setattr(probe, "connections", lambda used=used: probe.Connections(used, 100, 20))
        assert findings(app)["connections"].state == state


def test_a_small_rest_of_the_disk_is_noted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    states: list[str] = []
    for free in (50_000_000_000, 500_000_000, 5_000_000):
        monkeypatch.setattr(probe, "free_space", lambda _folder, free=free: free)
        states.append(findings(app)["disk"].state)
    assert states == ["ok", "note", "wrong"]


def test_an_outage_is_told_again_after_a_while_with_how_often_it_was_met(monkeypatch: pytest.MonkeyPatch) -> None:
    at = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: at)
    with capture_logs() as logs:
        for _time in range(10):
            database_outage.tell(psycopg.errors.DiskFull("full"))
        database_outage.tell(psycopg.errors.TooManyConnections("many"))
        database_outage.tell(ValueError("none of ours"))
        at += database_outage.TELL_EVERY + 1
        database_outage.tell(psycopg.errors.DiskFull("full"))
    assert [(entry["cause"], entry["times"]) for entry in logs] == [
        ("disk full", 1),
        ("too many clients", 1),
        ("disk full", 10),
    ]
