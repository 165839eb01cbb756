"""The daily search for duplicates. It runs in the worker only, so no other process loads the comparison of names."""

from datetime import timedelta

import structlog

from signup.duplicates.duplicate import SEARCH_BEAT
from signup.duplicates.find_duplicates import search
from signup.ground.jobs import Chore, win

EVERY = timedelta(days=1)
LOOK_EVERY = timedelta(minutes=1)

log = structlog.get_logger()


def search_when_due() -> None:
    """Search once a day, and also when the beat was deleted."""
    if win(SEARCH_BEAT, EVERY):
        searched = search()
        log.info("duplicates.searched", **searched._asdict())


CHORE = Chore("duplicates", LOOK_EVERY, search_when_due)
