"""What is good once is good once, also when it comes in several requests at the same moment."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlsplit

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from signup.access import passkey, sign_in_attempt
from signup.access import password as password_hashes
from signup.access.operator import Operator, find_operator
from signup.access.recovery_code import new_codes
from signup.access.session import OperatorSession
from signup.access.ticket import TicketUse, new_ticket
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from tests.admin.cast import OPAL, csrf_of, hire, second_step, sign_in
from tests.admin.test_passkeys import Authenticator, add, named

AT_ONCE = 4

__all__ = ["named"]  # a fixture


def together(calls: Sequence[Callable[[], object]]) -> list[object]:
    """What they return when all begin at the same moment."""
    ready, found = threading.Barrier(len(calls)), list[object]()

    def run(call: Callable[[], object]) -> None:
        ready.wait()
        found.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(calls)
    return found


def sessions(app: Flask) -> int:
    return len(db.session.scalars(select(OperatorSession.id)).all())


def status_of_code(browser: FlaskClient, page: TestResponse, code: str) -> int:
    return second_step(browser, page, code=code).status_code


def status_of_link(browser: FlaskClient, path: str, token: str, password: str) -> int:
    return browser.post(path, data={"csrf_token": token, "password": password}).status_code


@pytest.mark.both_engines
@pytest.mark.parametrize("kind", ["from paper", "of the app"])
def test_a_code_in_several_browsers_at_once_lets_one_in(app: Flask, kind: str) -> None:
    hire(app, OPAL)
    seed = pyotp.random_base32()
    with transaction():
        db.session.execute(update(Operator).values(totp_secret=seed))
        [code, *_rest] = new_codes(db.session.scalars(select(Operator.id)).one())
    code = code if kind == "from paper" else pyotp.TOTP(seed).now()
    browsers = [app.test_client() for _n in range(AT_ONCE)]
    asked = [sign_in(browser) for browser in browsers]
    calls = [partial(status_of_code, browser, page, code) for browser, page in zip(browsers, asked, strict=True)]
    assert sorted(map(str, together(calls))) == ["303", *["422"] * (AT_ONCE - 1)]
    assert sessions(app) == 1


@pytest.mark.both_engines
@pytest.mark.parametrize("use", [TicketUse.INVITE, TicketUse.RESET, TicketUse.SIGN_IN])
def test_a_link_in_several_browsers_at_once_works_in_one(app: Flask, use: TicketUse) -> None:
    hire(app, OPAL)
    with transaction():
        opal = find_operator(OPAL)
        assert opal is not None
        path = urlsplit(new_ticket(opal, use)).path
    browsers = [app.test_client() for _n in range(AT_ONCE)]
    tokens = [csrf_of(browser, path) for browser in browsers]
    calls = [
        partial(status_of_link, browser, path, token, f"a long new phrase {n}")
        for n, (browser, token) in enumerate(zip(browsers, tokens, strict=True))
    ]
    assert sorted(map(str, together(calls))) == ["303", *["410"] * (AT_ONCE - 1)]
    assert sessions(app) == 1


@pytest.mark.both_engines
def test_a_keys_answer_in_several_requests_at_once_counts_once(named: Flask) -> None:
    key = Authenticator()
    assert add(key)
    answer = key.sign(passkey.request_options())

    def prove() -> bool:
        with named.app_context(), transaction():
            return passkey.prove_passkey(answer, utcnow()) is not None

    assert sorted(map(str, together([prove] * AT_ONCE))) == ["False"] * (AT_ONCE - 1) + ["True"]


def test_a_password_that_changes_while_it_is_compared_lets_nobody_in(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire(app, OPAL)
    right = password_hashes.fits

    def slow(hashed: str | None, password: str) -> bool:
        fit = right(hashed, password)
        with transaction():  # meanwhile its owner sets another one
            db.session.execute(update(Operator).values(password_hash="scrypt:256:8:1$other$hash"))
        return fit

    monkeypatch.setattr(sign_in_attempt, "fits", slow)
    assert sign_in(app.test_client()).status_code == 422
    assert sessions(app) == 0
