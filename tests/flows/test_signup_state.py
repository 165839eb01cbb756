"""The page after sending learns that its own sign-up was confirmed elsewhere, and nothing else of anybody."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from signup.ground.db import db
from signup.ground.tokens import CONFIRM_TTL
from signup.visitor import signup_state
from tests.cast import (
    ADA,
    BLOG,
    BOB,
    EVE,
    Mailbox,
    confirm_all,
    drain,
    forget_limits,
    link_in,
    make_form,
    make_list,
    sign_up,
)
from tests.databases import listening


@pytest.fixture
def ask(client: FlaskClient, form_id: str) -> Callable[..., TestResponse]:
    """Ask for the state of a sign-up as a page of the blog does."""

    def send(token: str, public_id: str = form_id, origin: str = BLOG, ip: str = "127.0.0.1") -> TestResponse:
        return client.get(
            f"/f/{public_id}/state",
            query_string={"of": token},
            headers={"Origin": origin},
            environ_base={"REMOTE_ADDR": ip},
        )

    return send


def _token(client: FlaskClient, form_id: str, address: str) -> str:
    answer = sign_up(client, form_id, address)
    assert answer.json
    return str(answer.json["state"])


def test_the_first_tab_learns_that_its_own_sign_up_was_confirmed(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, ask: Callable[..., TestResponse]
) -> None:
    mine, others = _token(client, form_id, ADA), _token(client, form_id, BOB)
    twice = _token(client, form_id, ADA)  # held back: one email in five minutes
    drain(app)
    client.get(link_in(mailbox.last(ADA)))
    assert ask(mine).json == {"status": "pending"}
    client.post(link_in(mailbox.last(ADA)))
    told = ask(mine)
    assert (told.json, told.headers["Access-Control-Allow-Origin"]) == ({"status": "confirmed"}, BLOG)
    assert told.headers["Cache-Control"] == "no-store"
    page = client.get(f"/f/{form_id}/thanks", query_string={"state": mine, "look": 1})  # as the page's script goes on
    assert "Your address is confirmed." in page.text
    assert [ask(one).json for one in (others, twice)] == [{"status": "pending"}] * 2


def test_whoever_types_somebody_elses_address_learns_nothing(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, ask: Callable[..., TestResponse]
) -> None:
    """Ada is on the list, Bob is confirming a sign-up of his own, Eve is new: a stranger sees no difference."""
    sign_up(client, form_id, ADA)
    sign_up(client, form_id, BOB)
    confirm_all(app, client, mailbox, ADA)
    forget_limits()
    strangers = [_token(client, form_id, address) for address in (ADA, BOB, EVE)]
    client.post(link_in(mailbox.mails(BOB)[0]))  # by his own email, not by the stranger's
    answers = [ask(token) for token in strangers]
    assert {(answer.status_code, answer.data) for answer in answers} == {(200, b'{"status":"pending"}\n')}


def test_a_state_is_told_to_its_form_its_websites_and_not_for_ever(
    app: Flask,
    client: FlaskClient,
    mailbox: Mailbox,
    form_id: str,
    ask: Callable[..., TestResponse],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = sign_up(client, form_id, ADA).json or {}
    confirm_all(app, client, mailbox, ADA)
    token, other = answer["state"], make_form(make_list("other")).public_id
    assert ask(token, other).json == {"status": "pending"}
    assert ask(token, origin="https://evil.example").status_code == 403
    assert [ask(forged).status_code for forged in ("", "forged", answer["signup"], token[:-1])] == [400] * 4
    assert client.post(f"/f/{form_id}/state", query_string={"of": token}).status_code == 405
    monkeypatch.setattr(signup_state, "TIMES_AN_HOUR", 3)
    assert [ask(token, ip="198.51.100.7").status_code for _time in range(4)] == [200, 200, 200, 429]
    monkeypatch.setattr(signup_state, "CONFIRM_TTL", -CONFIRM_TTL)
    assert ask(token).json == {"status": "pending"}


@pytest.mark.one_engine
def test_single_opt_in_tells_no_state_because_it_would_tell_who_was_new(client: FlaskClient) -> None:
    form_id = make_form(opt_in="single", single_reason="Customers of the shop").public_id
    assert "state" not in (sign_up(client, form_id, ADA).json or {"state": 1})


def test_asking_costs_one_query(client: FlaskClient, form_id: str, ask: Callable[..., TestResponse]) -> None:
    token = _token(client, form_id, ADA)
    ask(token)
    asked: list[str] = []
    with listening(db.engine, before_cursor_execute=lambda *given: asked.append(given[2])):
        ask(token)
    assert [one for one in asked if one != "BEGIN"] == asked[-1:]
