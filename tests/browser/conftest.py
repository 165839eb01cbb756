"""`signup run` as a user starts it, and a real Chromium in front of it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from signup.app import create_app
from signup.forms.form import Form, find_form
from signup.forms.live_form import FRESH_SECONDS
from signup.forms.question import Option, Question
from signup.ground.config import Settings
from signup.ground.db import close_connections, transaction
from tests.browser.demo import Demo
from tests.browser.website import PHONE, Pages, Website, WebsiteHandler
from tests.services import find_chromium, free_port

expect.set_options(timeout=30_000)  # beside tests that kill and flood, a page may take its time
ROOT = Path(__file__).parents[2]
READY_WITHIN = 60
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`python -m signup run` on ports of its own."""
    var = tmp_path_factory.mktemp("run") / "var"
    ports = ("SIGNUP_PORT", "SIGNUP_DEMO_PORT", "SIGNUP_MAIL_PORT", "SIGNUP_SMTP_PORT")
    environment = os.environ | {name: str(free_port()) for name in ports} | {"SIGNUP_VAR": str(var)}
    log = (var.parent / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "signup", "run"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield Demo(_facts(var / "run.json", process), environment)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(10) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            log.close()


def _facts(path: Path, process: subprocess.Popen[bytes]) -> dict[str, str]:
    ends = time.monotonic() + READY_WITHIN
    while time.monotonic() < ends and process.poll() is None:
        if path.exists():
            facts: dict[str, str] = json.loads(path.read_text())
            return facts
        time.sleep(0.05)
    pytest.fail("signup run did not get ready")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium was found, and CI must not go without")
        pytest.skip("no Chromium was found: install one, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own: no cookie from anybody before."""
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, demo: Demo) -> Iterator[Any]:
    """Opal, signed in by the link that `run` prints."""
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(demo.admin_url)
    page.click("main button")
    page.wait_for_url("**/admin/")
    yield context
    context.close()


@pytest.fixture(scope="session")
def pages() -> Iterator[Pages]:
    server = Pages(("127.0.0.1", 0), WebsiteHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def origin(pages: Pages) -> str:
    return f"http://127.0.0.1:{pages.server_port}"


@pytest.fixture(scope="session")
def asking_form(demo: Demo, origin: str) -> str:
    """Allows the test's website; and a twin of the demo form on the same list, with two questions left for later."""
    app = create_app(Settings.from_environment(demo.environment))
    with app.app_context():
        first = find_form(demo.form_id)
        origins = (*first.version.definition.allowed_origins, origin)
        options = (Option(value="solo", label="On my own"), Option(value="team", label="In a team"))
        fields = (
            Question(key="first_name", type="text", label="First name"),
            Question(key="work", type="choice", label="How do you work?", options=options, is_later=True),
            Question(key="town", type="text", label="Town", is_later=True),
        )
        twin = Form(name="Twin", list_id=first.list_id)
        allowed = first.version.definition.model_copy(update={"allowed_origins": origins})
        with transaction():
            first.publish(allowed)
            twin.publish(allowed.model_copy(update={"fields": fields}))
        found = twin.public_id
        close_connections()
    time.sleep(FRESH_SECONDS)  # the service reads its forms anew
    return found


@pytest.fixture
def website(visitor: BrowserContext, demo: Demo, pages: Pages, origin: str, asking_form: str) -> Iterator[Website]:
    site = Website(visitor, demo, pages, origin)
    yield site
    assert not [line for line in site.said if line.startswith("crash")], site.said


@pytest.fixture
def phone(browser: Browser, demo: Demo, pages: Pages, origin: str, asking_form: str) -> Iterator[Website]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
    yield Website(context, demo, pages, origin)
    context.close()
