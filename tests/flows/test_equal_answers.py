"""A stranger who signs somebody up learns nothing: the answer is the same whatever we know of the address."""

import re

from flask import Flask
from flask.testing import FlaskClient

from signup.db import transaction
from signup.forms.unsubscribe import leave
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
    make_form,
    sign_up,
    state_of,
    subscription_of,
    suppress,
)


def test_new_pending_confirmed_unsubscribed_and_suppressed_get_the_same_answer(
    app: Flask, client: FlaskClient, mailbox: Mailbox
) -> None:
    with app.app_context():
        form_id = make_form().public_id
        suppress(DAN)
    for address in (ADA, BOB, CLEO):
        sign_up(client, form_id, address)
    confirm_all(app, client, mailbox, ADA, CLEO)
    with app.app_context():
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
    with app.app_context():
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
    body = re.sub(rb'"signup":"[\w.-]+"', b'"signup":"token"', answer.data)  # type: ignore[attr-defined]
    return (answer.status_code, len(answer.data), body, *headers)  # type: ignore[attr-defined]
