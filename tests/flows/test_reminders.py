"""Who does not confirm is reminded: when, how often, with which link – and one in ten is not, to see what it brings."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text, update

from signup.consent.subscription import Subscription, leave
from signup.forms.form import Form, find_form
from signup.ground import tokens
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.limits.database_store import LimitCounter
from signup.mailer.message import Message
from signup.signups import remind
from signup.signups.signup import Signup
from tests.cast import (
    ADA,
    BOB,
    DAN,
    EVE,
    Mailbox,
    drain,
    forget_limits,
    link_in,
    make_form,
    make_noise,
    sign_up,
    state_of,
    subscription_of,
    suppress,
    text_of,
)
from tests.databases import listening

DAY = timedelta(hours=24)


@pytest.fixture(autouse=True)
def nobody_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The draw is chance; tests that are about something else take it out."""
    monkeypatch.setattr(remind, "HOLDOUT", 1 << 32)


def pass_time(app: Flask, hours: float) -> None:
    """Let all that was written be older by `hours`."""
    with transaction():
        moved = timedelta(hours=-hours).total_seconds()
        for table, columns in (
            ("signup", ("created_at", "remind_at", "expires_at", "code_until")),
            ("message", ("created_at", "sent_at")),
            ("subscription", ("created_at", "state_at")),
        ):
            changes = ", ".join(f"{name} = {_moved(name)}" for name in columns)
            db.session.execute(text(f"UPDATE {table} SET {changes}"), {"by": moved})


def _moved(name: str) -> str:
    if db.engine.dialect.name == "postgresql":
        return f"{name} + make_interval(secs => :by)"
    return f"strftime('%Y-%m-%d %H:%M:%f', {name}, :by || ' seconds')"


def work(app: Flask) -> None:
    """The chore, then the worker."""
    remind.remind()
    drain(app)


@pytest.fixture
def ask(app: Flask, client: FlaskClient, mailbox: Mailbox) -> Callable[..., None]:
    """Make a form and let these people sign up by it; their mails go out."""

    def signed_up(*addresses: str, **more: Any) -> None:
        make_noise(app, client, mailbox)
        with app.app_context():
            form_id = make_form(**more).public_id
        for address in addresses:
            assert sign_up(client, form_id, address).status_code == 202
        drain(app)

    return signed_up


def last_form() -> str:
    return db.session.scalars(select(Form.public_id).order_by(Form.id.desc()).limit(1)).one()


def test_a_reminder_goes_out_once_a_day_later_with_the_link_and_no_code(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ask: Callable[..., None]
) -> None:
    ask(ADA)
    work(app)
    pass_time(app, 23.9)
    work(app)
    assert len(mailbox.mails(ADA)) == 1
    pass_time(app, 0.2)
    for _round in range(3):
        work(app)
    first, second = mailbox.mails(ADA)
    assert second["Subject"] == "Reminder: please confirm The Letter"
    assert second["Auto-Submitted"] == "auto-generated"
    assert "the last one about it" in text_of(second)
    pass_time(app, 60)
    work(app)
    assert len(mailbox.mails(ADA)) == 2
    opened = [tokens.keys().open(tokens.TokenPurpose.CONFIRM, link_in(mail)[9:]).id for mail in (first, second)]
    assert opened[0] == opened[1]
    kinds = select(Message.kind, Message.state).where(Message.recipient == ADA).order_by(Message.id)
    assert list(map(tuple, db.session.execute(kinds))) == [("confirm", "sent"), ("reminder", "sent")]
    assert client.post(link_in(second)).status_code == 303
    assert state_of(ADA) == "confirmed"


def test_two_reminders_come_after_one_day_and_three_and_no_third(
    app: Flask, mailbox: Mailbox, ask: Callable[..., None]
) -> None:
    ask(ADA, reminders=2)
    counts = []
    for hours in (24.1, 40, 8, 24, 24):
        pass_time(app, hours)
        work(app)
        counts.append(len(mailbox.mails(ADA)))
    assert counts == [2, 2, 3, 3, 3]
    bodies = ["the last one about it" in text_of(mail) for mail in mailbox.mails(ADA)]
    assert bodies == [False, False, True]


def test_no_reminder_goes_where_the_form_wants_none(app: Flask, mailbox: Mailbox, ask: Callable[..., None]) -> None:
    ask(ADA, reminders=0)
    assert "without your confirmation, you will get no more emails" in text_of(mailbox.last(ADA))
    pass_time(app, 100)
    work(app)
    assert len(mailbox.mails(ADA)) == 1


def test_the_first_mail_says_that_a_reminder_may_come(mailbox: Mailbox, ask: Callable[..., None]) -> None:
    ask(ADA)
    assert "you will get at most one reminder" in " ".join(text_of(mailbox.last(ADA)).split())


def test_the_owner_can_stop_reminders_that_were_planned(app: Flask, mailbox: Mailbox, ask: Callable[..., None]) -> None:
    ask(ADA)
    with transaction():
        form = find_form(last_form())
        form.publish(form.version.definition.model_copy(update={"reminders": 0}))
    pass_time(app, 25)
    work(app)
    assert len(mailbox.mails(ADA)) == 1


def _confirms(app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    client.post(link_in(mailbox.last(ADA)))
    drain(app)


def _was_somebody_else(_app: Flask, client: FlaskClient, mailbox: Mailbox) -> None:
    client.post(link_in(mailbox.last(ADA)), data={"action": "not-me"})


def _leaves(app: Flask, _client: FlaskClient, _mailbox: Mailbox) -> None:
    found = subscription_of(ADA)
    assert found
    with transaction():
        leave(found.id, "test")


def _is_put_on_the_stop_list(app: Flask, _client: FlaskClient, _mailbox: Mailbox) -> None:
    suppress(ADA)


def _expires(app: Flask, _client: FlaskClient, _mailbox: Mailbox) -> None:
    with transaction():
        db.session.execute(update(Signup).values(expires_at=now(timedelta(seconds=-1))))


def _complains(app: Flask, _client: FlaskClient, _mailbox: Mailbox) -> None:
    with transaction():
        db.session.execute(update(Subscription).values(state="complained"))


ENDS = [_confirms, _was_somebody_else, _leaves, _is_put_on_the_stop_list, _expires, _complains]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__.strip("_"))
@pytest.mark.parametrize("moment", ["before it is due", "when it is written already"])
def test_no_reminder_follows_when_the_matter_is_settled(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ask: Callable[..., None], end: Any, moment: str
) -> None:
    ask(ADA)
    pass_time(app, 25)
    if moment == "when it is written already":
        remind.remind()
    end(app, client, mailbox)
    work(app)
    assert "Reminder: please confirm The Letter" not in [mail["Subject"] for mail in mailbox.mails(ADA)]


def test_no_reminder_follows_a_mail_that_came_back(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ask: Callable[..., None]
) -> None:
    mailbox.answer = "550 5.1.1 no such mailbox"
    form_id = make_form().public_id
    sign_up(client, form_id, DAN)
    drain(app)
    mailbox.answer = "250 OK"
    pass_time(app, 30)
    work(app)
    assert mailbox.mails(DAN) == []
    assert db.session.scalars(select(Signup.remind_at)).all() == [None]


def test_a_reminder_waits_for_a_first_mail_that_was_long_on_its_way(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 later"
    form_id = make_form().public_id
    sign_up(client, form_id, ADA)
    drain(app)
    pass_time(app, 25)
    work(app)
    mailbox.answer = "250 OK"
    with transaction():
        db.session.execute(update(Message).values(not_before=now()))
    drain(app)
    pass_time(app, 2)
    work(app)
    assert len(mailbox.mails(ADA)) == 1
    pass_time(app, 12)
    work(app)
    assert len(mailbox.mails(ADA)) == 2


def test_a_worker_that_dies_while_it_reminds_leaves_exactly_one_reminder(
    app: Flask, mailbox: Mailbox, ask: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(ADA)
    pass_time(app, 25)
    with monkeypatch.context() as patch:
        patch.setattr(remind, "_settle", lambda _due: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            remind.remind()
    work(app)
    work(app)
    assert [mail["Subject"] for mail in mailbox.mails(ADA)].count("Reminder: please confirm The Letter") == 1


def test_who_asked_twice_is_reminded_once_and_of_the_newer(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ask: Callable[..., None]
) -> None:
    ask(ADA)
    form_id = last_form()
    forget_limits()
    sign_up(client, form_id, ADA)
    drain(app)
    pass_time(app, 25)
    work(app)
    first, second, reminder = mailbox.mails(ADA)
    ids = [tokens.keys().open(tokens.TokenPurpose.CONFIRM, link_in(mail)[9:]).id for mail in (first, second, reminder)]
    assert ids[0] != ids[1] == ids[2]


def test_reminders_count_among_the_mails_an_unconfirmed_address_gets(
    app: Flask, client: FlaskClient, mailbox: Mailbox, ask: Callable[..., None]
) -> None:
    ask(EVE, reminders=2)
    form_id = last_form()
    pass_time(app, 25)
    work(app)
    with transaction():
        forget_five_minutes()
    sign_up(client, form_id, EVE)  # the third
    drain(app)
    pass_time(app, 25)
    work(app)
    assert len(mailbox.mails(EVE)) == 3


def forget_five_minutes() -> None:
    """As if the pause between two sign-ups of an address were over; all that is counted for longer stays."""
    keys = [key for key in db.session.scalars(select(LimitCounter.key)) if bytes(key).startswith(b"a5:")]
    db.session.execute(delete(LimitCounter).where(LimitCounter.key.in_(keys)))


def test_one_in_ten_is_held_out_by_a_keyed_hash_that_anybody_with_the_key_can_repeat(
    app: Flask, client: FlaskClient, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remind, "HOLDOUT", 10)
    drawn = [remind.is_held_out(UUID(int=n)) for n in range(20_000)]
    assert 1_800 < sum(drawn) < 2_200
    form_id = make_form().public_id
    for n in range(40):
        sign_up(client, form_id, f"p{n}@example.org")
    drain(app)
    pass_time(app, 25)
    work(app)
    rows = db.session.execute(select(Signup.uid, Signup.trial, Signup.reminded)).all()
    for uid, trial, reminded in rows:
        assert (trial, reminded) == (("holdout", 0) if remind.is_held_out(uid) else ("reminded", 1))
    held = sum(row.trial == "holdout" for row in rows)
    assert len(mailbox.mails()) == 80 - held


def test_a_hundred_reminders_take_no_more_statements_than_ten(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remind, "_admit", lambda *_: True)  # the governor is asked for each mail, as for each sign-up
    counts = []
    form_id = make_form().public_id
    for size in (10, 100):
        for n in range(size):
            sign_up(client, form_id, f"{size}-{n}@example.org")
        drain(app)
        pass_time(app, 25)
        seen: list[str] = []
        with listening(db.engine, before_cursor_execute=lambda *a, seen=seen: seen.append(a[2])):
            remind.remind()
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_bob_is_never_reminded_twice_by_two_workers(app: Flask, mailbox: Mailbox, ask: Callable[..., None]) -> None:
    ask(BOB)
    pass_time(app, 25)
    ids = list(db.session.scalars(select(Signup.id).where(remind._is_due())))
    db.session.rollback()
    remind._remind_some(ids)
    remind._remind_some(ids)  # the other one read the same list before
    drain(app)
    assert len(mailbox.mails(BOB)) == 2
