"""Everything dies at any moment: processes, parents or children alone, PostgreSQL, Redis; and the relay has moods.

What was answered is stored, what is stored was tried, and nothing stands still afterwards.
"""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Self

import pytest
import redis
from flask_migrate import upgrade
from sqlalchemy import func, or_, select

from signup.app import create_app
from signup.consent.consent_event import ConsentEvent
from signup.contacts.contact import Contact
from signup.ground.db import close_connections, db
from signup.mailer import deliver, lease
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind
from signup.signups.held_back import Held
from signup.signups.signup import Signup
from tests import services
from tests.faults.conftest import World, build_world
from tests.faults.relay import HANG_UP, Relay
from tests.faults.service import Service, let_pass, post, running, wait_until
from tests.shared_app import settings_for

pytestmark = pytest.mark.faults

SHORT_PLAN = ("parent of worker", "PostgreSQL", "parent of web", "Redis", "flush")
LONG_PLAN = (
    *SHORT_PLAN,
    "child of worker",
    "child of web",
    "worker",
    "web",
    "child of worker",
    "worker",
    "child of web",
)
LEASE_AND_MORE = 61
SETTLED_WITHIN = 120.0
LAST_WAIT = 5 * 3_600
MISHAPS = {
    "hello": [(0.01, "421 too busy"), (0.01, HANG_UP)],
    "RCPT": [(0.02, "451 later"), (0.01, "550 no such mailbox")],
    "content": [(0.015, HANG_UP)],
    "end": [(0.03, "451 later"), (0.01, "421 closing"), (0.01, HANG_UP), (0.005, "554 no")],
}


def mood(dice: random.Random) -> Callable[[str], str | None]:
    """What a relay in a bad mood says at a step."""

    def mishap(step: str) -> str | None:
        thrown = dice.random()
        for share, reply in MISHAPS.get(step, []):
            if thrown < share:
                return reply
            thrown -= share
        return None

    return mishap


@dataclass
class Storm:
    """Ends one thing after the other, and starts again what is dead, as a supervisor does."""

    crowd: list[Service]
    postgresql: services.PostgresqlServer
    redis: services.RedisServer
    plan: Iterator[str]
    pause: float
    kills: Counter[str] = field(default_factory=Counter)
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._end.set()
        self._thread.join(60)

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            for victim in self.plan:
                if self._end.wait(self.pause):
                    return
                self._kill(victim)
                self.kills[victim] += 1
                self.restart_the_dead()
        except BaseException as error:
            self.error = error
            raise

    def _kill(self, victim: str) -> None:
        if victim == "PostgreSQL":
            self.postgresql.kill()
            self._end.wait(1.0)
            self.postgresql.start()
        elif victim == "Redis":
            self.redis.kill()
            self._end.wait(1.0)
            self.redis.start()
        elif victim == "flush":
            with redis.Redis.from_url(self.redis.url) as client:
                client.flushall()
        else:
            self._kill_processes(*victim.rpartition(" of ")[::2])

    def _kill_processes(self, which: str, command: str) -> None:
        service = random.choice([one for one in self.crowd if one.command[0] == command])
        # Killing what is not up yet would test nothing, and leave nobody to answer.
        wait_until(
            lambda: service.is_at_work or not service.is_running or self._end.is_set(), 90, f"{command} is up", 0.2
        )
        children = service.children()
        if which == "parent":
            service.kill_parent()
        elif which == "child" and children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(children), signal.SIGKILL)
        else:
            service.kill()

    def restart_the_dead(self) -> None:
        for service in self.crowd:
            if not service.is_running:
                service.start()


@dataclass
class Browsers:
    """Visitors who sign up at any of the web servers, and press once more when no answer came."""

    ports: list[int]
    form_id: str
    presses: int
    pause: float
    answered: list[str] = field(default_factory=list)
    answered_late: list[str] = field(default_factory=list)
    others: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(name,), daemon=True) for name in range(6)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(60)

    def _visit(self, name: int) -> None:
        number = 0
        while not self._end.wait(self.pause):
            number += 1
            address = f"visitor-{name}-{number}@example.org"
            status, heard = self._press(address), self.answered
            if status == 0 and self.presses > 1:
                self._end.wait(0.5)
                status, heard = self._press(address), self.answered_late
            if status == 202:
                heard.append(address)
            else:
                self.others[status] += 1
                self._end.wait(0.25)

    def _press(self, address: str) -> int:
        return post(random.choice(self.ports), self.form_id, address)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[services.PostgresqlServer]:
    server = services.PostgresqlServer(Path("/tmp") / f"signup-storm-{os.getpid()}-{time.monotonic_ns()}")  # noqa: S108
    server.start()
    yield server
    server.remove()


@pytest.fixture
def storm_world(
    own_server: services.PostgresqlServer, redis_server: services.RedisServer, relay: Relay, tmp_path: Path
) -> Iterator[World]:
    redis_server.start()
    app = create_app(settings_for(own_server.url, tmp_path))
    with app.app_context():
        upgrade()
        close_connections()
    yield from build_world(own_server.url, tmp_path, smtp_url=relay.url, broker_url=redis_server.url)


def test_what_was_answered_is_stored_and_mailed_whatever_dies(
    storm_world: World,
    own_server: services.PostgresqlServer,
    redis_server: services.RedisServer,
    relay: Relay,
    *,
    is_long: bool,
) -> None:
    sign_ups, kills, crew = (3_000, 150, 2) if is_long else (60, len(SHORT_PLAN), 1)
    seed = random.randrange(10**6)
    random.seed(seed)
    relay.delay, relay.mishap = 0.01, mood(random.Random(seed))
    ports = [storm_world.port, services.free_port()]
    webs = [Service(storm_world.settings | {"SIGNUP_PORT": str(port)}, "web", "--processes", "2") for port in ports]
    crowd = [*webs, *(Service(storm_world.settings, "worker") for _each in range(crew))]
    storm = Storm(
        crowd, own_server, redis_server, islice(cycle(LONG_PLAN if is_long else SHORT_PLAN), kills), pause=1.0
    )
    # No second press in the short form: who presses again is held as a repeat where a count outlives its sign-up.
    browsers = Browsers(ports, storm_world.form_id, presses=2 if is_long else 1, pause=0.5 if is_long else 0.4)
    with running(*crowd):
        for service in crowd:
            service.wait_until_at_work()
        with storm, browsers:
            enough = lambda: storm.is_over and len(browsers.answered) >= sign_ups  # noqa: E731
            wait_until(enough, 1_800 if is_long else 240, f"{sign_ups} answered and {kills} kills", 0.2)
        assert storm.error is None, storm.error
        with storm_world.app.app_context():
            if not is_long:  # the leases of the dead end at once
                let_pass(LEASE_AND_MORE)
            settled_after = wait_until_settled(storm)
        for service in crowd:
            if service.is_at_work:
                service.stop()
    with storm_world.app.app_context():
        send_what_the_relay_put_off(relay)
        report(storm, browsers, relay, settled_after, seed)
        assert_all_is_well(browsers, relay)


def wait_until_settled(storm: Storm) -> float:
    """How long it took. Fails with what stands still."""

    def is_settled() -> bool:
        storm.restart_the_dead()
        return stuck() == {}

    try:
        return wait_until(is_settled, SETTLED_WITHIN, "nothing stands still", 0.5)
    except AssertionError as error:
        said = "\n".join(service.said()[-2_000:] for service in storm.crowd)
        raise AssertionError(f"{stuck()} {storm.kills} {error}\n{said}") from None


def stuck() -> dict[str, int]:
    """Mails that are due or in somebody's hands, by state; what the relay put off is not."""
    due = or_(
        Message.state.in_((MessageState.CLAIMED, MessageState.HANDED)),
        Message.state.in_((MessageState.READY, MessageState.RETRY)) & (Message.not_before <= func.now()),
    )
    found = {
        row[0]: row[1] for row in db.session.execute(select(Message.state, func.count()).where(due).group_by("state"))
    }
    db.session.rollback()
    return found


def send_what_the_relay_put_off(relay: Relay) -> None:
    relay.mishap = lambda _step: None
    let_pass(LAST_WAIT)
    lease.sweep()
    deliver.drain()
    deliver.hang_up()


def assert_all_is_well(browsers: Browsers, relay: Relay) -> None:
    per_address = (
        select(Contact.address_key, func.count(ConsentEvent.id.distinct()), func.count(Message.id.distinct()))
        .join(Signup, Signup.contact_id == Contact.id)
        .outerjoin(ConsentEvent, (ConsentEvent.signup_id == Signup.id) & (ConsentEvent.type == "requested"))
        .outerjoin(Message, (Message.signup_id == Signup.id) & (Message.kind == MessageKind.CONFIRM))
        .group_by(Contact.address_key)
    )
    stored = {address: (events, mails) for address, events, mails in db.session.execute(per_address)}
    assert set(browsers.answered) | set(browsers.answered_late) <= set(stored)
    assert all(events and mails for events, mails in stored.values())
    rows = db.session.execute(select(Message.uid, Message.state, Message.reply, Message.crashes)).all()
    never = [(state, reply) for _uid, state, reply, _crashes in rows if not was_tried(state, reply)]
    assert never == []
    copies = relay.copies()
    assert all(copies[uid.hex] for uid, state, _reply, _crashes in rows if state == MessageState.SENT)


def was_tried(state: str, reply: str | None) -> bool:
    """Sent, or refused for good by the relay itself."""
    return state == MessageState.SENT or (state == MessageState.FAILED and (reply or "").startswith("5"))


def report(storm: Storm, browsers: Browsers, relay: Relay, settled_after: float, seed: int) -> None:
    """For `pytest -rP` or a failure: what happened."""
    copies = relay.copies()
    again = sum(n - 1 for n in copies.values())
    answered = set(browsers.answered) | set(browsers.answered_late)
    stored = set(db.session.scalars(select(Contact.address_key)))
    late = set(browsers.answered_late) - stored
    states = Counter(db.session.scalars(select(Message.state)))
    failed = Counter(db.session.scalars(select(Message.reply).where(Message.state == MessageState.FAILED)))
    print(  # noqa: T201  # figures for whoever asks with -rP
        f"seed {seed}: {len(answered)} answered, {len(browsers.answered_late)} of them at the second press;",
        f"others {dict(browsers.others)}; kills {sum(storm.kills.values())} {dict(storm.kills)};",
        f"relay {dict(relay.mishaps)};",
        f"answered and not stored {sorted(answered - stored)}, {len(late)} of them at the second press; held {held()};",
        f"settled after {settled_after:.1f} s; messages {dict(states)}; failed {dict(failed)};",
        f"{sum(copies.values())} mails taken, {again} of them again, {max(copies.values())} of one at most",
        sep="\n",
    )


def held() -> dict[str, int]:
    """Sign-ups that were answered and kept back without a word, by the limit's name."""
    rows = db.session.execute(select(Held.rule, func.sum(Held.n)).group_by(Held.rule)).all()
    return {rule: int(n) for rule, n in rows}
