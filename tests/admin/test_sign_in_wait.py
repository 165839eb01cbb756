"""Who waits after wrong tries, and who does not: the stranger's network, never the operator at another place."""

import threading
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from signup.access import sign_in_wait
from signup.access.operator import Operator, find_operator
from signup.access.recovery_code import new_codes
from signup.access.sign_in_attempt import PER_NETWORK, PER_WIDE_NETWORK
from signup.access.sign_in_wait import CEILING, Admission, SignInSource, SignInWait, WaitStep, admit
from signup.access.ticket import TicketUse, new_ticket
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.ground.tokens import KNOWN_BROWSER_TTL
from signup.limits.database_store import LimitCounter
from tests.admin.cast import EDITH, OPAL, PASSWORD, csrf_of, hire, post, second_step, sign_in

STRANGER, AT_HOME = "198.51.100.7", "203.0.113.9"
NETWORKS = [  # where Opal is, and whether a stranger at 198.51.100.7 or 2001:db8:1:1::7 is in the same
    (STRANGER, AT_HOME, False),
    (STRANGER, "198.51.100.8", False),
    (STRANGER, STRANGER, True),
    ("2001:db8:1:1::7", "2001:db8:1:1:ffff::1", True),
    ("2001:db8:1:1::7", "2001:db8:1:2::1", False),
    (STRANGER, f"::ffff:{STRANGER}", True),
    (STRANGER, "2001:db8::1", False),
]


"""What the page makes of the counts; the counts themselves are tried on both."""


def at(app: Flask, ip: str) -> FlaskClient:
    """A browser in some network."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = ip
    return client


def guess(client: FlaskClient, times: int, address: str = OPAL) -> list[int]:
    return [sign_in(client, address, f"wrong {n}").status_code for n in range(times)]


def forget_networks(app: Flask) -> None:
    """As if the limits of networks had run out; the waits of accounts have not."""
    with transaction():
        db.session.execute(delete(LimitCounter))


def give_app_codes(app: Flask, address: str = OPAL) -> str:
    secret = pyotp.random_base32()
    with transaction():
        db.session.execute(update(Operator).where(Operator.address == address).values(totp_secret=secret))
    return secret


@pytest.mark.one_engine
@pytest.mark.parametrize(("stranger", "own", "is_same"), NETWORKS)
def test_wrong_passwords_delay_the_network_they_came_from(
    app: Flask,
    stranger: str,
    own: str,
    is_same: bool,
) -> None:
    hire(app, OPAL)
    assert guess(at(app, stranger), 7) == [422] * 7
    assert sign_in(at(app, own)).status_code == (422 if is_same else 303)


def test_a_browser_that_signed_in_before_is_not_delayed_by_its_neighbours(app: Flask) -> None:
    hire(app, OPAL, EDITH)
    known, cleared = at(app, STRANGER), at(app, STRANGER)
    assert sign_in(known).status_code == sign_in(cleared).status_code == 303
    for browser in (known, cleared):
        post(browser, "/admin/sign-out")
    cleared.delete_cookie("known-browser")
    assert guess(at(app, STRANGER), 7) == [422] * 7
    assert sign_in(cleared).status_code == 422
    assert sign_in(known, EDITH, "wrong").status_code == 422
    assert sign_in(known).status_code == 303


@pytest.mark.one_engine
def test_a_known_browser_of_one_account_is_a_stranger_to_another(app: Flask) -> None:
    hire(app, OPAL, EDITH)
    mine = at(app, STRANGER)
    assert sign_in(mine, EDITH).status_code == 303
    post(mine, "/admin/sign-out")
    assert guess(mine, 6) == [422] * 6
    assert sign_in(at(app, STRANGER)).status_code == 422  # it was counted for its network
    assert sign_in(at(app, AT_HOME)).status_code == 303


@pytest.mark.one_engine
def test_a_known_browser_waits_for_its_own_wrong_tries(app: Flask) -> None:
    hire(app, OPAL)
    mine = at(app, AT_HOME)
    sign_in(mine)
    post(mine, "/admin/sign-out")
    assert guess(mine, 5) == [422] * 5
    assert sign_in(mine).status_code == 422


@pytest.mark.one_engine
@pytest.mark.parametrize("cookie", ["", "forged", "a.b.c", "é", "x" * 3000])
def test_a_made_up_cookie_makes_nobody_known(app: Flask, cookie: str) -> None:
    hire(app, OPAL)
    stranger = at(app, STRANGER)
    stranger.set_cookie("known-browser", cookie)
    assert guess(stranger, 6) == [422] * 6
    assert sign_in(at(app, STRANGER)).status_code == 422


@pytest.mark.one_engine
def test_an_old_cookie_makes_nobody_known(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    hire(app, OPAL)
    mine = at(app, STRANGER)
    sign_in(mine)
    post(mine, "/admin/sign-out")
    monkeypatch.setattr("signup.access.known_browser.KNOWN_BROWSER_TTL", -KNOWN_BROWSER_TTL)
    guess(at(app, STRANGER), 5)
    assert sign_in(mine).status_code == 422


def test_who_is_signed_in_proves_it_whatever_strangers_try(app: Flask, opal: FlaskClient) -> None:
    opal.environ_base["REMOTE_ADDR"] = STRANGER
    assert guess(at(app, STRANGER), 12) == [422] * 12
    assert post(opal, "/admin/prove", {"password": PASSWORD}).status_code == 303
    fresh = {"present": PASSWORD, "password": "another long phrase"}
    assert post(opal, "/admin/settings/account/password", fresh).status_code == 303


@pytest.mark.one_engine
def test_a_session_waits_for_its_own_wrong_proofs_and_no_other_does(app: Flask, opal: FlaskClient) -> None:
    assert [post(opal, "/admin/prove", {"password": "wrong"}).status_code for _try in range(5)] == [422] * 5
    assert post(opal, "/admin/prove", {"password": PASSWORD}).status_code == 422
    elsewhere = at(app, AT_HOME)
    assert sign_in(elsewhere).status_code == 303
    assert post(elsewhere, "/admin/prove", {"password": PASSWORD}).status_code == 303


def test_who_lost_the_password_comes_in_by_mail_with_the_second_factor_whatever_strangers_try(app: Flask) -> None:
    hire(app, OPAL)
    secret = give_app_codes(app)
    assert guess(at(app, AT_HOME), 8) == [422] * 8
    with transaction():
        opal = find_operator(OPAL)
        assert opal is not None
        path = urlsplit(new_ticket(opal, TicketUse.RESET)).path
    forget_networks(app)
    client = at(app, AT_HOME)
    asked = client.post(path, data={"csrf_token": csrf_of(client, path), "password": "another long phrase"})
    assert asked.status_code == 200
    assert client.get("/admin/").status_code == 302  # a mailbox alone is not enough
    assert second_step(client, asked, code="000000").status_code == 422
    assert second_step(client, asked, code=pyotp.TOTP(secret).now()).status_code == 303
    assert client.get("/admin/").status_code == 200


def test_wrong_passwords_use_up_nothing_of_the_second_factors_tries(app: Flask) -> None:
    hire(app, OPAL)
    secret = give_app_codes(app)
    with transaction():
        [code, *_rest] = new_codes(db.session.scalars(select(Operator.id)).one())
    client = at(app, AT_HOME)
    assert guess(client, 4) == [422] * 4
    asked = sign_in(client)
    assert [second_step(client, asked, code="000000").status_code for _try in range(5)] == [422] * 5
    assert second_step(client, asked, code=code).status_code == 422
    other = at(app, STRANGER)
    assert second_step(other, sign_in(other), code=pyotp.TOTP(secret).now()).status_code == 303


def test_guessing_from_many_networks_meets_a_ceiling_that_a_known_browser_passes(app: Flask) -> None:
    hire(app, OPAL)
    known, cleared = at(app, AT_HOME), at(app, AT_HOME)
    sign_in(known)
    post(known, "/admin/sign-out")
    tries = [
        admit(WaitStep.PASSWORD, OPAL, SignInSource(f"network:{n}")) for n in range(CEILING[WaitStep.PASSWORD] + 5)
    ]
    assert tries == [Admission.YES] * CEILING[WaitStep.PASSWORD] + [Admission.CLOSED] * 5
    assert "came from elsewhere" in sign_in(cleared).text
    assert "came from elsewhere" not in sign_in(cleared, EDITH).text
    assert sign_in(known).status_code == 303
    with transaction():
        db.session.execute(update(SignInWait).values(began_at=now(-timedelta(minutes=61))))
    assert sign_in(cleared).status_code == 303


@pytest.mark.one_engine
def test_an_address_without_an_account_is_closed_alike(app: Flask) -> None:
    for n in range(CEILING[WaitStep.PASSWORD]):
        admit(WaitStep.PASSWORD, "eve@example.org", SignInSource(f"network:{n}"))
    assert "came from elsewhere" in sign_in(at(app, AT_HOME), "Eve@Example.org ").text


def test_codes_are_guessed_less_often_than_passwords_from_everywhere_together(app: Flask) -> None:
    tries = [admit(WaitStep.FACTOR, OPAL, SignInSource(f"network:{n}")) for n in range(30)]
    assert admit(WaitStep.FACTOR, OPAL, SignInSource("browser", is_known=True)) == Admission.YES
    assert tries.count(Admission.YES) == CEILING[WaitStep.FACTOR] < CEILING[WaitStep.PASSWORD]


def test_signing_in_often_uses_up_nothing(app: Flask) -> None:
    hire(app, OPAL)
    for _time in range(7):
        assert sign_in(at(app, AT_HOME)).status_code == 303
    assert set(db.session.scalars(select(SignInWait.tries))) == {0}


@pytest.mark.both_engines
def test_of_parallel_guesses_no_more_are_judged_than_one_after_the_other(app: Flask) -> None:
    judged: list[Admission] = []
    ready = threading.Barrier(12)

    def try_once() -> None:
        with app.app_context():
            ready.wait()
            judged.append(admit(WaitStep.PASSWORD, OPAL, SignInSource("network:one")))

    threads = [threading.Thread(target=try_once) for _n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert judged.count(Admission.YES) == sign_in_wait.FREE_TRIES


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [
        ([f"2001:db8:1:1::{n:x}" for n in range(30)], PER_NETWORK),
        ([f"2001:db8:1:{n:x}::1" for n in range(120)], PER_WIDE_NETWORK),
        ([f"198.51.100.{n}" for n in range(120)], PER_WIDE_NETWORK),
        ([f"198.51.{n}.1" for n in range(30)], 30),
    ],
    ids=["one /64", "one /48", "one /24", "apart"],
)
def test_tries_at_many_accounts_are_counted_by_the_network(
    make_app: Callable[..., Flask], addresses: list[str], allowed: int
) -> None:
    client = make_app().test_client()
    token = csrf_of(client)
    statuses = []
    for n, ip in enumerate(addresses):
        data = {"address": f"somebody{n}@example.org", "password": "x", "csrf_token": token}
        statuses.append(client.post("/admin/sign-in", data=data, environ_base={"REMOTE_ADDR": ip}).status_code)
    assert statuses == [422] * allowed + [429] * (len(addresses) - allowed)


def test_a_network_that_guessed_too_often_keeps_no_known_browser_and_no_key_out(app: Flask) -> None:
    hire(app, OPAL)
    known, stranger = at(app, STRANGER), at(app, STRANGER)
    sign_in(known)
    post(known, "/admin/sign-out")
    while sign_in(stranger, "eve@example.org", "x").status_code != 429:
        pass
    assert sign_in(known).status_code == 303
    answer = {"answer": "{}", "csrf_token": csrf_of(stranger)}
    assert stranger.post("/admin/sign-in", data=answer).status_code == 422


def test_old_waits_are_forgotten(app: Flask) -> None:
    hire(app, OPAL)
    guess(at(app, STRANGER), 3)
    sign_in_wait.forget_waits()
    assert set(db.session.scalars(select(SignInWait.tries))) == {3}
    with transaction():
        db.session.execute(update(SignInWait).values(began_at=now(-timedelta(hours=25))))
    sign_in_wait.forget_waits()
    assert not list(db.session.scalars(select(SignInWait)))
