from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from signup.access.operator import Role, add_operator, find_operator
from signup.access.session import STEP_UP, OperatorSession
from signup.access.ticket import TicketUse, new_ticket
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from tests.admin.cast import OPAL, console, csrf_of, hire, sign_in, signed_in


def link(app: Flask, use: TicketUse, ttl: timedelta | None = None) -> str:
    with transaction():
        operator = find_operator(OPAL) or add_operator(OPAL, "Opal", Role.ADMINISTRATOR)
        return urlsplit(new_ticket(operator, use, ttl)).path


def test_a_sign_in_link_shows_a_button_and_works_once(app: Flask, client: FlaskClient) -> None:
    path = link(app, TicketUse.SIGN_IN)
    token = csrf_of(client, path)
    assert client.get("/admin/").status_code == 302
    assert client.post(path, data={"csrf_token": token}).location == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert app.test_client().get(path).status_code == 410


def test_who_has_no_password_is_told_where_to_get_the_link_to_set_one(app: Flask, client: FlaskClient) -> None:
    path = link(app, TicketUse.SIGN_IN)
    client.post(path, data={"csrf_token": csrf_of(client, path)})
    assert "Set password" in client.get("/admin/settings/account").text
    with transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    page = client.get("/admin/exports/new", follow_redirects=True).text
    assert f"signup operator link {OPAL}" in page
    printed = urlsplit(console(app, "operator", "link", OPAL).strip()).path
    password = {"csrf_token": csrf_of(client, printed), "password": "a long new password"}
    assert client.post(printed, data=password).status_code == 303
    assert client.get("/admin/exports/new").status_code == 200


def test_an_invitation_sets_the_password_and_lets_in(app: Flask, client: FlaskClient) -> None:
    path = link(app, TicketUse.INVITE)
    token = csrf_of(client, path)
    assert client.post(path, data={"csrf_token": token, "password": "short"}).status_code == 422
    assert client.post(path, data={"csrf_token": token, "password": "a long new password"}).status_code == 303
    assert sign_in(app.test_client(), OPAL, "a long new password").status_code == 303


def test_a_reset_ends_the_other_sessions(app: Flask, client: FlaskClient) -> None:
    other = signed_in(app)
    path = link(app, TicketUse.RESET)
    client.post(path, data={"csrf_token": csrf_of(client, path), "password": "a long new password"})
    assert other.get("/admin/").status_code == 302


@pytest.mark.parametrize("use", list(TicketUse))
def test_a_link_that_is_too_old_is_over(app: Flask, client: FlaskClient, use: TicketUse) -> None:
    path = link(app, use, timedelta(seconds=-5))
    assert client.get(path).status_code == 410
    assert client.post(path, data={"csrf_token": csrf_of(client), "password": "a long new password"}).status_code == 410


def test_a_forged_link_is_no_link(app: Flask, client: FlaskClient) -> None:
    hire(app, OPAL)
    assert client.get("/admin/ticket/forged").status_code == 400
