"""Prepares a measurement: a scratch database with a form, and the processes that are measured; cleans all up."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from signup.app import create_app
from signup.consent.mailing_list import MailingList
from signup.forms.form import Definition, Form
from signup.ground.config import PROJECT, Settings
from signup.ground.db import db, transaction

READY_WITHIN = 30.0
MANY = "1000000000"
WORDING = "I would like to receive the letter by e-mail. I can leave at any time."


class Stage:
    """Settings for every process of one run, and the form they use."""

    def __init__(self, var: Path, database_url: str, broker_url: str) -> None:
        self.web_port, self.smtp_port = free_port(), free_port()
        self.environment = {
            "SIGNUP_VAR": str(var),
            "DATABASE_URL": database_url,
            "BROKER_URL": broker_url,
            "SIGNUP_PORT": str(self.web_port),
            "SMTP_URL": f"smtp://127.0.0.1:{self.smtp_port}?starttls=no",
            "TRUSTED_PROXIES": "1",
            "LIMIT_LIST_PER_HOUR": MANY,
            "LIMIT_ALL_PER_HOUR": MANY,
            "LIMIT_DOMAIN_PER_HOUR": MANY,
            "LIMIT_KEY_PER_MINUTE": MANY,
            "LIMIT_UNCONFIRMED_SHARE": "100",  # still looked at, never passed
            "DNS_SERVER": "off",
            "LOG_LEVEL": "ERROR",
        }
        self.app: Flask = create_app(Settings.from_environment({k: v for k, v in self.environment.items() if v}))
        with self.app.app_context():
            upgrade()
            if db.session.scalar(text("SELECT count(*) FROM contact")):
                raise click.ClickException("this database holds contacts: measure on a scratch database")
            self.form_id, self.list_slug = _make_form()

    @contextmanager
    def web(self, processes: int, threads: int) -> Iterator[subprocess.Popen[bytes]]:
        """Gunicorn with the measured application."""
        options = [
            "--config",
            "python:signup.service.gunicorn_conf",
            "--workers",
            str(processes),
            "--threads",
            str(threads),
        ]
        bind = ["--bind", f"127.0.0.1:{self.web_port}", "signup.bench.bench_web:app"]
        with running([sys.executable, "-m", "gunicorn", *options, *bind], self.environment) as process:
            wait_for_port(self.web_port)
            time.sleep(1.0)  # every web process has loaded the application
            yield process

    @contextmanager
    def sink(self) -> Iterator[None]:
        """The relay."""
        with running([sys.executable, "-m", "signup.bench.sink", str(self.smtp_port)], {}):
            wait_for_port(self.smtp_port)
            yield

    @contextmanager
    def workers(self, processes: int) -> Iterator[None]:
        """Dramatiq with its sending threads."""
        with running([sys.executable, "-m", "signup", "worker", "--processes", str(processes)], self.environment):
            yield


def _make_form() -> tuple[str, str]:
    with transaction():
        mailing_list = MailingList(
            slug=f"bench-{os.getpid()}",
            name="Bench",
            sender_name="Bench",
            sender_address="bench@example.org",
            controller="Bench",
            privacy_url="https://example.org/privacy",
        )
        db.session.add(mailing_list)
        db.session.flush()
        form = Form(name="Bench", list_id=mailing_list.id)
        form.publish(Definition(title="Bench", wording=WORDING))
    return form.public_id, mailing_list.slug


@contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process and all its children, ended at the end."""
    process = subprocess.Popen(command, cwd=PROJECT, env=os.environ | dict(environment), start_new_session=True)  # noqa: S603  # our own commands
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_for_port(port: int) -> None:
    """Until somebody listens there."""
    ends = time.monotonic() + READY_WITHIN
    while time.monotonic() < ends:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.05)
    raise click.ClickException(f"nothing answers on port {port}")


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def peak_memory(pid: int) -> int:
    """The most memory (bytes) that a process and its children held at once, each on its own; Linux only, else 0."""
    peaks = [_high_water(child) for child in [pid, *_children(pid)]]
    return max(peaks, default=0)


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _high_water(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)
