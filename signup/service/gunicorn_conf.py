"""gunicorn's settings: quiet logs, graceful ends, whole requests, and the worker's threads inside without a broker."""

import gc
import sys
from typing import Any

from signup.ground import logs
from signup.ground.broker import is_in_process
from signup.service import orphan
from signup.service.run import Workers

SWITCH_SECONDS = 0.0005
GARBAGE_AFTER = 10_000  # objects more than before; a request makes and drops a few hundred
worker_class = "signup.service.buffered_worker.BufferedWorker"
graceful_timeout = 8
timeout = 60
keepalive = 5
max_requests = 0
worker_tmp_dir = "/dev/shm"  # noqa: S108  # a heartbeat file on disk would make a slow disk look like a dead worker
loglevel = "warning"
accesslog = None
control_socket_disable = True
limit_request_line = 4094
limit_request_field_size = 8190


def post_worker_init(worker: Any) -> None:
    """Without a broker, this process sends the emails."""
    # A request lets go of the interpreter some twenty times; the default lets another thread keep it for 5 ms each.
    sys.setswitchinterval(SWITCH_SECONDS)
    app = worker.app.wsgi()
    orphan.end_with(
        worker.ppid, lambda: None
    )  # gunicorn's own loop looks, too; a thread that hangs must not hold it up
    # The application is there to stay: looking through it again and again took an eighth of a busy process' time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    if is_in_process(app.extensions["signup.broker"]):
        worker.signup_workers = Workers(app)
        worker.signup_workers.start()


def worker_exit(_server: Any, worker: Any) -> None:
    """Finish the current emails and write the counts before the process ends."""
    if app := worker.app.callable:  # none when it did not even start
        app.extensions["signup.sightings"].flush()
        app.extensions["signup.engagement"].flush()
    if workers := getattr(worker, "signup_workers", None):
        workers.stop()
    logs.drain()
