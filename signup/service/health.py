"""`/healthz`, `/readyz` and `/metrics` for the operator's tools. They show how the service is, never who uses it."""

import hmac
import time
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select

from signup.counts.tally import Measure, totals
from signup.ground.clock import utcnow
from signup.ground.db import db, is_outage
from signup.ground.jobs import last_beat
from signup.ground.urls import settings
from signup.ledger import ledger_check, ledger_state
from signup.mailer.message import Message, MessageState
from signup.mailer.relay import Relay
from signup.service import probe
from signup.service.trusted_proxies import is_own_machine

LATE_SWEEP = timedelta(seconds=60)
FRESH_SECONDS = 2.0


def healthz() -> ResponseReturnValue:
    """Whether this process answers at all."""
    return jsonify(status="ok")


def readyz() -> ResponseReturnValue:
    """Answer 200 when this web process can take sign-ups, else 503 with what is missing.

    Without broker, relay or workers sign-ups are stored and mails wait: that is told, but no reason to take a web
    server away. `?workers=1` asks for the workers, too: 503 when none has swept for a minute.
    """
    checks = readiness()
    ready = checks["database"] == "ok" and ("workers" not in request.args or checks["sweeper"] == "ok")
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return jsonify(status="ready" if ready else "not ready", **checks), status


def readiness() -> dict[str, str]:
    """Each part with its state: `ok`, `absent` (not configured) or what is wrong."""
    checks = {"database": _database_state(), "broker": _broker_state()}
    try:
        beat = last_beat("sweep")
        late = beat is None or utcnow() - beat > LATE_SWEEP
        checks["sweeper"] = "no worker has swept for a minute" if late else "ok"
        relay = db.session.get(Relay, 1)
        checks["relay"] = "paused after connection errors" if relay and relay.is_paused else "ok"
        checks["ledger"] = ledger_state.trouble() or "ok"
    except Exception as error:
        if not is_outage(error):
            raise
        checks["sweeper"] = checks["relay"] = checks["ledger"] = "unknown"
        checks["database"] = checks["database"] if checks["database"] != "ok" else "away"
    return checks


def _database_state() -> str:
    """The database's state, checked once in some seconds at most: anybody can ask, and each check writes."""
    asked_at: float
    state: str
    asked_at, state = current_app.extensions.get("signup.database_state", (0.0, ""))
    if not state or time.monotonic() - asked_at > FRESH_SECONDS:
        state = probe.trouble() or "ok"
        current_app.extensions["signup.database_state"] = (time.monotonic(), state)
    return state


def _broker_state() -> str:
    broker = current_app.extensions["signup.broker"]
    client = getattr(broker, "client", None)
    if client is None:
        return "absent"
    try:
        client.ping()
    except Exception:  # noqa: BLE001  # the driver's own errors differ by broker
        return "away: mails go out by the sweeper, a little later"
    return "ok"


def metrics() -> Response:
    """Metrics as Prometheus text: messages and subscriptions by state, and the age of the last sweep in seconds."""
    _check_metrics_access()
    registry = CollectorRegistry()
    messages = Gauge("signup_messages", "Messages not older than a week, by state", ["state"], registry=registry)
    for known in MessageState:
        messages.labels(known.value).set(0)
    recent = select(Message.state, func.count()).where(Message.state != MessageState.SENT).group_by(Message.state)
    for state, n in db.session.execute(recent):
        messages.labels(state).set(n)
    subscriptions = Gauge("signup_subscriptions", "Subscriptions by state", ["state"], registry=registry)
    for state, n in totals(Measure.IN_STATE).items():
        subscriptions.labels(state).set(n)
    if beat := last_beat("sweep"):
        age = Gauge("signup_sweeper_age_seconds", "Seconds since a worker last swept", registry=registry)
        age.set((utcnow() - beat).total_seconds())
    _add_ledger(registry)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _add_ledger(registry: CollectorRegistry) -> None:
    found, last = ledger_state.read_state(), ledger_check.newest(is_done=True)
    Gauge("signup_ledger_entries", "Entries of the ledger", registry=registry).set(found.size)
    waits = Gauge("signup_ledger_wait_seconds", "How long the oldest event waits to be sealed", registry=registry)
    waits.set(found.waits.total_seconds())
    if last:
        problems = Gauge(
            "signup_ledger_problems", "Problems that the last check of the ledger found", registry=registry
        )
        problems.set(last.problems)


def _check_metrics_access() -> None:
    """With a token by whoever has it. Without, from this machine alone, and only where no TLS says that a proxy is
    before us: a proxy on this machine would let the world in.
    """
    token = settings().metrics_token.get_secret_value()
    if token:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
            abort(HTTPStatus.UNAUTHORIZED)
    elif settings().is_https or settings().trusted_proxies or not is_own_machine(request):
        abort(HTTPStatus.NOT_FOUND)


bp = Blueprint("operations", __name__)
bp.add_url_rule("/healthz", view_func=healthz)
bp.add_url_rule("/readyz", view_func=readyz)
bp.add_url_rule("/metrics", view_func=metrics)
