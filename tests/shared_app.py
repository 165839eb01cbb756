"""Applications for tests. Making one takes longer than most tests do, so those with default settings share one.

What an application keeps in memory lies in `extensions` and `config`: each test meets both as if it had just been made.
"""

import threading
from pathlib import Path
from typing import Any

from flask import Flask

from signup.app import create_app
from signup.counts.sighting import Sightings
from signup.exports import export_job
from signup.ground import logs
from signup.ground.config import Settings
from signup.ground.db import close_connections, connections_in_use, db, driver_pool
from signup.ground.private_files import make_all_private
from signup.limits.governor import Governor

KEY = "a-key-for-tests-that-is-long-enough-to-sign-with-and-no-secret"
FEW = 4
"""Idle connections that the next test may have, ready as they are; a crowd of them would keep others out."""


def settings_for(url: str, var: Path, **more: str) -> Settings:
    """Settings of a test's application."""
    environment = {
        "DATABASE_URL": url,
        "SIGNUP_VAR": str(var),
        "SECRET_KEYS": KEY,
        "PUBLIC_URL": "http://signup.example.org",
        "DATABASE_POOL": "20",  # two workers, two pools each: a PostgreSQL has a hundred
        "LIMIT_DOMAIN_PER_HOUR": "10000",  # the whole cast lives at one domain
        "LIMIT_UNCONFIRMED_SHARE": "100",
        "DNS_SERVER": "off",
    }
    return Settings.from_environment(environment | {name.upper(): value for name, value in more.items()})


class SharedApp:
    """The application that all tests with default settings on one database use, one after the other."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.app = create_app(settings_for(database_url, folder))
        self._url = database_url
        self._config, self._extensions = dict(self.app.config), dict(self.app.extensions)

    def begin(self, folder: Path, smtp_url: str) -> Flask:
        """The application as a process that has just started holds it, with this test's folder and relay."""
        settings = settings_for(self._url, folder, smtp_url=smtp_url)
        make_all_private()
        logs.configure(settings.log_level)  # pytest gives many a test a standard error of its own
        _replace(self.app.config, self._config)
        _replace(self.app.extensions, self._extensions)
        own = {"signup.settings": settings, "signup.governor": Governor(settings), "signup.stopping": threading.Event()}
        self.app.extensions |= own
        self.app.extensions["signup.sightings"] = Sightings(self.app)
        return self.app


def stop(app: Flask) -> None:
    """End what an application does beside its requests, as the end of its process would."""
    app.extensions["signup.stopping"].set()
    for thread in threading.enumerate():
        if thread.name == export_job.HELPER:
            thread.join(10)


def release(app: Flask, *, keep_few: bool = False) -> None:
    """Close the application's connections, all or all but a few. None may be in use."""
    with app.app_context():
        db.session.remove()
        # Who still holds one would give it back to a pool that is no more.
        assert not connections_in_use()
        is_crowd = max(db.engine.pool.checkedin(), len(driver_pool()._idle)) > FEW  # type: ignore[attr-defined]
        if is_crowd or not keep_few:
            close_connections()


def _replace(known: dict[str, Any], by: dict[str, Any]) -> None:
    known.clear()
    known.update(by)
