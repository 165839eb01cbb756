"""A child process ends when its parent is gone.

Dramatiq's and gunicorn's children do the work, their parents only watch over them. A parent that is killed with -9 says
nothing to its children; an orphan would go on sending, log to nobody and hold on to its mails, beside the processes of
the service that was started anew. Linux can signal a parent's death (`PR_SET_PDEATHSIG`), but only from the thread that
forked; asking for the parent's id works everywhere.
"""

import os
import signal
import threading
import time
from collections.abc import Callable

import structlog

LOOK_EVERY = 0.5
GRACE = 20.0
"""Seconds to end in good order: chores and then Dramatiq or gunicorn give the current email 8 s each."""

log = structlog.get_logger()


def end_with(parent: int, in_good_order: Callable[[], object] | None = None) -> None:
    """Watch the process `parent` from a thread. When it is gone, end as on SIGTERM, and at once after `GRACE`."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY)
        log.warning("parent.gone")
        (in_good_order or _terminate)()
        time.sleep(GRACE)
        os._exit(1)

    threading.Thread(target=watch, name="orphan", daemon=True).start()


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
