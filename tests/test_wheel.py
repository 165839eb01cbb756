"""The wheel carries everything: in an empty folder it migrates, serves, writes mails and shows help."""

import os
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from pathlib import Path
from zipfile import ZipFile

import pytest

from signup import __version__
from tests.services import free_port

ROOT = Path(__file__).parents[1]
WITHIN_SECONDS = 60
IN_FRENCH = """
import signup
from signup.admin.help import help_pages
from signup.app import create_app
from signup.mailer import compose
from signup.mailer.mail_template import SHIPPED, service
from signup.mailer.message_kind import MessageKind

app = create_app()
with app.test_request_context():
    print(signup.__file__)
    print(help_pages.read("quickstart", "fr").title)
    print(compose.preview(MessageKind.CONFIRM, "fr", service(), SHIPPED, MessageKind.CONFIRM.rules.sample).text)
"""

pytestmark = pytest.mark.one_engine


def call(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; the repository is on none of its paths."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNUP_", "PYTHON"))}
    done = subprocess.run(
        command, cwd=cwd, env=clean | environment, capture_output=True, text=True, check=False, timeout=WITHIN_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = ("wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    call(sys.executable, "-m", "pip", *build, cwd=folder)
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def venv(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel of its own, and what it depends on from ours."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    call(sys.executable, "-m", "venv", "--without-pip", folder, cwd=wheel.parent)
    install = ("install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel)
    call(sys.executable, "-m", "pip", "--python", folder / "bin" / "python", *install, cwd=wheel.parent)
    [packages] = folder.glob("lib/python*/site-packages")
    # Only the folder: the .pth files in it, one of which names the repository, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def test_the_wheel_holds_what_lies_beside_the_package(wheel: Path) -> None:
    assert wheel.name == f"signup-{__version__}-py3-none-any.whl"
    held = set(ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "templates", "migrations", "translations/*.mo", "docs/*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert len(tracked) > 100
    assert [path for path in tracked if f"signup/project/{path}" not in held] == []
    assert {name.partition("/")[0] for name in held} == {"signup", f"signup-{__version__}.dist-info"}


@pytest.fixture(scope="module")
def home(venv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was empty before the wheel's own `migrate`."""
    folder = tmp_path_factory.mktemp("home")
    call(venv / "bin" / "signup", "migrate", cwd=folder)
    return folder


def test_it_writes_mails_and_shows_help_in_french(venv: Path, home: Path) -> None:
    assert call(venv / "bin" / "signup", "--version", cwd=home).split()[-1] == __version__
    told = call(venv / "bin" / "python", "-c", IN_FRENCH, cwd=home)
    assert told.startswith(str(venv))
    assert "Premiers pas" in told
    assert "Confidentialité" in told


def test_its_web_server_shows_pages_in_the_visitors_language(venv: Path, home: Path) -> None:
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "SIGNUP_PORT": str(port)}
    with subprocess.Popen([venv / "bin" / "signup", "web"], cwd=home, env=environment) as web:
        try:
            page = _page(f"http://127.0.0.1:{port}/admin/sign-in")
        finally:
            web.terminate()
    assert "Mot de passe" in page


def _page(url: str) -> str:
    """The page in French, as soon as the server listens."""
    asked = urllib.request.Request(url, headers={"Accept-Language": "fr"})  # noqa: S310  # our own server
    ends = time.monotonic() + WITHIN_SECONDS
    while True:
        try:
            with urllib.request.urlopen(asked) as answer:  # noqa: S310
                return str(answer.read().decode())
        except urllib.error.URLError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
