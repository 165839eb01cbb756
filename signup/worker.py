"""What `dramatiq signup.worker:broker` loads: the application's broker, and its chores from the moment it works."""

from typing import Any

from dramatiq import Broker, Middleware, Worker

from signup.app import create_app, get_broker
from signup.jobs import Keeper, add_chore
from signup.upkeep import dedupe


class Chores(Middleware):
    """Keeps the application's chores while a worker process lives, and tells long work when it ends."""

    def __init__(self) -> None:
        self._keeper = Keeper(app)

    def after_worker_boot(self, _broker: Broker, _worker: Worker) -> None:
        self._keeper.start()

    def before_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        app.extensions["signup.stopping"].set()
        self._keeper.stop()


app = create_app()
add_chore(app, dedupe.CHORE)
broker: Any = get_broker(app)
broker.add_middleware(Chores())
