"""What the service writes is for its own user, whatever the umask; what was open before is closed at the start."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from click.testing import CliRunner
from flask import Flask

from signup.cli.main import main
from signup.exports.export_stream import folder
from signup.ground.config import Settings
from signup.ground.db import close_connections
from signup.ground.private_files import make_private, open_to_others, tighten
from signup.incentives import incentive
from signup.service import doctor
from tests.cast import ADA, drain, make_form, sign_up
from tests.faults.service import Service, environment, running, wait_until
from tests.services import free_port


@pytest.fixture(autouse=True)
def _careless() -> Iterator[None]:
    """A user whose files everybody may read and change."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(path: Path) -> dict[str, str]:
    """The modes of all below, of what others may do anything with."""
    return {str(one.relative_to(path)): oct(stat.S_IMODE(one.lstat().st_mode)) for one in open_to_others(path)}


@pytest.mark.one_engine
def test_a_whole_service_leaves_nothing_open_and_forgets_the_link_that_was_used(
    database_url: str, tmp_path: Path
) -> None:
    var = tmp_path / "careless" / "var"
    settings = ("SIGNUP_PORT", "SIGNUP_DEMO_PORT", "SIGNUP_MAIL_PORT", "SIGNUP_SMTP_PORT")
    ports = {name: str(free_port()) for name in settings}
    more = {"PUBLIC_URL": f"http://127.0.0.1:{ports['SIGNUP_PORT']}", "SMTP_URL": "", "SECRET_KEYS": ""}
    own = environment(f"sqlite:///{var}/signup.db", var, **ports, **more)
    ready = var / "run.json"
    with running(service := Service(own, "run")):
        wait_until(lambda: ready.exists() or not service.is_running, 40, "run is up", 0.1)
        assert modes(var) == {}
        assert {"signup.db", "signup.db-wal", "signup.db-shm", "secret.key", "files"} <= {
            one.name for one in var.iterdir()
        }
        link = json.loads(ready.read_text())["admin_url"]
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        token = re.findall(r'name="csrf_token" value="([^"]+)"', browser.open(link).read().decode())[0]
        page = browser.open(link, urlencode({"csrf_token": token}).encode())
        assert (page.status, urlsplit(page.url).path) == (200, "/admin/")
        assert urlsplit(json.loads(ready.read_text())["admin_url"]).path == "/admin/sign-in"
        assert urlsplit(link).path not in ready.read_text()
    assert modes(var) == {}


def test_exports_mails_and_files_to_give_are_private(app: Flask, tmp_path: Path, form_id: str) -> None:
    incentive.store("Another", "a.pdf", b"%PDF", "application/pdf")
    (folder() / "made").write_text(ADA)
    sign_up(app.test_client(), form_id, ADA)
    drain(app)
    kept = tmp_path / "kept.csv"
    kept.write_text("of before")
    kept.chmod(0o666)
    for out in (tmp_path / "new.csv", kept):
        done = CliRunner().invoke(main, ["export", "the-letter", "--status", "any", "--out", str(out)], obj=lambda: app)
        assert done.exit_code == 0, done.output
        assert ADA in out.read_text()
    left = {name: mode for name, mode in modes(tmp_path).items() if "relay" not in name}
    assert {name for name in left if name.endswith(".csv") or name.startswith(("files", "exports"))} == set()


@pytest.mark.one_engine
def test_what_was_open_is_closed_at_the_start(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    below = tmp_path / "exports" / "deep"
    below.mkdir(parents=True)
    (below / "addresses.csv").write_text(ADA)
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.write_text("somebody else's")
    (tmp_path / "link").symlink_to(outside)
    for path in (tmp_path, tmp_path / "exports", below, below / "addresses.csv"):
        path.chmod(0o777)
    assert len(modes(tmp_path)) >= 4
    make_app()
    assert modes(tmp_path) == {}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o666  # a link leads elsewhere
    assert (below / "addresses.csv").read_text() == ADA


@pytest.mark.one_engine
def test_the_doctor_names_what_others_may_read(app: Flask, tmp_path: Path) -> None:
    settings: Settings = app.extensions["signup.settings"]

    def told() -> doctor.DoctorFinding:
        return next(one for one in doctor.examine(settings) if one.check == "private files")

    tighten(tmp_path)
    assert told().state == "ok"
    (tmp_path / "mail").mkdir(exist_ok=True)
    (tmp_path / "mail" / "one.eml").write_text(ADA)
    (tmp_path / "mail" / "one.eml").chmod(0o644)
    assert told().state == "wrong"
    assert f"{tmp_path / 'mail' / 'one.eml'}" in told().detail
    close_connections()


def test_a_pipe_and_somebody_elses_file_stay_as_they_are(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo, 0o666)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with fifo.open("wb") as writer:
        make_private(writer)
    os.close(reader)
    assert stat.S_IMODE(fifo.stat().st_mode) == 0o666
    tighten(tmp_path / "is not there")


@pytest.mark.one_engine
def test_a_file_that_cannot_be_written_is_one_clear_line(app: Flask, tmp_path: Path) -> None:
    make_form(magnet=False)
    done = CliRunner().invoke(main, ["export", "the-letter", "--out", str(tmp_path / "no" / "a.csv")], obj=lambda: app)
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "a.csv: No such file or directory" in done.output


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "wrong"),
        ({"TRUSTED_PROXIES": "0"}, "note"),
        ({"TRUSTED_PROXIES": "1"}, "ok"),
        ({"PUBLIC_URL": "http://localhost"}, "ok"),
    ],
)
def test_behind_tls_without_a_proxy_is_wrong_unless_it_is_meant(more: dict[str, str], state: str) -> None:
    given = {"SECRET_KEYS": "k" * 32, "PUBLIC_URL": "https://signup.example.org"}
    assert doctor._proxies(Settings.from_environment(given | more)).state == state
