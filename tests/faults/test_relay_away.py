"""The relay is away or says no: mails wait, nobody storms it, and confirmations go first when it is back."""

import smtplib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from signup.consent.subscription import Subscription, SubscriptionState
from signup.ground.db import db, transaction
from signup.mailer import deliver, smtp
from signup.mailer.message import Message, MessageState
from signup.mailer.message_kind import MessageKind, Priority
from tests.campaigns.campaign_cast import running_campaign
from tests.cast import drain, sign_up
from tests.faults.conftest import World, build_world
from tests.faults.relay import HANG_UP, Relay
from tests.faults.service import let_pass

pytestmark = pytest.mark.faults

FAILURES_BEFORE_A_PAUSE = 10
PROBE_SECONDS = 30
HOUR = 3_600
LAST_WAIT = 4 * HOUR
STEPS = ("MAIL", "RCPT", "DATA", "end")


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every connection that was tried, also one that nobody took."""
    tried: list[str] = []
    connect = smtp.connect

    def counted(url: str) -> smtplib.SMTP:
        tried.append(url)
        return connect(url)

    monkeypatch.setattr(smtp, "connect", counted)
    return tried


@pytest.fixture
def quiet_world(own_database: str, tmp_path: Path, relay: Relay) -> Iterator[World]:
    """Twenty people wait for their confirmation mails, and before them in the queue five for a letter. Nobody sends."""
    for world in build_world(own_database, tmp_path, smtp_url=relay.url):
        client = world.app.test_client()
        sign_up_some(client, world.form_id, "reader", 5)
        with world.app.app_context(), transaction():
            db.session.execute(update(Subscription).values(state=SubscriptionState.CONFIRMED))
            letter = {"kind": MessageKind.CAMPAIGN, "priority": Priority.CAMPAIGN}
            campaign_id = running_campaign(db.session.scalars(select(Message.list_id)).first())
            values = MessageKind.CONFIRM.rules.sample | {"unsubscribe": "example"}
            db.session.execute(update(Message).values(**letter, data=values, campaign_id=campaign_id))
        sign_up_some(client, world.form_id, "visitor", 20)
        yield world


def sign_up_some(client: FlaskClient, form_id: str, name: str, number: int) -> None:
    for one in range(number):
        assert sign_up(client, form_id, f"{name}-{one}@example.org").status_code == 202


def states(app: Flask) -> dict[str, int]:
    with app.app_context():
        rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state))
        return {row[0]: row[1] for row in rows}


def pass_an_hour(app: Flask, step: int, before: Callable[[int], None]) -> None:
    """An hour in steps, at each of which two workers look for mails to send."""
    for number in range(HOUR // step):
        before(number)
        with app.app_context():
            let_pass(step)
        drain(app)
        drain(app)


def test_a_relay_that_is_away_for_an_hour_is_probed_twice_a_minute_and_then_gets_every_mail(
    quiet_world: World, relay: Relay, tries: list[str], *, is_long: bool
) -> None:
    step = 5 if is_long else 2 * PROBE_SECONDS
    quarter = HOUR // step // 4
    troubles = ["421 too busy", "554 go away", HANG_UP]

    def another_trouble(number: int) -> None:
        if number == 0:
            relay.stop()
        elif number % quarter == 0:
            relay.stop()
            relay.start()
            relay.says["hello"] = troubles[number // quarter - 1]

    pass_an_hour(quiet_world.app, step, another_trouble)
    assert relay.connections > len(troubles)
    assert len(tries) <= FAILURES_BEFORE_A_PAUSE + HOUR // max(step, PROBE_SECONDS)
    assert relay.taken == []
    assert set(states(quiet_world.app)) <= {MessageState.READY, MessageState.RETRY}
    come_back(quiet_world.app, relay)
    assert states(quiet_world.app) == {MessageState.SENT: 25}
    assert max(relay.copies().values()) == 1
    names = [recipient.partition("-")[0] for recipient in relay.recipients()]
    assert names == ["visitor"] * 20 + ["reader"] * 5


def come_back(app: Flask, relay: Relay) -> None:
    """The relay works again, and every retry has fallen due."""
    relay.says.clear()
    relay.stop()
    relay.start()
    with app.app_context():
        let_pass(LAST_WAIT)
    drain(app)


def test_many_senders_share_one_probe(quiet_world: World, relay: Relay, tries: list[str]) -> None:
    relay.stop()
    for _failure in range(FAILURES_BEFORE_A_PAUSE):
        drain(quiet_world.app)
    assert len(tries) == FAILURES_BEFORE_A_PAUSE
    drain_at_once(quiet_world.app, 8)
    assert len(tries) == FAILURES_BEFORE_A_PAUSE
    with quiet_world.app.app_context():
        let_pass(PROBE_SECONDS)
    drain_at_once(quiet_world.app, 8)
    assert len(tries) == FAILURES_BEFORE_A_PAUSE + 1


def drain_at_once(app: Flask, number: int) -> None:
    threads = [threading.Thread(target=drain, args=(app,)) for _i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_failures_count_in_a_row_only(quiet_world: World, relay: Relay, tries: list[str]) -> None:
    client = quiet_world.app.test_client()
    for number in range(FAILURES_BEFORE_A_PAUSE):
        sign_up_some(client, quiet_world.form_id, f"round-{number}", 2)
        relay.says = {"hello": "421 too busy"}
        drain(quiet_world.app)
        relay.says = {"RCPT": "450 not this one"}
        drain(quiet_world.app)
    relay.says = {}
    sign_up_some(client, quiet_world.form_id, "late", 1)
    drain(quiet_world.app)
    assert "late-0@example.org" in relay.recipients()


def test_a_relay_that_says_later_gets_each_mail_again_at_growing_distances(
    quiet_world: World, relay: Relay, *, is_long: bool
) -> None:
    def say_later_at_some_step(number: int) -> None:
        relay.says = {STEPS[number % len(STEPS)]: "451 later"}

    say_later_at_some_step(0)
    drain(quiet_world.app)
    pass_an_hour(quiet_world.app, 60 if is_long else 300, say_later_at_some_step)
    assert relay.taken == []
    assert states(quiet_world.app) == {MessageState.RETRY: 25}
    with quiet_world.app.app_context():
        tried = set(db.session.scalars(select(Message.attempt)))
        assert max(tried) <= 5  # at once, and after 1, 5, 15 and 30 minutes
        assert set(db.session.scalars(select(Message.reply))) == {"451 later"}
    come_back(quiet_world.app, relay)
    assert states(quiet_world.app) == {MessageState.SENT: 25}
    assert max(relay.copies().values()) == 1


def test_a_mail_that_is_refused_for_good_is_not_tried_again(quiet_world: World, relay: Relay) -> None:
    for number, step in enumerate(STEPS):
        relay.says = {step: "550 no such mailbox"}
        sign_up_some(quiet_world.app.test_client(), quiet_world.form_id, f"late-{number}", 2)
        drain(quiet_world.app)
        assert states(quiet_world.app) == {MessageState.FAILED: 25 + 2 * (number + 1)}
    assert relay.connections == len(STEPS)  # no dialogue was lost by a refusal
    relay.says = {}
    with quiet_world.app.app_context():
        assert set(db.session.scalars(select(Message.reply))) == {"550 no such mailbox"}
        let_pass(LAST_WAIT)
    drain(quiet_world.app)
    assert relay.taken == []
    assert relay.connections == len(STEPS)


def test_a_letter_whose_answer_never_came_is_left_to_a_person_and_a_confirmation_goes_again(
    quiet_world: World, relay: Relay
) -> None:
    relay.says["end"] = HANG_UP
    for _mail in range(5):
        drain(quiet_world.app)
    assert len(relay.taken) == 5
    with quiet_world.app.app_context(), transaction():  # the confirmations' turn comes later
        db.session.execute(
            update(Message)
            .where(Message.kind == MessageKind.CONFIRM, Message.attempt == 0)
            .values(state=MessageState.CANCELLED)
        )
    for _mail in range(FAILURES_BEFORE_A_PAUSE - 5):
        drain(quiet_world.app)
    come_back(quiet_world.app, relay)
    copies = relay.copies()
    with quiet_world.app.app_context():
        letters = db.session.execute(
            select(Message.uid, Message.state).where(Message.kind == MessageKind.CAMPAIGN)
        ).all()
        assert {(state, copies[uid.hex]) for uid, state in letters} == {(MessageState.UNCLEAR, 1)}
        again = db.session.execute(
            select(Message.uid).where(Message.kind == MessageKind.CONFIRM, Message.state == MessageState.SENT)
        )
        assert [copies[uid.hex] for (uid,) in again] == [2] * 5


def test_a_relay_that_hung_up_on_an_idle_sender_gets_the_next_mail_at_once(
    quiet_world: World, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "ASK_AFTER_IDLE", 0.0)
    client = quiet_world.app.test_client()
    with quiet_world.app.app_context():
        deliver.drain()
        assert len(relay.taken) == 25
        relay.stop()
        relay.start()
        sign_up_some(client, quiet_world.form_id, "late", 1)
        deliver.drain()
        assert len(relay.taken) == 26
        deliver.hang_up()


def test_a_relay_that_hangs_up_now_and_then_gets_every_mail_at_once(quiet_world: World, relay: Relay) -> None:
    answers = 0

    def hang_up_after_some(step: str) -> str | None:
        nonlocal answers
        answers += step == "RCPT"
        return HANG_UP if step == "RCPT" and answers % 7 == 0 else None

    relay.mishap = hang_up_after_some
    drain(quiet_world.app)
    assert relay.mishaps[f"RCPT {HANG_UP}"] >= 3
    # What it hung up on goes again as soon as the relay is seen to be there; a letter waits for its own time.
    assert states(quiet_world.app)[MessageState.SENT] >= 20
    with quiet_world.app.app_context():
        assert db.session.scalar(select(func.count()).where(Message.state == MessageState.READY)) == 0


def test_what_the_relay_put_off_keeps_its_time_when_another_mail_shows_that_it_is_there(
    quiet_world: World, relay: Relay
) -> None:
    relay.says = {"RCPT": "451 greylisted"}
    drain(quiet_world.app)
    relay.says = {"hello": "421 too busy"}
    sign_up_some(quiet_world.app.test_client(), quiet_world.form_id, "late", 2)
    drain(quiet_world.app)
    relay.says = {}
    drain(quiet_world.app)
    assert sorted(relay.recipients()) == ["late-0@example.org", "late-1@example.org"]
    assert states(quiet_world.app) == {MessageState.RETRY: 25, MessageState.SENT: 2}
