"""The daily search for duplicates, in the worker alone: what compares names is loaded by nobody else."""

from datetime import timedelta

import structlog

from signup.duplicates.duplicate import SEARCH_BEAT
from signup.duplicates.find_duplicates import search
from signup.ground.jobs import Chore, win

EVERY = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=1)

log = structlog.get_logger()


def search_when_due() -> None:
    """Search once a day, and whenever the beat was taken away."""
    if win(SEARCH_BEAT, EVERY):
        searched = search()
        log.info("duplicates.searched", **searched._asdict())


CHORE = Chore("duplicates", LOOK_EVERY, search_when_due)
