"""The six digits of the email: what the page says to a wrong one, and how many tries there are."""

import time
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner

from signup.forms.texts import FormTexts
from signup.ground.tokens import CODE_TTL, TokenPurpose, keys
from tests.cast import (
    ADA,
    BLOG,
    EVE,
    Mailbox,
    code_in,
    drain,
    forget_limits,
    hidden_inputs,
    link_in,
    make_form,
    sign_up,
    state_of,
)

NO_CODES = ("", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12 34 5x", "\u0000" * 6)
OWN = "http://signup.example.org"


def _try(client: FlaskClient, form_id: str, signup: str, code: str) -> dict[str, Any]:
    answer = client.post(f"/f/{form_id}/code", json={"signup": signup, "code": code}, headers={"Origin": BLOG})
    assert answer.status_code == 422
    told: dict[str, Any] = answer.get_json()
    assert told["errors"] == {"code": told["message"]}
    return told


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_five_wrong_codes_end_the_code_but_not_the_link_and_each_says_how_many_are_left(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    signup = (sign_up(client, form_id, ADA).json or {})["signup"]
    drain(app)
    mail = mailbox.last(ADA)
    code, nobody = code_in(mail), keys().sign(TokenPurpose.CODE, uuid4())
    for no_code in NO_CODES:
        told = _try(client, form_id, signup, no_code)
        assert (told["message"], told["tries_left"]) == ("Enter the six digits from the email.", None)
    for token in (signup, nobody):  # for an address that nothing is known of it is the same
        told_in_turn = [_try(client, form_id, token, _wrong(code)) for _time in range(6)]
        assert [told["tries_left"] for told in told_in_turn] == [4, 3, 2, 1, 0, 0]
        assert told_in_turn[1]["message"].startswith("That code didn’t match. 3 tries left.")
        assert told_in_turn[3]["message"].startswith("That code didn’t match. 1 try left.")
        assert told_in_turn[5]["message"].startswith("Too many tries. Use the link in the email")
    assert _try(client, form_id, signup, code)["tries_left"] == 0
    assert client.post(link_in(mail)).status_code == 303
    assert state_of(ADA) == "confirmed"


def test_a_stranger_who_signs_somebody_up_again_does_not_see_their_tries(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str
) -> None:
    signup = (sign_up(client, form_id, ADA).json or {})["signup"]
    drain(app)
    wrong = _wrong(code_in(mailbox.last(ADA)))
    assert _try(client, form_id, signup, wrong)["tries_left"] == 4
    opened = keys().open(TokenPurpose.CODE, signup)
    while (later := keys().sign(TokenPurpose.CODE, opened.id)) == signup:
        pass  # stamped in whole seconds
    assert _try(client, form_id, later, wrong)["tries_left"] == 4


def test_after_half_an_hour_the_page_says_that_the_code_is_over_and_a_new_mail_brings_new_tries(
    app: Flask, client: FlaskClient, mailbox: Mailbox, form_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_an_hour = int(CODE_TTL.total_seconds()) + 1
    with monkeypatch.context() as earlier:
        earlier.setattr(TimestampSigner, "get_timestamp", lambda _self: int(time.time()) - half_an_hour)
        signup = (sign_up(client, form_id, ADA).json or {})["signup"]
    drain(app)
    told = _try(client, form_id, signup, _wrong(code_in(mailbox.last(ADA))))
    assert (told["tries_left"], "30 minutes" in told["message"]) == (0, True)
    forget_limits()
    told = client.post(f"/f/{form_id}/again", json={"signup": signup}).json or {}
    assert told["wait_minutes"] == 0
    assert told["signup"] != signup
    drain(app)
    assert _try(client, form_id, told["signup"], _wrong(code_in(mailbox.last(ADA))))["tries_left"] == 4
    asked = client.post(f"/f/{form_id}/again", json={"signup": told["signup"]}).json or {}
    assert (asked["wait_minutes"], asked["signup"]) == (5, told["signup"])
    code = {"signup": told["signup"], "code": code_in(mailbox.last(ADA))}
    assert client.post(f"/f/{form_id}/code", json=code).status_code == 200


@pytest.mark.one_engine
def test_the_page_keeps_language_mailbox_and_state_from_step_to_step(client: FlaskClient) -> None:
    form_id = make_form(translations={"fr": FormTexts(title="La Lettre")}).public_id
    sent = {"email": "eve@gmail.com", "consent": "yes", "lang": "fr"}
    answer = client.post(f"/f/{form_id}", data=sent, headers={"Origin": OWN})
    page = client.get(answer.location, headers={"Accept-Language": "en"}).text
    carried = hidden_inputs(page)
    assert carried.keys() == {"lang", "signup", "state", "at"}
    for step, more in (("code", {"code": "000000"}), ("again", {})):
        page = client.post(f"/f/{form_id}/{step}", data=carried | more, follow_redirects=True).text
        assert 'lang="fr"' in page
        assert "Gmail" in page
        assert hidden_inputs(page) == carried
    assert EVE not in page
