"""A stranger who signs somebody up learns nothing: the answer is the same whatever we know of the address."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from signup.consent.subscription import leave
from signup.ground import driver_sql
from signup.ground.db import db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.signups import confirmation
from tests.cast import (
    ADA,
    BOB,
    CLEO,
    DAN,
    EVE,
    Mailbox,
    confirm_all,
    drain,
    forget_limits,
    sign_up,
    state_of,
    subscription_of,
    suppress,
)
from tests.databases import listening


def test_new_pending_confirmed_unsubscribed_and_suppressed_get_the_same_answer(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    suppress(DAN)
    for address in (ADA, BOB, CLEO):
        sign_up(client, form_id, address)
    confirm_all(app, client, mailbox, ADA, CLEO)
    cleo = subscription_of(CLEO)
    assert cleo
    with transaction():
        assert leave(cleo.id, "test")
    forget_limits()
    answers = {address: sign_up(client, form_id, address) for address in (ADA, BOB, CLEO, DAN, EVE)}
    held = {address: sign_up(client, form_id, address) for address in (ADA, EVE)}  # within five minutes
    shapes = {_shape(answer) for answer in (*answers.values(), *held.values())}
    assert len(shapes) == 1
    drain(app)
    assert [state_of(a) for a in (ADA, BOB, CLEO, DAN, EVE)] == [
        "confirmed",
        "pending",
        "unsubscribed",
        "pending",
        "pending",
    ]
    assert mailbox.mails(DAN) == []
    assert len(mailbox.mails(EVE)) == 1


def _shape(answer: object) -> tuple[object, ...]:
    """Everything but the random parts, whose lengths count."""
    headers = [(k, re.sub(r"^[0-9a-f]{16}$", "id", v)) for k, v in answer.headers if k != "Date"]  # type: ignore[attr-defined]
    body = re.sub(rb'"(signup|state)":"[\w.-]+"', rb'"\1":"token"', answer.data)  # type: ignore[attr-defined]
    return (answer.status_code, len(answer.data), body, *headers)  # type: ignore[attr-defined]


def test_asking_for_the_mail_again_is_the_same_work_for_everybody(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    suppress(DAN)
    handles = [sign_up(client, form_id, address).json["signup"] for address in (ADA, BOB, DAN)]  # type: ignore[index]
    confirm_all(app, client, mailbox, ADA)
    handles.append(keys().sign(TokenPurpose.CODE, uuid4()))  # of nobody
    forget_limits()
    for path, more in (("again", {}), ("code", {"code": "000000"})):
        asks = [partial(client.post, f"/f/{form_id}/{path}", json={"signup": one} | more) for one in handles]
        works = {_work(ask) for ask in asks}
        assert len(works) == 1, path
        assert any("resend_request" in str(work) or "code_tries" in str(work) for work in works.pop())
    drain(app)
    assert [len(mailbox.mails(address)) for address in (BOB, DAN)] == [2, 0]


def _work(ask: Callable[[], TestResponse]) -> tuple[object, ...]:
    """The statements, commits and rollbacks that a request made, and its answer."""
    done: list[str] = []
    ask()  # what is read once in a while is read now
    listeners: dict[str, Callable[..., Any]] = {
        "before_cursor_execute": lambda *given: done.append(given[2]),
        "commit": lambda _connection: done.append("commit"),
        "rollback": lambda _connection: done.append("rollback"),
    }

    def told(connection: Any, sql: str, values: Any) -> Any:
        done.append(sql)
        return driver_sql.run(connection, sql, values)

    with pytest.MonkeyPatch.context() as patch, listening(db.engine, **listeners):
        patch.setattr(confirmation, "run", told)
        answer = ask()
    return (*done, _shape(answer))
