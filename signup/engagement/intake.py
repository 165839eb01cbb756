"""Takes in reactions: kept in memory for a second, written in one statement, judged by what came around them.

A process that is killed forgets its last second. Whether somebody agreed is asked when it is written, so a withdrawal
counts from that second on.
"""

import os
import threading
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from flask import Flask, current_app

from signup.counts.engagement_event import DECOY, Reaction, Verdict
from signup.engagement.judge import judge_recent
from signup.engagement.user_agent import MAX_LENGTH, judge_agent
from signup.ground.db import is_postgresql
from signup.ground.driver_sql import driver_connection, run, to_json, together

FLUSH_SECONDS = 1.0
RETRY_SECONDS = 10.0
MOST_WAITING = 50_000
"""More than these in a second is a flood: what comes on top is not recorded."""
BATCH = 2_000

log = structlog.get_logger()


class Seen(NamedTuple):
    """A reaction as it came in."""

    message_uid: UUID
    kind: Reaction
    link_number: int
    agent: str
    at: datetime

    @property
    def key(self) -> str:
        """The same for the same reaction within a second."""
        return f"{self.message_uid.hex}:{self.kind[0]}{self.link_number}:{int(self.at.timestamp())}"


class Intake:
    """The reactions of this process that are not written yet."""

    def __init__(self, app: Flask) -> None:
        self._app, self._stopping = app, app.extensions["signup.stopping"]
        self._seen: dict[str, Seen] = {}
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._timer_of = 0

    def add(self, seen: Seen) -> None:
        """Take one in. Returns at once and never fails."""
        # A stranger's browser says what it likes: no more of it is kept than is needed, and nothing unprintable.
        agent = "".join(sign if sign.isprintable() else "?" for sign in seen.agent[: MAX_LENGTH + 1])
        seen = seen._replace(agent=agent)
        with self._lock:
            if len(self._seen) < MOST_WAITING:
                self._seen.setdefault(seen.key, seen)
            self._start_timer(FLUSH_SECONDS)

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            with self._lock:
                seen, self._seen, self._timer_of = self._seen, {}, 0
            if seen:
                self._try_to_write(seen)

    def _try_to_write(self, seen: dict[str, Seen]) -> None:
        try:
            with self._app.app_context():
                write([*seen.values()])
        except Exception as error:  # noqa: BLE001  # nobody waits for it; the next round tries again
            log.warning("engagement.not_written", error=type(error).__name__)
            with self._lock:
                self._seen = seen | self._seen
                self._start_timer(RETRY_SECONDS)

    def _start_timer(self, seconds: float) -> None:
        if self._timer_of != os.getpid():  # a child's parent may have had one
            self._timer_of = os.getpid()
            timer = threading.Timer(seconds, self._tick)
            timer.daemon = True
            timer.start()

    def _tick(self) -> None:
        if not self._stopping.is_set():  # whoever stops the process flushes last
            self.flush()


def intake() -> Intake:
    """The current application's."""
    found: Intake = current_app.extensions["signup.engagement"]
    return found


def write(seen: list[Seen]) -> None:
    """Store reactions, each once, and judge them with those around them."""
    for at in range(0, len(seen), BATCH):
        rows = to_json([_row(one) for one in seen[at : at + BATCH]])
        with driver_connection() as connection, together(connection):
            run(connection, _STORE_ON_POSTGRESQL if is_postgresql() else _STORE_ON_SQLITE, {"rows": rows})
            judge_recent(connection, rows)


def _row(one: Seen) -> dict[str, Any]:
    is_decoy = one.kind == Reaction.CLICK and one.link_number == DECOY
    return {
        "uid": str(one.message_uid) if is_postgresql() else one.message_uid.hex,
        "key": one.key,
        "kind": one.kind.value,
        "link": one.link_number,
        "agent": one.agent[:200],
        "verdict": (Verdict.MACHINE if is_decoy else judge_agent(one.agent)).value,
        "at": one.at.isoformat() if is_postgresql() else one.at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3],
    }


_AGREED = """(subscription.state = 'confirmed' AND EXISTS (SELECT 1 FROM tracking_consent
    WHERE tracking_consent.contact_id = message.contact_id AND tracking_consent.list_id = message.list_id
      AND tracking_consent.state = 'granted'
      AND tracking_consent.purpose = CASE seen.kind WHEN 'open' THEN 'open_tracking' ELSE 'click_tracking' END))"""
_FIELDS = ("uid", "key", "kind", "link", "agent", "verdict", "at")


def _store(source: str) -> str:
    """The statement that stores what `source` gives: rows of `_FIELDS`."""
    return f"""
    INSERT INTO engagement_event
      (key, campaign_id, list_id, kind, link_number, verdict, message_id, contact_id, agent, at)
    SELECT seen.key, message.campaign_id, message.list_id, seen.kind, seen.link, seen.verdict,
      CASE WHEN {_AGREED} THEN message.id END, CASE WHEN {_AGREED} THEN message.contact_id END,
      CASE WHEN {_AGREED} THEN seen.agent ELSE '' END, seen.at
    FROM ({source}) AS seen JOIN message ON message.uid = seen.uid
      JOIN subscription ON subscription.id = message.subscription_id
    WHERE message.campaign_id IS NOT NULL
      AND (seen.kind = 'open' OR seen.link = {DECOY} OR EXISTS (SELECT 1 FROM campaign_link
           WHERE campaign_link.campaign_id = message.campaign_id AND campaign_link.number = seen.link))
    ON CONFLICT (key) DO NOTHING
    """  # noqa: S608  # our own constants


_STORE_ON_POSTGRESQL = _store(
    "SELECT * FROM jsonb_to_recordset(JSON(:rows))"
    " AS one(uid uuid, key text, kind text, link int, agent text, verdict text, at timestamptz)"
)
_PICKED = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in _FIELDS)
_STORE_ON_SQLITE = _store(f"SELECT {_PICKED} FROM json_each(:rows)")  # noqa: S608  # our own names
