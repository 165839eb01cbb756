"""`signup web` and `signup worker` replace this process by gunicorn or Dramatiq, set up for this application."""

import os
import sys
from typing import Any, NoReturn

from signup.ground.config import Settings

SHUTDOWN_MS = "8000"  # a relay may keep a sender waiting for minutes; what it held comes back when its lease ends


def web(settings: Settings, processes: int, threads: int) -> NoReturn:
    """Replace this process by gunicorn. `signup/service/gunicorn_conf.py` has its settings."""
    bind = f"{settings.signup_host}:{settings.signup_port}"
    options = ["--workers", str(processes), "--threads", str(threads), "--bind", bind]
    _replace_process("gunicorn", "--config", "python:signup.service.gunicorn_conf", *options, "signup.app:create_app()")


def worker(processes: int, threads: int) -> NoReturn:
    """Replace this process by Dramatiq's command line."""
    # Prometheus' own server would listen on every address; the service has /metrics.
    _replace_process(
        "dramatiq",
        "--processes",
        str(processes),
        "--threads",
        str(threads),
        "--skip-logging",
        "--worker-shutdown-timeout",
        SHUTDOWN_MS,
        "signup.worker:broker",
    )


def _replace_process(module: str, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    command: list[Any] = [sys.executable, "-m", module, *arguments]
    os.execv(sys.executable, command)  # noqa: S606  # our own interpreter, no shell
