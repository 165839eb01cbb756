"""The second factor: an app's codes, recovery codes on paper. Passkeys need a browser: tests/browser."""

import re

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from signup.access.recovery_code import RecoveryCode
from signup.access.sign_in_wait import SignInWait
from signup.ground.db import db, transaction
from tests.admin.cast import OPAL, actions, console, post, second_step, sign_in, signed_in

APP = "/admin/settings/account/second-factor"


def set_up(client: FlaskClient) -> tuple[str, list[str]]:
    """The app's secret and the ten codes that are shown with it."""
    page = client.get(APP).text
    assert "<svg" in page
    secret = page.partition('name="secret" value="')[2].partition('"')[0]
    assert post(client, APP, {"secret": secret, "code": "000000x"}).status_code == 422
    answer = post(client, APP, {"secret": secret, "code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 200
    return secret, re.findall(r"<li>([0-9a-z-]{14})</li>", answer.text)


def test_with_an_app_come_ten_codes_that_work_once_each_and_are_kept_as_hashes(app: Flask) -> None:
    client = signed_in(app)
    _secret, codes = set_up(client)
    assert len(set(codes)) == 10
    kept = list(db.session.scalars(select(RecoveryCode.code_hash)))
    assert len(kept) == 10
    assert not {code.replace("-", "") for code in codes} & set(kept)
    other = app.test_client()
    assert second_step(other, sign_in(other), code="zzzz-zzzz-zzzz").status_code == 422
    assert second_step(other, sign_in(other), code=codes[0].upper()).status_code == 303
    third = app.test_client()
    assert second_step(third, sign_in(third), code=codes[0]).status_code == 422
    assert "9 of 10 left" in client.get("/admin/settings/account").text
    fresh = re.findall(r"<li>([0-9a-z-]{14})</li>", post(client, "/admin/settings/account/recovery-codes").text)
    assert second_step(third, sign_in(third), code=codes[1]).status_code == 422
    with transaction():
        db.session.execute(delete(SignInWait))
    assert second_step(third, sign_in(third), code=fresh[0]).status_code == 303
    assert "recovery-codes-made" in actions(app)
    assert post(client, f"{APP}/off").status_code == 303
    assert sign_in(app.test_client()).status_code == 303
    assert list(db.session.scalars(select(RecoveryCode))) == []


def test_the_second_step_cannot_be_had_without_the_first_and_ends_with_the_account(app: Flask) -> None:
    client = signed_in(app)
    secret, codes = set_up(client)
    other = app.test_client()
    again = sign_in(other)
    assert "start again" in second_step(other, again, code=codes[0], halfway="forged").text
    wrong = [second_step(other, again, code="111111").status_code for _try in range(6)]
    assert wrong == [422] * 6
    assert second_step(other, again, code=pyotp.TOTP(secret).now()).status_code == 422  # it waits half a minute
    assert second_step(other, again, code=codes[0]).status_code == 422  # as does a code from paper
    assert actions(app).count("sign-in-failed") >= 7
    with transaction():
        db.session.execute(delete(SignInWait))
    assert "password alone" in console(app, "operator", "forget-factors", OPAL)
    assert sign_in(other).status_code == 303
