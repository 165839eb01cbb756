"""Web and worker processes die by -9, every second, while visitors sign up: nothing answered is lost, no campaign mail
goes twice, and a confirmation goes twice at most once for each thread that was killed while sending.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from typing import Self

import psycopg
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url

from signup.consent.consent_event import ConsentEvent
from signup.consent.subscription import Subscription, SubscriptionState
from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer import deliver, lease
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind, Priority
from signup.signups.signup import Signup
from tests import services
from tests.campaigns.campaign_cast import running_campaign
from tests.cast import EVE, sign_up
from tests.faults.conftest import World, build_world
from tests.faults.relay import Relay
from tests.faults.service import Service, Visitors, let_pass, post, running, wait_until

pytestmark = pytest.mark.faults

KILL_EVERY = 1.0
SHORT_PLAN = ("a child of web", "worker", "power", "a child of worker")
LONG_PLAN = ("web", "worker", "worker", "a child of web", "a child of web", "a child of worker", "power")
LEASE_AND_MORE = 61
WAITING = "wait_event_type = 'Lock' AND datname = current_database()"
WORKER_THREADS = 4 + 1  # dramatiq's, and the one that collects what nobody rang for


@dataclass
class Killer:
    """Kills a service every second, whole or one child of it, or all at once; starts again what is dead."""

    world: World
    services: list[Service]
    plan: Iterator[str]
    kills: Counter[str] = field(default_factory=Counter)
    threads_killed: int = 0

    def __post_init__(self) -> None:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._end.set()
        self._thread.join(30)

    @property
    def total(self) -> int:
        return sum(self.kills.values())

    def _work(self) -> None:
        try:
            while not self._end.wait(KILL_EVERY):
                self._restart_the_dead()
                if (victim := next(self.plan, "nobody")) == "nobody":
                    continue
                if victim == "power":
                    self._cut_the_power()
                else:
                    self._kill_one(victim)
                self.kills[victim] += 1
                self._restart_the_dead()
        except BaseException as error:
            self.error = error
            raise

    def _kill_one(self, victim: str) -> None:
        *child, name = victim.rsplit(" ", 1)
        service = random.choice([service for service in self.services if service.command[0] == name])
        # Killing what is not up yet would test nothing, and leave nobody to answer.
        is_time = lambda: service.is_at_work or not service.is_running or self._end.is_set()  # noqa: E731
        wait_until(is_time, 60, f"{name} is up", 0.2)
        children = service.children()
        if child and children:
            os.kill(random.choice(children), signal.SIGKILL)
        else:
            service.kill()
        self.threads_killed += self._sending_threads(service)

    def _cut_the_power(self) -> None:
        """Everything at once. Whatever is leased now belongs to the dead, so a minute may pass."""
        for service in self.services:
            service.kill()
            self.threads_killed += self._sending_threads(service)
        with self.world.app.app_context():
            let_pass(LEASE_AND_MORE)

    def _restart_the_dead(self) -> None:
        for service in self.services:
            if not service.is_running:
                service.kill()
                service.start()

    def _sending_threads(self, service: Service) -> int:
        if service.command[0] == "worker":
            return WORKER_THREADS
        return 0 if "BROKER_URL" in self.world.settings else 2 * WORKER_THREADS


def test_nothing_answered_is_lost_while_processes_are_killed_every_second(
    world: World, relay: Relay, *, is_long: bool
) -> None:
    if not is_long and "BROKER_URL" in world.settings:
        pytest.skip("on PostgreSQL and Redis the storm kills them, too: --long")
    sign_ups, kills, letters, crew = (2_000, 60, 600, 2) if is_long else (150, len(SHORT_PLAN), 60, 1)
    plan = map(random.choice, repeat(LONG_PLAN)) if is_long else iter(SHORT_PLAN)
    relay.delay = 0.01  # a relay takes its time: so kills meet mails that are on their way
    write_campaign(world, letters, over_seconds=kills * KILL_EVERY)
    web = Service(world.settings, "web", "--processes", "2")
    workers = [Service(world.settings, "worker") for _i in range(crew)]
    with running(web, *workers):
        web.wait_until_at_work()
        killer = Killer(world, [web, *workers], plan)
        with killer, Visitors(world.port, world.form_id, threads=6) as visitors:
            enough = lambda: (len(visitors.answered) >= sign_ups and killer.total >= kills) or killer.error  # noqa: E731
            wait_until(enough, 900 if is_long else 150, f"{sign_ups} answered sign-ups and {kills} kills")
        assert killer.error is None, killer.error
        settle(world, [web, *workers])
    copies = relay.copies()
    report(killer, visitors, copies)
    assert not visitors.refused
    with world.app.app_context():
        assert_everything_is_stored(set(visitors.answered))
        assert_every_confirmation_went_out(copies, at_most_twice=killer.threads_killed)
        assert_no_letter_went_twice(copies, in_doubt=killer.threads_killed)


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


@contextmanager
def commits_held(url: str) -> Iterator[None]:
    """Nobody's sign-up can be committed; at the end those that waited are ended, as the server's own death would."""
    with connect(url) as connection:
        connection.execute("LOCK TABLE message IN EXCLUSIVE MODE")
        yield
        connection.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {WAITING}")
        connection.rollback()


def test_who_presses_again_after_a_death_between_count_and_commit_is_stored(
    own_postgresql: str, tmp_path: Path, relay: Relay, redis_server: services.RedisServer
) -> None:
    redis_server.start()
    more = {"smtp_url": relay.url, "broker_url": redis_server.url}
    for world in build_world(own_postgresql, tmp_path, **more):
        web = Service(world.settings, "web", "--processes", "1")
        with running(web):
            web.wait_until_at_work()
            with commits_held(own_postgresql):
                first = threading.Thread(target=post, args=(world.port, world.form_id, EVE))
                first.start()
                wait_until(lambda: is_waiting_for_a_lock(own_postgresql), 20, "the sign-up waits for its commit")
                web.kill()
                first.join(20)
            web.start()
            web.wait_until_at_work()
            assert post(world.port, world.form_id, EVE) == 202
        with world.app.app_context():
            stored = set(db.session.scalars(select(Contact.address_key)))
        assert stored == {EVE}


def is_waiting_for_a_lock(url: str) -> bool:
    with connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {WAITING}").fetchone()
    return bool(row and row[0])


def write_campaign(world: World, letters: int, over_seconds: float) -> None:
    """Letters to confirmed subscribers that fall due while the killing goes on."""
    client = world.app.test_client()
    for number in range(letters):
        assert sign_up(client, world.form_id, f"reader-{number}@example.org").status_code == 202
    with world.app.app_context(), transaction():
        db.session.execute(update(Subscription).values(state=SubscriptionState.CONFIRMED))
        db.session.execute(update(Message).values(state=MessageState.CANCELLED))
        template = db.session.scalars(select(Message.template_hash)).first()
        campaign_id = running_campaign(db.session.scalars(select(Message.list_id)).first())
        for number, confirm in enumerate(db.session.scalars(select(Message)).all()):
            letter = Message(
                kind=MessageKind.CAMPAIGN,
                priority=Priority.CAMPAIGN,
                recipient=confirm.recipient,
                recipient_hash=confirm.recipient_hash,
                template_hash=template,
                data=(confirm.data or {}) | {"unsubscribe": "example"},
                dedupe_key=f"campaign:1:{confirm.subscription_id}",
                contact_id=confirm.contact_id,
                list_id=confirm.list_id,
                subscription_id=confirm.subscription_id,
                campaign_id=campaign_id,
                not_before=now(timedelta(seconds=int(number * over_seconds / letters))),
            )
            db.session.add(letter)


def settle(world: World, services: list[Service]) -> None:
    """Stop in good order, let the leases of the dead run out, and let a worker here send what is left."""
    for service in services:
        if service.is_at_work:
            service.stop()
        service.kill()
    with world.app.app_context():
        let_pass(LEASE_AND_MORE)
        lease.sweep()
        deliver.drain()
        deliver.hang_up()
        assert waiting() == {}


def waiting() -> dict[str, int]:
    """How many messages are not at an end, by kind and state."""
    open_ = (MessageState.READY, MessageState.RETRY, MessageState.CLAIMED, MessageState.HANDED)
    query = select(Message.kind, Message.state, func.count()).where(Message.state.in_(open_))
    found = {f"{kind} {state}": n for kind, state, n in db.session.execute(query.group_by(Message.kind, Message.state))}
    db.session.rollback()
    return found


def assert_everything_is_stored(answered: set[str]) -> None:
    stored = db.session.execute(
        select(Contact.address_key, func.count(ConsentEvent.id.distinct()), func.count(Message.id.distinct()))
        .join(Subscription, Subscription.contact_id == Contact.id)
        .join(Signup, Signup.subscription_id == Subscription.id)
        .outerjoin(ConsentEvent, (ConsentEvent.signup_id == Signup.id) & (ConsentEvent.type == "requested"))
        .outerjoin(Message, (Message.signup_id == Signup.id) & (Message.kind == MessageKind.CONFIRM))
        .group_by(Contact.address_key)
    ).all()
    assert answered <= {address for address, _events, _messages in stored}
    # What was stored and never answered is whole, too.
    assert {(events, messages) for _address, events, messages in stored} == {(1, 1)}
    assert db.session.scalar(select(func.count(Contact.id))) == len(stored)


def assert_every_confirmation_went_out(copies: Counter[str], at_most_twice: int) -> None:
    rows = db.session.execute(
        select(Message.uid, Message.state, Message.reply, func.count(ConsentEvent.id))
        .outerjoin(ConsentEvent, (ConsentEvent.signup_id == Message.signup_id) & (ConsentEvent.type == "mail_accepted"))
        .where(Message.kind == MessageKind.CONFIRM, Message.state != MessageState.CANCELLED)
        .group_by(Message.uid, Message.state, Message.reply)
    ).all()
    assert {(state, proofs) for _uid, state, _reply, proofs in rows} == {(MessageState.SENT, 1)}, Counter(
        (state, reply) for _uid, state, reply, _proofs in rows if state != MessageState.SENT
    )
    assert all(copies[uid.hex] for uid, *_rest in rows)
    assert sum(copies[uid.hex] - 1 for uid, *_rest in rows) <= at_most_twice


def assert_no_letter_went_twice(copies: Counter[str], in_doubt: int) -> None:
    letters = db.session.execute(select(Message.uid, Message.state).where(Message.kind == MessageKind.CAMPAIGN)).all()
    assert {state for _uid, state in letters} <= {MessageState.SENT, MessageState.UNCLEAR}
    assert max(copies[uid.hex] for uid, _state in letters) == 1
    assert all(copies[uid.hex] == 1 for uid, state in letters if state == MessageState.SENT)
    assert sum(state == MessageState.UNCLEAR for _uid, state in letters) <= in_doubt


def report(killer: Killer, visitors: Visitors, copies: Counter[str]) -> None:
    """For `pytest -rP` or a failure: what happened."""
    kills = ", ".join(f"{name} {n}" for name, n in sorted(killer.kills.items()))
    print(  # noqa: T201  # figures for whoever asks with -rP
        f"{time.strftime('%H:%M:%S')} {len(visitors.answered)} answered, {len(visitors.unanswered)} unanswered;",
        f"{killer.total} kills ({kills}) of {killer.threads_killed} sending threads; {sum(copies.values())} mails,",
        f"{sum(n - 1 for n in copies.values())} of them duplicates",
    )
