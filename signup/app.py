"""`create_app`: on the ground of settings and database the broker, doors, errors, chores, one step a line."""

from datetime import timedelta

import dramatiq
from flask import Flask
from flask_migrate import Migrate

from signup.access import app_code, passkey, sign_in_wait
from signup.admin import routes as admin_door
from signup.api import routes as api_door
from signup.audience import reach, scoring_round
from signup.bulk import bulk_work
from signup.contacts import contact
from signup.counts import step, tally
from signup.counts.sighting import Sightings
from signup.enquiries import enquiry
from signup.exports import export_job
from signup.fields import field_figure, spelling, value_archive
from signup.ground import bare_app, broker, db
from signup.ground.config import PROJECT, Settings
from signup.ground.jobs import Chore, add_chore
from signup.imports import import_job
from signup.kiosks import kiosk
from signup.limits.governor import Governor, sweep_counters
from signup.limits.json_body import StrictJson, StrictRequest
from signup.mailer import deliver, lease, mail_domain, outbox
from signup.privacy import delete_test_contacts, purge_unconfirmed
from signup.service import headers, health
from signup.service.trusted_proxies import TrustedProxies
from signup.signups import attack_level, held_back, remind, resend
from signup.visitor import routes as forms_door

MAX_BODY = 64 * 1024
MAX_FORM_PARTS = 500


def create_app(settings: Settings | None = None) -> Flask:
    """The whole application, for `settings` or for what the environment says. Raises `SettingError`."""
    settings = settings or Settings.from_environment()
    app = bare_app.build(settings)
    _configure(app, settings)
    Migrate(app, db.db, directory=str(PROJECT / "migrations"))
    app.extensions["signup.broker"] = broker.build(settings.broker_url.get_secret_value())
    app.extensions["signup.sightings"] = Sightings(app)
    app.extensions["signup.doorbell"] = broker.Doorbell(app)
    broker.register(app, deliver.ACTOR, deliver.drain)
    broker.register(app, resend.ACTOR, resend.answer)
    broker.register(app, export_job.ACTOR, export_job.perform)
    broker.register(app, import_job.ACTOR, import_job.perform)
    broker.register(app, bulk_work.ACTOR, bulk_work.perform)
    app.register_blueprint(forms_door.bp)
    app.register_blueprint(admin_door.bp)
    app.register_blueprint(api_door.bp)
    app.register_blueprint(health.bp)
    headers.dress(app)
    _add_chores(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config |= {
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "MAX_FORM_MEMORY_SIZE": MAX_BODY,
        "MAX_FORM_PARTS": MAX_FORM_PARTS,
        "TEMPLATES_AUTO_RELOAD": False,
        "WTF_CSRF_CHECK_DEFAULT": False,  # the admin asks for it itself; visitors' forms carry a signed stamp instead
        "SESSION_COOKIE_NAME": "__Host-admin-csrf" if settings.is_https else "admin-csrf",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
    }
    app.json, app.request_class = StrictJson(app), StrictRequest
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["signup.governor"] = Governor(settings)
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]


def _add_chores(app: Flask) -> None:
    add_chore(app, Chore("sweep", timedelta(seconds=10), lease.sweep))
    add_chore(app, Chore("collect", timedelta(seconds=5), deliver.collect, everywhere=True))
    add_chore(app, Chore("leases", timedelta(seconds=20), lease.renew_leases, everywhere=True))
    add_chore(app, Chore("resend", timedelta(seconds=5), resend.answer))
    add_chore(app, Chore("exports", timedelta(seconds=10), export_job.sweep))
    add_chore(app, Chore("imports", timedelta(seconds=10), import_job.sweep))
    add_chore(app, Chore("bulk", timedelta(seconds=10), bulk_work.sweep))
    add_chore(app, Chore("fold", timedelta(minutes=1), tally.fold_now))
    add_chore(app, Chore("fold-steps", timedelta(minutes=1), step.fold))
    add_chore(app, Chore("remind", timedelta(minutes=5), remind.remind))
    add_chore(app, Chore("hash", timedelta(minutes=1), contact.hash_addresses))
    add_chore(app, Chore("archive", timedelta(minutes=1), value_archive.tend))
    add_chore(app, Chore("respell", timedelta(minutes=15), spelling.tend))
    add_chore(app, Chore("field-figures", timedelta(hours=1), field_figure.measure))
    add_chore(app, Chore("upkeep", timedelta(minutes=1), scoring_round.keep_up))
    add_chore(app, Chore("segments", timedelta(minutes=1), reach.count_segments))
    add_chore(app, Chore("expire", timedelta(minutes=10), purge_unconfirmed.expire))
    add_chore(app, Chore("tests", timedelta(hours=1), delete_test_contacts.forget_tests))
    add_chore(app, Chore("till-sessions", timedelta(hours=1), kiosk.forget_sessions))
    add_chore(app, Chore("enquiries", timedelta(hours=1), enquiry.forget_enquiries))
    add_chore(app, Chore("forget", timedelta(minutes=10), outbox.forget_values))
    add_chore(app, Chore("heat", timedelta(minutes=1), attack_level.tend))
    add_chore(app, Chore("held", timedelta(minutes=10), held_back.fold_held))
    add_chore(app, Chore("domains", timedelta(hours=1), mail_domain.forget_domains))
    add_chore(app, Chore("seal-seeds", timedelta(hours=1), app_code.seal_seeds))
    add_chore(app, Chore("sign-in-waits", timedelta(hours=1), sign_in_wait.forget_waits))
    add_chore(app, Chore("challenges", timedelta(hours=1), passkey.forget_challenges))
    add_chore(app, Chore("counters", timedelta(hours=1), sweep_counters))


def get_broker(app: Flask) -> dramatiq.Broker:
    """The application's broker, for the worker's command line."""
    found: dramatiq.Broker = app.extensions["signup.broker"]
    return found
