"""What `dramatiq signup.worker:broker` loads: the application's broker, and its chores from the moment it works."""

import multiprocessing
from typing import Any

from dramatiq import Broker, Middleware, Worker

from signup.app import create_app, get_broker
from signup.duplicates import daily_search
from signup.ground import logs
from signup.ground.jobs import Keeper, add_chore
from signup.service import orphan


class Chores(Middleware):
    """Keeps the application's chores while a worker process lives, and tells long work when it ends."""

    def __init__(self) -> None:
        self._keeper = Keeper(app)

    def after_worker_boot(self, _broker: Broker, _worker: Worker) -> None:
        self._keeper.start()

    def before_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        app.extensions["signup.stopping"].set()
        self._keeper.stop()

    def after_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        logs.drain()  # Dramatiq's children end without what Python does at an exit


if parent := multiprocessing.parent_process():
    orphan.end_with(parent.pid or 0)  # from the start: a parent may die while its child still loads
app = create_app()
add_chore(app, daily_search.CHORE)
broker: Any = get_broker(app)
broker.add_middleware(Chores())
