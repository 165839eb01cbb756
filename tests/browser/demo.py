"""The demo that `run` starts: its addresses, its console, and the mails that it sent."""

import email
import email.policy
import functools
import json
import time
import urllib.request
from typing import Any

import pytest
from flask import Flask

from signup.app import create_app
from signup.cli.main import main
from signup.ground.config import Settings
from tests.cast import text_of


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


def mail_to(demo: Demo, address: str, subject: str = "confirm") -> str:
    """The text of the newest mail to an address, once it is there."""
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with _fetch(f"{demo.mail_url}messages.json") as answer:
            found = [m["id"] for m in json.load(answer) if m["to"] == address and subject in m["subject"]]
        if found:
            with _fetch(f"{demo.mail_url}messages/{found[0]}.eml") as answer:
                return text_of(email.message_from_bytes(answer.read(), policy=email.policy.default))
        time.sleep(0.05)
    pytest.fail(f"no mail to {address}")


def _fetch(url: str, method: str = "GET") -> Any:
    return urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10)  # noqa: S310  # our own server
