"""The self-test against really started web, worker and catcher: the whole way, exit 0, and not one row is left."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from signup.app import create_app
from signup.cli.main import main
from signup.ground.config import Settings
from signup.ground.db import Base, close_connections, db
from signup.selftest.doi import SelftestStep, form_to_try, try_out
from tests.cast import Mailbox, make_form
from tests.faults.service import Service, environment, running, wait_until
from tests.services import free_port
from tests.shared_app import settings_for

PASSING = {"beat", "ledger_check", "limit_counter", "round", "search_change", "snapshot"}
"""Nobody's rows: clocks, the day's check, counters that run out, numbers that wait for the search's index, and the mail
templates that the first sign-up of any kind keeps.
"""
STEPS = ["form", "sign-up", "mail", "link", "confirm", "proof", "incentive", "clean up"]


@pytest.fixture
def own(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a whole service on this database, with the catcher as its relay."""
    names = ("SIGNUP_PORT", "SIGNUP_DEMO_PORT", "SIGNUP_MAIL_PORT", "SIGNUP_SMTP_PORT")
    ports = {name: str(free_port()) for name in names}
    more = {"PUBLIC_URL": f"http://127.0.0.1:{ports['SIGNUP_PORT']}", "SMTP_URL": "", "TRUSTED_PROXIES": "0"}
    return environment(database_url, tmp_path, **ports, **more)


@pytest.fixture
def whole(app: Flask, own: dict[str, str], tmp_path: Path) -> Iterator[Flask]:
    """`signup run` is up; the application that its console commands run in. `app` empties the database at the end."""
    with running(service := Service(own, "run")):
        wait_until(lambda: (tmp_path / "run.json").exists() or not service.is_running, 40, "run is up", 0.1)
        assert service.is_running, service.said()
        here = create_app(Settings.from_environment(own))
        yield here
        with here.app_context():
            close_connections()


def ask(app: Flask, *words: str) -> Result:
    return CliRunner().invoke(main, words, obj=lambda: app)


def rows(app: Flask) -> dict[str, int]:
    tables = [table for table in Base.metadata.sorted_tables if table.name not in PASSING]
    return {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_the_service_signs_itself_up_and_leaves_nothing(whole: Flask, tmp_path: Path) -> None:
    before = rows(whole)
    done = ask(whole, "selftest", "doi", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0, told
    assert [step["step"] for step in told["steps"]] == STEPS
    assert all(step["ok"] and not step["look_at"] for step in told["steps"])
    assert "requested, mail_accepted, confirmed" in told["steps"][5]["detail"]
    assert "as uploaded" in told["steps"][6]["detail"]
    assert rows(whole) == before
    assert not list((tmp_path / "mail").glob("*.eml"))


def test_who_interrupts_it_leaves_nothing_either(whole: Flask, tmp_path: Path, database_url: str) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("the cleaning is the same on both engines")

    def enough(step: SelftestStep) -> None:
        if step.step == "mail":
            raise KeyboardInterrupt

    before = rows(whole)
    with whole.test_request_context(), pytest.raises(KeyboardInterrupt):
        try_out(form_to_try(), say=enough)
    assert rows(whole) == before
    assert not list((tmp_path / "mail").glob("*.eml"))


def test_without_a_web_server_it_says_where_to_look(app: Flask, own: dict[str, str]) -> None:
    with app.app_context():
        make_form()
    here = create_app(Settings.from_environment(own))
    done = ask(here, "selftest", "doi")
    assert done.exit_code == 1
    assert "FAILED form" in done.output
    assert "Look at: is `signup web` running" in done.output
    assert "nothing had been stored" in done.output
    with here.app_context():
        close_connections()


def test_with_a_relay_it_says_what_it_cannot_read(
    database_url: str, app: Flask, mailbox: Mailbox, own: dict[str, str], tmp_path: Path
) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("the sender's side is the same on both engines")
    with app.app_context():
        make_form(magnet=False)
    settings = own | {"SMTP_URL": mailbox.url}
    with running(service := Service(settings, "run")):
        wait_until(lambda: (tmp_path / "run.json").exists() or not service.is_running, 40, "run is up", 0.1)
        here = create_app(settings_for(database_url, tmp_path, **{k.lower(): v for k, v in settings.items()}))
        told = json.loads(ask(here, "selftest", "doi", "--json").stdout)
        with here.app_context():
            close_connections()
    assert told["ok"], told
    assert (
        "the mail server accepted it for letter@example.org: 250 OK. The mailbox cannot be read"
        in told["steps"][2]["detail"]
    )
    assert mailbox.mails("letter@example.org")
