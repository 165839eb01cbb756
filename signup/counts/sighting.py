"""Sightings: forms that visitors saw or began. Counted in memory, written once a second, without cookies and addresses.

A process that is killed forgets at most its last second: it is a count, not a record.
"""

import os
import threading
import time
from collections import Counter
from datetime import date
from typing import NamedTuple

import structlog
from flask import Flask, current_app
from sqlalchemy import func, select

from signup.counts import tally
from signup.counts.step import Step, StepCount, count_steps
from signup.counts.tally import Measure, today
from signup.ground.db import db, transaction

FLUSH_SECONDS = 1.0
RETRY_SECONDS = 10.0
MAX_KEYS = 5_000
MAX_SOURCES = 200
"""How many sources a form may have on one day. Strangers' browsers choose `src`."""
OTHER_SOURCE = "…"
MAX_A_MINUTE = 60
MAX_VISITORS = 50_000
MEASURES = {Step.SEEN: Measure.SEEN, Step.STARTED: Measure.STARTED}

log = structlog.get_logger()


class Sighting(NamedTuple):
    """What a visitor saw, and where. The source comes from a stranger."""

    step: Step
    form_id: int
    list_id: int
    site: str = ""
    source: str = ""
    language: str = ""


class Sightings:
    """The counts of this process that are not written yet."""

    def __init__(self, app: Flask) -> None:
        self._app, self._stopping = app, app.extensions["signup.stopping"]
        self._counts: Counter[Sighting] = Counter()
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._timer_of = 0
        self._visitors: Counter[str] = Counter()
        self._minute = 0
        self._sources: dict[tuple[date, int], set[str]] = {}

    def add(self, sighting: Sighting) -> None:
        """Count one. Returns at once and never fails; it is written later."""
        with self._lock:
            if sighting not in self._counts and len(self._counts) >= MAX_KEYS:
                sighting = sighting._replace(source=OTHER_SOURCE, language="")
            self._counts[sighting] += 1
            self._start_timer(FLUSH_SECONDS)

    def is_flood(self, visitor: str) -> bool:
        """Whether this visitor was counted often enough in this minute. Forgotten when the minute is over."""
        minute = int(time.time() // 60)
        with self._lock:
            if minute != self._minute or len(self._visitors) > MAX_VISITORS:
                self._minute = minute
                self._visitors.clear()
            self._visitors[visitor] += 1
            return self._visitors[visitor] > MAX_A_MINUTE

    def flush(self) -> None:
        """Write the waiting counts. Those that another thread is writing are written as well when it returns."""
        with self._writing:
            with self._lock:
                counts, self._counts, self._timer_of = self._counts, Counter(), 0
            if counts:
                self._try_to_write(counts)

    def _try_to_write(self, counts: Counter[Sighting]) -> None:
        try:
            with self._app.app_context():
                self._write(counts)
        except Exception as error:  # noqa: BLE001  # whatever is wrong, no visitor is waiting; the next round tries again
            log.warning("sightings.not_written", error=type(error).__name__)
            with self._lock:
                self._counts.update(counts)
                self._start_timer(RETRY_SECONDS)

    def _start_timer(self, seconds: float) -> None:
        if self._timer_of != os.getpid():  # none runs in this process; a child's parent may have had one
            self._timer_of = os.getpid()
            timer = threading.Timer(seconds, self._tick)
            timer.daemon = True
            timer.start()

    def _tick(self) -> None:
        if not self._stopping.is_set():  # whoever stops the process flushes last
            self.flush()

    def _write(self, counts: Counter[Sighting]) -> None:
        day = db.session.scalar(select(today()))
        assert day is not None  # noqa: S101  # a clock always answers
        bounded = [(sighting._replace(source=self._limited_source(day, sighting)), n) for sighting, n in counts.items()]
        by_list: Counter[tuple[int, int, Measure]] = Counter()
        for sighting, n in bounded:
            if measure := MEASURES.get(sighting.step):
                by_list[sighting.list_id, sighting.form_id, measure] += n
        with transaction():
            count_steps(
                {
                    "day": day,
                    "form_id": one.form_id,
                    "site": one.site,
                    "source": one.source,
                    "language": one.language,
                    "provider": "",
                    "step": one.step,
                    "n": n,
                }
                for one, n in bounded
            )
            tally.count(
                {"list_id": list_id, "form_id": form_id, "measure": measure, "n": n}
                for (list_id, form_id, measure), n in by_list.items()
            )

    def _limited_source(self, day: date, sighting: Sighting) -> str:
        """The source, or one name for all others once the form had its number of sources today."""
        if not sighting.source:
            return ""
        key = (day, sighting.form_id)
        if key not in self._sources:
            if any(at != day for at, _form in self._sources):
                self._sources.clear()
            query = select(StepCount.source).where(StepCount.form_id == sighting.form_id, StepCount.day == day)
            self._sources[key] = set(db.session.scalars(query.group_by(StepCount.source).order_by(func.count().desc())))
        known = self._sources[key]
        if sighting.source not in known and len(known) >= MAX_SOURCES:
            return OTHER_SOURCE
        known.add(sighting.source)
        return sighting.source


def sightings() -> Sightings:
    """The current application's sightings."""
    found: Sightings = current_app.extensions["signup.sightings"]
    return found
