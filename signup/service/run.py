"""`signup run` starts web, worker, mail catcher and a demo website in one process, for a laptop."""

import json
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import click
import dramatiq
from flask import Flask, Response, request
from waitress.server import create_server

from signup.access.ticket import new_ticket
from signup.demo.catcher import create_catcher, start_catcher
from signup.demo.seed import Demo, seed
from signup.demo.site import create_site
from signup.duplicates import daily_search
from signup.forms.form import find_form
from signup.forms.snippet import SNIPPETS, hosted_url
from signup.ground.config import Settings
from signup.ground.db import db, transaction
from signup.ground.jobs import Keeper, add_chore
from signup.ground.urls import public_url

HOST = "127.0.0.1"
WORKER_THREADS = 4
SERVER = {"threads": 8, "ident": None, "connection_limit": 1_000, "channel_timeout": 20}
"""waitress reads a whole request before a thread gets it. By default, a hundred silent visitors block it for two
minutes.
"""
STOP_WITHIN = 7.0
"""For all that has to end, together: a supervisor waits ten seconds, and the process takes a while to go itself."""
Started = TypeVar("Started")


class Workers:
    """The worker's threads inside a web process, where no broker is configured."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._worker = dramatiq.Worker(
            app.extensions["signup.broker"], worker_threads=WORKER_THREADS, worker_timeout=100
        )
        self._keeper = Keeper(app)

    def start(self) -> None:
        self._worker.start()
        self._keeper.start()

    def stop(self) -> None:
        """End after the current email. Claimed emails that were not begun go back."""
        ends = time.monotonic() + STOP_WITHIN
        self._app.extensions["signup.stopping"].set()
        self._worker.stop(timeout=int(STOP_WITHIN * 1000))
        self._keeper.stop(max(0.1, ends - time.monotonic()))


def run(app: Flask, settings: Settings, migrate: Callable[[], None]) -> None:
    """Start everything, print the addresses, and serve until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    migrate()
    demo_url, mail_url = (
        f"http://{HOST}:{settings.signup_demo_port}",
        f"http://{HOST}:{settings.signup_mail_port}",
    )
    with app.app_context():
        demo = seed((demo_url, demo_url.replace(HOST, "localhost")))
        facts = _facts(demo, demo_url, mail_url, settings) if demo else {"mail_url": mail_url}
        db.session.remove()
    mails, ready = settings.signup_var / "mail", settings.signup_var / "run.json"
    _forget_used_link(app, ready, facts)
    catcher = _or_say(
        settings.signup_smtp_port, "SIGNUP_SMTP_PORT", lambda: start_catcher(mails, settings.signup_smtp_port)
    )
    servers = [
        _serve(app, settings.signup_host, settings.signup_port, "SIGNUP_PORT"),
        _serve(create_catcher(mails), HOST, settings.signup_mail_port, "SIGNUP_MAIL_PORT"),
    ]
    if demo:
        site = create_site(_snippets_of(app, demo.form.public_id), settings.public_url)
        servers.append(_serve(site, HOST, settings.signup_demo_port, "SIGNUP_DEMO_PORT"))
    add_chore(app, daily_search.CHORE)
    workers = Workers(app)
    workers.start()
    _write(ready, facts)
    _say(facts, settings)
    stop.wait()
    click.echo("Stopping …")
    ends = time.monotonic() + STOP_WITHIN
    ready.unlink(missing_ok=True)
    for server in servers:
        server.close()
    workers.stop()
    app.extensions["signup.sightings"].flush()
    app.extensions["signup.engagement"].flush()
    for server in servers:
        server.task_dispatcher.shutdown(timeout=max(0.1, ends - time.monotonic()))
    catcher.stop()


def _facts(demo: Demo, demo_url: str, mail_url: str, settings: Settings) -> dict[str, str]:
    with transaction():
        ticket = new_ticket(demo.operator, "sign-in", timedelta(hours=12))
    return {
        "form_url": hosted_url(demo.form),
        "form_id": demo.form.public_id,
        "list": demo.mailing_list.slug,
        "admin_url": ticket,
        "demo_url": demo_url + "/",
        "mail_url": mail_url + "/",
        "public_url": settings.public_url,
    }


def _snippets_of(app: Flask, public_id: str) -> Callable[[], dict[str, str]]:
    def snippets() -> dict[str, str]:
        with app.app_context(), app.test_request_context():
            form = find_form(public_id)
            return {name: snippet(form) for name, snippet in SNIPPETS.items()} | {"hosted": hosted_url(form)}

    return snippets


def _serve(app: Flask, host: str, port: int, setting: str) -> Any:
    server = _or_say(port, setting, lambda: create_server(app, host=host, port=port, **SERVER))
    threading.Thread(target=server.run, name=f"web-{port}", daemon=True).start()
    return server


def _or_say(port: int, setting: str, start: Callable[[], Started]) -> Started:
    try:
        return start()
    except OSError as error:
        raise click.ClickException(f"port {port} is in use ({error.strerror}): set {setting} to a free one") from None


def _write(path: Path, facts: dict[str, str]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(facts, indent=2) + "\n")
    part.replace(path)


def _forget_used_link(app: Flask, path: Path, facts: dict[str, str]) -> None:
    """Once the one-time link is used, write the sign-in page to the file instead of it."""

    @app.after_request
    def forget(response: Response) -> Response:
        entered = request.endpoint == "admin.ticket" and response.status_code == HTTPStatus.SEE_OTHER
        if entered and facts.get("admin_url", "").endswith(request.path):
            facts["admin_url"] = public_url("admin.sign_in")
            _write(path, facts)
        return response


def _say(facts: dict[str, str], settings: Settings) -> None:
    lines = [
        ("A website with the form", facts.get("demo_url")),
        ("The form's hosted page", facts.get("form_url")),
        ("Sent emails", facts.get("mail_url")),
        ("Admin (this link works once)", facts.get("admin_url") or f"{settings.public_url}/admin/"),
    ]
    click.echo("\nReady. Ctrl-C stops everything.\n")
    for title, url in lines:
        if url:
            click.echo(f"  {title:<30} {url}")
    click.echo("")
