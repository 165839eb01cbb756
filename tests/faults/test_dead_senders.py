"""A sender dies, or its database: only a mail that alone was at work is charged, and nothing stays in dead hands."""

import os
import signal
import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import OperationalError

from signup.ground.db import close_connections, db, transaction
from signup.mailer import compose, deliver, lease, outbox
from signup.mailer.message import Message, MessageState
from tests.cast import drain, sign_up
from tests.faults.conftest import World, build_world
from tests.faults.relay import HANG_UP, Relay
from tests.faults.service import let_pass

pytestmark = pytest.mark.faults

LEASE_AND_MORE = 61
PEOPLE = 10
POISON = "visitor-4@example.org"


@pytest.fixture
def world(own_database: str, tmp_path: Path, relay: Relay) -> Iterator[World]:
    """Ten people wait for their confirmation mails, and nobody sends yet."""
    for world in build_world(own_database, tmp_path, smtp_url=relay.url):
        client = world.app.test_client()
        for number in range(PEOPLE):
            assert sign_up(client, world.form_id, f"visitor-{number}@example.org").status_code == 202
        yield world


def chore(app: Flask, name: str) -> None:
    """What every worker does now and then, done now."""
    with app.app_context():
        next(one for one in app.extensions["signup.chores"] if one.name == name).work()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sender_that(app: Flask, prepare: Callable[[pytest.MonkeyPatch], None]) -> bool:
    """A process that sends what is due, with what `prepare` does to it; whether it was killed. Then its leases end."""
    with app.app_context():
        close_connections()
    child = os.fork()
    if child == 0:
        try:
            with pytest.MonkeyPatch.context() as patch:
                prepare(patch)
                drain(app)
        except BaseException:  # noqa: BLE001  # a child of pytest must not go on as a second pytest
            traceback.print_exc()
        finally:
            os._exit(0)
    _pid, status = os.waitpid(child, 0)
    with app.app_context():
        let_pass(LEASE_AND_MORE)
    chore(app, "sweep")
    return os.WIFSIGNALED(status)


def dies_after_the_claim(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deliver, "_without_mail", lambda _batch: die())


def dies_with_one_handed_over(patch: pytest.MonkeyPatch) -> None:
    step = outbox.step

    def hand_over_and_die(*given: Any) -> bool:
        may_go = step(*given)
        die()
        return may_go

    patch.setattr(outbox, "step", hand_over_and_die)


def dies_of_the_poison(patch: pytest.MonkeyPatch) -> None:
    render = compose.render

    def render_or_die(draft: compose.Draft) -> compose.ComposedMail:
        if draft.recipient == POISON:
            die()
        return render(draft)

    patch.setattr(compose, "render", render_or_die)


def dies_while_the_poison_is_with_the_relay(patch: pytest.MonkeyPatch) -> None:
    step = outbox.step

    def hand_over_or_die(settled: Any, hand_over: Any) -> bool:
        may_go = step(settled, hand_over)
        if hand_over and hand_over.draft.recipient == POISON:
            die()
        return may_go

    patch.setattr(outbox, "step", hand_over_or_die)


def states(app: Flask) -> dict[str, int]:
    with app.app_context():
        found = {
            row[0]: row[1] for row in db.session.execute(select(Message.state, func.count()).group_by(Message.state))
        }
        db.session.rollback()
    return found


def crashes(app: Flask) -> set[int]:
    with app.app_context():
        found = set(db.session.scalars(select(Message.crashes)))
        db.session.rollback()
    return found


@pytest.mark.parametrize("times", [1, 3, 7])
def test_senders_that_die_after_a_claim_cost_no_mail_anything(world: World, times: int) -> None:
    for _death in range(times):
        assert sender_that(world.app, dies_after_the_claim)
    assert states(world.app) == {MessageState.READY: PEOPLE}
    assert crashes(world.app) == {0}
    drain(world.app)
    assert states(world.app) == {MessageState.SENT: PEOPLE}


def test_a_crash_loop_while_mails_are_handed_over_fails_none_that_was_not_tried(world: World, relay: Relay) -> None:
    for _death in range(7):
        assert sender_that(world.app, dies_with_one_handed_over)
    drain(world.app)
    with world.app.app_context():
        rows = db.session.execute(select(Message.state, Message.handed_at)).all()
    assert all(state == MessageState.SENT or handed_at for state, handed_at in rows)
    assert Counter(state for state, _at in rows)[MessageState.SENT] >= PEOPLE - 2
    assert max(relay.copies().values()) == 1  # nobody died after the content was out


@pytest.mark.parametrize("dies", [dies_of_the_poison, dies_while_the_poison_is_with_the_relay])
def test_a_mail_that_kills_its_senders_ends_alone_and_its_neighbours_arrive(
    world: World, dies: Callable[[pytest.MonkeyPatch], None], capsys: pytest.CaptureFixture[str]
) -> None:
    deaths = 0
    while sender_that(world.app, dies):
        deaths += 1
        assert deaths <= 5, states(world.app)
    assert deaths >= 3
    assert states(world.app) == {MessageState.FAILED: 1, MessageState.SENT: PEOPLE - 1}
    with world.app.app_context():
        failed = db.session.execute(
            select(Message.recipient, Message.reply).where(Message.state == MessageState.FAILED)
        ).one()
    assert failed.recipient == POISON
    assert failed.reply.startswith("crashed sender")


def test_two_mails_that_kill_their_senders_both_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"visitor-0@example.org", "visitor-9@example.org"}

    def dies_of_both(patch: pytest.MonkeyPatch) -> None:
        render = compose.render

        def render_or_die(draft: compose.Draft) -> compose.ComposedMail:
            if draft.recipient in both:
                die()
            return render(draft)

        patch.setattr(compose, "render", render_or_die)

    deaths = 0
    while sender_that(world.app, dies_of_both):
        deaths += 1
        assert deaths <= 10, states(world.app)
    assert states(world.app) == {MessageState.FAILED: 2, MessageState.SENT: PEOPLE - 2}


ERRORS: dict[str, list[Exception]] = {
    "postgresql": [
        psycopg.errors.InvalidSqlStatementName("a pooler has lost the statement"),
        psycopg.errors.DuplicatePreparedStatement("a pooler has it twice"),
        OperationalError("", {}, psycopg.errors.AdminShutdown("terminating connection")),
        psycopg.errors.DiskFull("could not extend file"),
    ],
    "sqlite": [
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("database is locked"),
        sqlite3.DatabaseError("disk I/O error"),
        OperationalError("", {}, sqlite3.OperationalError("unable to open database file")),
    ],
}


def test_what_the_database_does_is_charged_to_no_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in ERRORS["postgresql" if "postgresql" in world.settings["DATABASE_URL"] else "sqlite"]:

        def refuse(*_given: object) -> bool:
            raise error  # noqa: B023

        for _time in range(4):
            with monkeypatch.context() as patch:
                patch.setattr(outbox, "step", refuse)
                with pytest.raises(type(error)):
                    drain(world.app)
            with world.app.app_context():
                let_pass(LEASE_AND_MORE)
            chore(world.app, "sweep")
    assert crashes(world.app) == {0}
    drain(world.app)
    assert states(world.app) == {MessageState.SENT: PEOPLE}


def test_what_could_not_be_written_down_is_written_when_the_database_is_back(
    world: World, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = outbox.step
    away = OperationalError("", {}, psycopg.OperationalError("the connection is lost"))

    def lose_it(*given: Any) -> bool:
        if relay.taken:
            raise away
        return step(*given)

    def also_lost() -> Any:
        if relay.taken:
            raise away
        return transaction()

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "step", lose_it)
        patch.setattr(lease, "transaction", also_lost)
        with pytest.raises(OperationalError):
            drain(world.app)
    assert len(relay.taken) == 1
    assert states(world.app) == {MessageState.HANDED: 1, MessageState.CLAIMED: PEOPLE - 1}
    chore(world.app, "collect")  # seconds later, long before the lease ends
    assert states(world.app) == {MessageState.SENT: 1, MessageState.READY: PEOPLE - 1}
    drain(world.app)
    assert states(world.app) == {MessageState.SENT: PEOPLE}
    assert max(relay.copies().values()) == 1


def test_no_lease_is_renewed_for_ever_whoever_renews_it(world: World, relay: Relay) -> None:
    with world.app.app_context():
        held = lease.claim()
        for _beat in range(3 * 60 * 60 // 20):
            let_pass(20)
            with transaction():
                db.session.execute(update(Message).values(claimed_at=text(_EARLIER[db.engine.dialect.name])))
            lease.renew_leases()
        lease.sweep()
        lease.let_go(held)
    drain(world.app)
    assert states(world.app) == {MessageState.SENT: PEOPLE}


_EARLIER = {
    "postgresql": "claimed_at - interval '20 seconds'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', claimed_at, '-20 seconds')",
}


def test_a_sender_that_is_done_is_forgotten(world: World) -> None:
    for _round in range(5):
        drain(world.app)
    assert not lease._at_work


def test_an_error_that_nobody_thought_of_is_one_mails_own(
    world: World, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    render = compose.render

    def too_deep(draft: compose.Draft) -> compose.ComposedMail:
        if draft.recipient == POISON:
            raise RecursionError
        return render(draft)

    monkeypatch.setattr(compose, "render", too_deep)
    drain(world.app)
    assert states(world.app) == {MessageState.FAILED: 1, MessageState.SENT: PEOPLE - 1}


@pytest.mark.parametrize("reply", ["451 later\0", "550 no\0such mailbox", "250 taken\0", HANG_UP])
def test_whatever_the_relay_says_can_be_written_down(world: World, relay: Relay, reply: str) -> None:
    relay.says["end"] = reply
    drain(world.app)
    assert not set(states(world.app)) & {MessageState.CLAIMED, MessageState.HANDED}


def test_a_confirmation_whose_time_is_over_does_not_go(world: World, relay: Relay) -> None:
    with world.app.app_context(), transaction():
        db.session.execute(text("UPDATE signup SET expires_at = created_at"))
    drain(world.app)
    assert relay.taken == []
    assert states(world.app) == {MessageState.CANCELLED: PEOPLE}
