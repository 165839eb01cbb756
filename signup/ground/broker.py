"""The broker only tells workers that something waits; the database is the queue. Telling them never makes a visitor
wait.

While the broker is away, nothing is lost and visitors notice nothing: what nobody rang for is found in the database
within seconds, by chores that `signup.app` lists (`deliver.collect` for mails, a `sweep` for imports, exports and bulk
edits, `resend.answer`). Where the broker is Redis, it counts the limits too; without it each process counts them
itself, at a quarter (`signup.limits.governor`). `broker_url` lists the brokers that there are.
"""

import os
import threading
import time
from collections.abc import Callable

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, Pipelines, Retries, ShutdownNotifications, TimeLimit
from flask import Flask, current_app

from signup.ground.broker_url import is_redis
from signup.ground.database_outage import tell
from signup.ground.db import is_outage
from signup.ground.errors import SettingError

QUEUE = "signup"
SOCKET_TIMEOUT = 5.0
MAX_DRAIN = 3_600_000  # ms; a drain ends by itself, this only bounds a hung one
PREFETCH = "64"
GATHER_SECONDS = 0.1  # a mail waits that much longer, and a busy process rings ten times a second at most

log = structlog.get_logger()


def build(url: str) -> dramatiq.Broker:
    """Return the broker for `url`; empty: in this process. Raises `SettingError` when its driver is not installed."""
    middleware = [AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), Pipelines(), Retries()]
    if not url:
        return StubBroker(middleware=middleware)
    if is_redis(url):
        # One prefetch of 1 000 no-ops a thread: the default lets a thread take about 250 messages a second.
        os.environ.setdefault("dramatiq_queue_prefetch", PREFETCH)
        # The broker itself takes no time-outs beside a URL.
        client = redis.Redis.from_url(url, socket_connect_timeout=SOCKET_TIMEOUT, health_check_interval=30)
        # The default chance notices a dead worker only after minutes of luck.
        return RedisBroker(client=client, middleware=middleware, maintenance_chance=100_000)  # type: ignore[no-untyped-call]
    try:
        from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415  # an extra: pika may be absent
    except ImportError:
        raise SettingError("BROKER_URL: amqp:// needs the extra 'amqp' (pip install 'signup[amqp]')") from None
    return RabbitmqBroker(url=url, middleware=middleware)


def register(app: Flask, name: str, work: Callable[..., None]) -> None:
    """Make `work` an actor of the application's broker. It runs inside the application's context."""
    broker: dramatiq.Broker = app.extensions["signup.broker"]

    @dramatiq.actor(broker=broker, actor_name=name, queue_name=QUEUE, max_retries=0, time_limit=MAX_DRAIN)
    def perform(ids: list[int]) -> None:
        with app.app_context():
            try:
                work(ids)
            except Exception as error:
                if not is_outage(error):
                    raise
                tell(error)  # the rows wait, and the chores find them when it is back


class Doorbell:
    """Calls actors from a thread of its own. Calls that come while it is busy go out together."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: dict[str, set[int]] = {}
        self._changed = threading.Condition()
        self._pid = 0

    def ring(self, actor: str, *ids: int) -> None:
        """Tell the workers that rows `ids` wait for `actor`. Returns at once and never fails."""
        with self._changed:
            self._waiting.setdefault(actor, set()).update(ids)
            if self._pid != os.getpid():  # first ring of this process, or of this child after a fork
                self._pid = os.getpid()
                threading.Thread(target=self._work, name="doorbell", daemon=True).start()
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
            time.sleep(GATHER_SECONDS)
            with self._changed:
                waiting, self._waiting = self._waiting, {}
            for actor, ids in waiting.items():
                self._send(actor, sorted(ids))

    def _send(self, actor: str, ids: list[int]) -> None:
        broker: dramatiq.Broker = self._app.extensions["signup.broker"]
        try:
            broker.get_actor(actor).send(ids)
        except Exception as error:  # noqa: BLE001  # whatever is wrong with the broker, the rows are safe
            log.warning("doorbell.unheard", actor=actor, error=type(error).__name__)


def ring(actor: str, *ids: int) -> None:
    """Call the actor through the current application's doorbell."""
    bell: Doorbell = current_app.extensions["signup.doorbell"]
    bell.ring(actor, *ids)


def is_in_process(broker: dramatiq.Broker) -> bool:
    """Whether the web process itself must run the workers' threads."""
    return isinstance(broker, StubBroker)
