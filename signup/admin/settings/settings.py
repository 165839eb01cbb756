"""Settings: what this service runs on, never a secret. Who may sign in is in `operators`."""

from urllib.parse import urlsplit

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from signup import __version__
from signup.ground.broker_url import BROKERS, scheme_of
from signup.ground.config import Settings
from signup.ground.db import db
from signup.ground.jobs import last_beat
from signup.ground.urls import settings as service
from signup.mailer.relay import Relay


def settings() -> ResponseReturnValue:
    """The way in: one's own account comes first, the facts of the service last."""
    return redirect(url_for("admin.account"))


def service_facts() -> ResponseReturnValue:
    return render_template(
        "admin/settings/settings.html",
        version=__version__,
        facts=_facts(service()),
        relay=db.session.get(Relay, 1),
        beat=last_beat("sweep"),
    )


def _facts(found: Settings) -> list[tuple[str, str, str]]:
    """Name, value and the setting behind it."""
    relay = urlsplit(found.smtp_url.get_secret_value())
    broker = BROKERS[scheme_of(found.broker_url.get_secret_value())]
    server = db.engine.dialect
    version = ".".join(map(str, server.server_version_info or ()))
    return [
        (_("Public URL"), found.public_url, "PUBLIC_URL"),
        (_("Database"), f"{'SQLite' if found.is_sqlite else 'PostgreSQL'} {version}".strip(), "DATABASE_URL"),
        (_("Broker"), broker or _("In this process"), "BROKER_URL"),
        (_("Mail server"), relay.hostname or _("The built-in mail catcher: no emails leave this machine"), "SMTP_URL"),
        (
            _("IP address and browser in the proof"),
            _("Recorded") if found.keep_addresses_of_visitors else _("Not recorded"),
            "KEEP_ADDRESSES_OF_VISITORS",
        ),
        (_("Reverse proxies in front"), str(found.trusted_proxies), "TRUSTED_PROXIES"),
    ]
