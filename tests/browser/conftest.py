"""`signup run` as a user starts it, and a real Chromium in front of it."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from signup.app import create_app
from signup.cli.main import main
from signup.ground.config import Settings
from tests.services import find_chromium, free_port

expect.set_options(timeout=30_000)  # beside tests that kill and flood, a page may take its time
ROOT = Path(__file__).parents[2]
READY_WITHIN = 60
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)


class Demo:
    """The addresses that `run` wrote, and the environment that its console commands need."""

    def __init__(self, facts: dict[str, str], environment: dict[str, str]) -> None:
        self.facts = facts
        self.environment = environment

    def __getattr__(self, name: str) -> str:
        return self.facts[name]

    @functools.cached_property
    def app(self) -> Flask:
        """The same installation, for the console: a process of its own takes seconds to come up."""
        return create_app(Settings.from_environment(self.environment))

    def console(self, *words: str) -> str:
        done = self.app.test_cli_runner().invoke(main, list(words), obj=lambda: self.app)
        assert done.exit_code == 0, done.output
        return done.stdout


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
