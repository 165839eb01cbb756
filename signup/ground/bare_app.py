"""The application without pages: settings, log, database, languages. Some commands need no more of `signup.app`."""

import threading

from flask import Flask

from signup.ground import db, i18n, logs
from signup.ground.config import PROJECT, Settings
from signup.ground.private_files import make_all_private, tighten
from signup.ground.tokens import Keys


def build(settings: Settings | None = None) -> Flask:
    """Build it for `settings`, or for the settings in the environment. Raises `SettingError`."""
    settings = settings or Settings.from_environment()
    app = Flask("signup", template_folder=str(PROJECT / "templates"), static_folder=None)
    make_all_private()
    for path in (settings.signup_var, settings.files_folder, *settings.sqlite_files):
        tighten(path)
    ring = settings.key_ring()
    app.config |= {"SECRET_KEY": ring[0], "SECRET_KEY_FALLBACKS": ring[1:]}
    app.extensions["signup.settings"] = settings
    app.extensions["signup.keys"] = Keys(ring)
    app.extensions["signup.stopping"] = threading.Event()
    logs.configure(settings.log_level)
    db.connect(app, settings.database_url.get_secret_value(), settings.database_pool)
    i18n.init(app)
    return app
