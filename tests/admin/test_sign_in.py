import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.security import generate_password_hash

from signup.access import password
from signup.access.operator import Operator, find_operator
from signup.access.session import OperatorSession
from signup.access.sign_in_wait import SignInWait
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import EDITH, OPAL, PASSWORD, VIC, actions, csrf_of, hire, post, second_step, sign_in, signed_in

# The suite's own hashes are cheap; what the program makes is read where it stands.
METHOD_LINE = next(line for line in Path(password.__file__).read_text().splitlines() if line.startswith("METHOD"))


def test_every_page_sends_a_stranger_to_the_sign_in(client: FlaskClient) -> None:
    answer = client.get("/admin/contacts?q=ada")
    assert answer.location == "/admin/sign-in?next=/admin/contacts?q%3Dada"


def test_the_right_password_opens_a_session_with_a_strict_cookie(app: Flask, client: FlaskClient) -> None:
    hire(app, OPAL)
    answer = sign_in(client)
    assert answer.location == "/admin/"
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("operator="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/admin/").status_code == 200


def test_over_tls_the_cookie_is_bound_to_the_host(make_app: Callable[..., Flask]) -> None:
    app = make_app(public_url="https://signup.example.org")
    hire(app, OPAL)
    client = app.test_client()
    token = csrf_of_https(client)
    data = {"address": OPAL, "password": PASSWORD, "csrf_token": token}
    answer = client.post("/admin/sign-in", data=data, base_url="https://localhost")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if "operator=" in value)
    assert cookie.startswith("__Host-operator=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def csrf_of_https(client: FlaskClient) -> str:
    page = client.get("/admin/sign-in", base_url="https://localhost").text
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(app: Flask, client: FlaskClient) -> None:
    hire(app, OPAL)
    wrong, unknown = sign_in(client, OPAL, "not the password"), sign_in(client, "eve@example.org")
    assert wrong.status_code == unknown.status_code == 422
    told, said = (page.text.split("csrf_token")[0] for page in (wrong, unknown))
    assert told == said
    assert actions(app) == ["sign-in-failed", "sign-in-failed"]


def test_after_five_wrong_passwords_the_right_one_must_wait(app: Flask, client: FlaskClient) -> None:
    hire(app, OPAL)
    for _try in range(5):
        sign_in(client, OPAL, "not the password")
    assert sign_in(client).status_code == 422
    with transaction():
        db.session.execute(update(SignInWait).values(wait_until=now(-timedelta(seconds=1))))
    assert sign_in(client).status_code == 303


def test_the_twenty_first_try_from_one_network_is_refused(app: Flask, client: FlaskClient) -> None:
    token = csrf_of(client)
    data = {"address": "eve@example.org", "password": "x", "csrf_token": token}
    statuses = [client.post("/admin/sign-in", data=data).status_code for _try in range(21)]
    assert statuses == [422] * 20 + [429]


def test_a_code_of_the_second_factor_is_asked_for_and_works_once(app: Flask, client: FlaskClient) -> None:
    hire(app, OPAL)
    secret = pyotp.random_base32()
    with transaction():
        db.session.execute(update(Operator).values(totp_secret=secret))
    code = pyotp.TOTP(secret).now()
    asked = sign_in(client)
    assert asked.status_code == 200
    assert client.get("/admin/").status_code == 302
    assert second_step(client, asked, code="000000").status_code == 422
    assert second_step(client, asked, code=code).status_code == 303
    assert client.get("/admin/").status_code == 200
    other = app.test_client()
    assert second_step(other, sign_in(other), code=code).status_code == 422


def test_signing_in_again_ends_the_session_that_the_browser_had(app: Flask) -> None:
    client = signed_in(app)
    before = client.get_cookie("operator")
    assert before is not None
    token = csrf_of(client, "/admin/settings/account")
    client.post("/admin/sign-in", data={"address": OPAL, "password": PASSWORD, "csrf_token": token})
    other = app.test_client()
    other.set_cookie("operator", before.value)
    assert other.get("/admin/").status_code == 302


def test_a_session_ends_after_half_an_hour_of_idling_and_after_twelve_hours(app: Flask) -> None:
    for column, age in (("seen_at", timedelta(minutes=31)), ("created_at", timedelta(hours=13))):
        with transaction():
            db.session.execute(update(Operator).values(address_key=column))
        client = signed_in(app)
        assert client.get("/admin/").status_code == 200
        with transaction():
            db.session.execute(update(OperatorSession).values({column: now(-age)}))
        assert client.get("/admin/").status_code == 302


def test_signing_out_ends_the_session_on_the_server(app: Flask) -> None:
    client = signed_in(app)
    cookie = client.get_cookie("operator")
    assert cookie is not None
    assert post(client, "/admin/sign-out").location == "/admin/sign-in"
    client.set_cookie("operator", cookie.value)
    assert client.get("/admin/").status_code == 302


def test_the_page_after_signing_in_is_never_somebody_elses(app: Flask, client: FlaskClient) -> None:
    hire(app, VIC)
    token = csrf_of(client)
    data = {"address": VIC, "password": PASSWORD, "csrf_token": token}
    for path in ("https://evil.example/", "//evil.example", "/admin\\evil", "/\\evil.example", "/f/x", "/admin/../f/x"):
        answer = client.post("/admin/sign-in", query_string={"next": path}, data=data)
        assert answer.location == "/admin/", path
        data["csrf_token"] = csrf_of(client, "/admin/settings/account")
    answer = client.post("/admin/sign-in", query_string={"next": "/admin/contacts?q=a"}, data=data)
    assert answer.location == "/admin/contacts?q=a"


def test_a_post_without_token_or_from_another_origin_is_refused(app: Flask) -> None:
    client = signed_in(app)
    assert client.post("/admin/sign-out").status_code == 400
    assert post(client, "/admin/sign-out", headers={"Origin": "https://evil.example"}).status_code == 403
    assert post(client, "/admin/sign-out", headers={"Origin": "http://signup.example.org"}).status_code == 303


def test_a_disabled_operator_is_out_at_once(app: Flask) -> None:
    client = signed_in(app, EDITH)
    with transaction():
        operator = find_operator(EDITH)
        assert operator is not None
        operator.disabled_at = db.session.scalar(db.select(now()))
    assert client.get("/admin/").status_code == 302
    assert sign_in(app.test_client(), EDITH).status_code == 422


def test_a_password_kept_at_an_earlier_cost_is_kept_anew_once_it_was_right(app: Flask) -> None:
    hire(app, OPAL)
    for earlier in ("scrypt:128:8:1", "scrypt:512:8:3"):
        with transaction():
            db.session.execute(update(Operator).values(password_hash=generate_password_hash(PASSWORD, earlier)))
        assert sign_in(app.test_client(), OPAL, "not the password").status_code == 422
        assert hash_of(app).startswith(f"{earlier}$")
        assert sign_in(app.test_client()).status_code == 303
        assert hash_of(app).startswith("scrypt:256:8:1$")
        assert sign_in(app.test_client()).status_code == 303


def hash_of(app: Flask) -> str:
    return str(db.session.scalars(db.select(Operator.password_hash)).one())


def test_the_cost_is_what_owasp_asks_for() -> None:
    method = re.fullmatch(r'METHOD = "scrypt:(\d+):(\d+):(\d+)"', METHOD_LINE)
    assert method
    assert tuple(map(int, method.groups())) in {(2**17, 8, 1), (2**16, 8, 2), (2**15, 8, 3)}


def test_a_session_ends_everywhere_else_when_the_password_changes(app: Flask) -> None:
    here, there = signed_in(app), app.test_client()
    assert sign_in(there).status_code == 303
    changed = post(here, "/admin/settings/account/password", {"present": PASSWORD, "password": "another long phrase"})
    assert changed.status_code == 303
    assert here.get("/admin/").status_code == 200
    assert there.get("/admin/").status_code == 302
    assert sign_in(app.test_client()).status_code == 422
    assert sign_in(app.test_client(), OPAL, "another long phrase").status_code == 303
