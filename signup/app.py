"""`create_app`: on the ground of settings and database the broker, doors, errors, chores, one step a line."""

from datetime import timedelta

import dramatiq
from flask import Flask
from flask_migrate import Migrate

from signup.access import app_code
from signup.admin import blueprint as admin_door
from signup.admin.overview import weekly_summary
from signup.api import description, idempotency
from signup.api import routes as api_door
from signup.audience import index_contacts, reach, scoring_round
from signup.automations import send_due
from signup.bounces import read_refusals
from signup.bounces.intake import read_imap, read_mails
from signup.bulk import bulk_work
from signup.campaigns import build, tend
from signup.contacts import contact
from signup.counts import step, tally
from signup.counts.sighting import Sightings
from signup.deliverability import domain_check
from signup.engagement.intake import Intake
from signup.exports import export_job
from signup.fields import field_figure, spelling, value_archive
from signup.ground import bare_app, broker, db
from signup.ground.config import PROJECT, Settings
from signup.ground.jobs import Chore, add_chore
from signup.hooks import routes as hooks_door
from signup.imports import import_job
from signup.ledger import ledger_check, seal
from signup.limits import load_limit
from signup.limits.governor import Governor
from signup.limits.json_body import StrictJson, StrictRequest
from signup.mailer import deliver, lease
from signup.privacy import retention, traces
from signup.service import error_pages, headers, health
from signup.service.trusted_proxies import TrustedProxies
from signup.signups import attack_level, remind, resend
from signup.visitor import routes as forms_door
from signup.webhooks import deliver as webhook_deliver
from signup.webhooks import dispatch

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
    app.extensions["signup.engagement"] = Intake(app)
    app.extensions["signup.doorbell"] = broker.Doorbell(app)
    broker.register(app, deliver.ACTOR, deliver.drain)
    broker.register(app, resend.ACTOR, resend.answer)
    broker.register(app, export_job.ACTOR, export_job.perform)
    broker.register(app, import_job.ACTOR, import_job.perform)
    broker.register(app, build.ACTOR, build.build_due)
    broker.register(app, bulk_work.ACTOR, bulk_work.perform)
    app.register_blueprint(forms_door.bp)
    app.register_blueprint(admin_door.bp)
    app.register_blueprint(api_door.bp)
    app.add_url_rule("/api/docs", "api.docs", description.page, methods=["GET"])
    app.register_blueprint(hooks_door.bp)
    app.register_blueprint(health.bp)
    headers.install(app)
    error_pages.install(app)
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
    app.extensions[load_limit.EXTENSION] = load_limit.LoadLimit()
    if settings.trusted_proxies:
        app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]


def _add_chores(app: Flask) -> None:
    for chore in (*retention.chores(), *seal.chores(), *ledger_check.chores()):
        add_chore(app, chore)
    add_chore(app, Chore("sweep", timedelta(seconds=10), lease.sweep))
    add_chore(app, Chore("collect", timedelta(seconds=5), deliver.collect, everywhere=True))
    add_chore(app, Chore("leases", timedelta(seconds=20), lease.renew_leases, everywhere=True))
    add_chore(app, Chore("resend", timedelta(seconds=5), resend.answer))
    add_chore(app, Chore("bulk", timedelta(seconds=10), bulk_work.sweep))
    add_chore(app, Chore("fold", timedelta(minutes=1), tally.fold_now))
    add_chore(app, Chore("fold-steps", timedelta(minutes=1), step.fold))
    add_chore(app, Chore("campaigns", timedelta(seconds=10), build.build_due))
    add_chore(app, Chore("campaign-mails", timedelta(seconds=5), tend.tend))
    add_chore(app, Chore("automations", timedelta(hours=1), send_due.send_due))
    add_chore(app, Chore("remind", timedelta(minutes=5), remind.remind))
    add_chore(app, Chore("hash", timedelta(minutes=1), contact.hash_addresses))
    add_chore(app, Chore("archive", timedelta(minutes=1), value_archive.continue_archiving))
    add_chore(app, Chore("respell", timedelta(minutes=15), spelling.continue_respelling))
    add_chore(app, Chore(field_figure.BEAT, timedelta(hours=1), field_figure.measure))
    add_chore(app, Chore("summary", timedelta(hours=1), weekly_summary.send_summaries))
    add_chore(app, Chore("upkeep", timedelta(minutes=1), scoring_round.continue_round))
    add_chore(app, Chore("search", timedelta(seconds=10), index_contacts.index_contacts))
    add_chore(app, Chore("segments", timedelta(minutes=1), reach.count_segments))
    add_chore(app, Chore("heat", timedelta(minutes=1), attack_level.adjust_level))
    add_chore(app, Chore("refusals", timedelta(seconds=30), read_refusals.read_refusals))
    add_chore(app, Chore("bounces", timedelta(minutes=1), read_mails.read_maildir))
    add_chore(app, Chore("api-answers", timedelta(hours=1), idempotency.sweep_answers))
    add_chore(app, Chore("webhooks", timedelta(seconds=1), dispatch.dispatch, everywhere=True))
    add_chore(app, Chore("webhooks-send", timedelta(seconds=1), webhook_deliver.deliver, everywhere=True))
    add_chore(app, Chore("webhooks-old", timedelta(hours=1), webhook_deliver.forget_old))
    add_chore(app, Chore("bounces-imap", timedelta(minutes=1), read_imap.read_imap))
    add_chore(app, Chore("domain-checks", timedelta(seconds=20), domain_check.check_domains))
    add_chore(app, Chore("traces", timedelta(minutes=10), traces.tend))
    add_chore(app, Chore("seal-seeds", timedelta(hours=1), app_code.seal_seeds))


def get_broker(app: Flask) -> dramatiq.Broker:
    """The application's broker, for the worker's command line."""
    found: dramatiq.Broker = app.extensions["signup.broker"]
    return found
