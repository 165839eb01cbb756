from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from signup.admin.operator import PERMITS, Operator, Permission
from signup.admin.session import STEP_UP, OperatorSession
from signup.admin.urls import door
from signup.db import db, now, transaction
from tests.admin.cast import EDITH, OPAL, ROLE_OF, VIC, csrf_of, hire, post, sign_in, signed_in

SAMPLES = {"uid": str(uuid4()), "other": str(uuid4()), "public_id": "0123456789ab", "slug": "none", "token": "x"}
OPEN = {"sign_in", "ticket"}


def paths(app: Flask, method: str) -> list[tuple[str, str]]:
    """Every admin endpoint with this method, and an address of it."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin.") and method in (rule.methods or ()) and rule.endpoint != "admin.static":
            values = {name: SAMPLES.get(name, 1) for name in rule.arguments}
            found.append(
                (rule.endpoint.removeprefix("admin."), app.url_map.bind("localhost").build(rule.endpoint, values))
            )
    return found


def test_every_route_declares_its_permission(app: Flask) -> None:
    endpoints = {endpoint for method in ("GET", "POST") for endpoint, _path in paths(app, method)}
    assert endpoints == set(door.locks)
    assert {endpoint for endpoint, lock in door.locks.items() if lock.permission is None} == OPEN


def test_a_stranger_gets_nowhere_by_get_or_post(app: Flask, client: FlaskClient) -> None:
    token = csrf_of(client)
    for endpoint, path in paths(app, "GET"):
        if endpoint not in OPEN:
            assert client.get(path).location.startswith("/admin/sign-in"), path
    for endpoint, path in paths(app, "POST"):
        if endpoint not in OPEN:
            assert client.post(path, data={"csrf_token": token}).location.startswith("/admin/sign-in"), path


@pytest.mark.parametrize("address", [OPAL, EDITH, VIC])
def test_each_role_reaches_what_it_may_and_nothing_else(app: Flask, address: str) -> None:
    client = signed_in(app, address)
    token = csrf_of(client, "/admin/settings/account")
    for method in ("GET", "POST"):
        for endpoint, path in paths(app, method):
            permission = door.locks[endpoint].permission
            if permission is None or endpoint in {"sign_out", "form_new"}:
                continue
            answer = client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
            is_refused = answer.status_code == 403
            assert is_refused == (permission not in PERMITS[ROLE_OF[address]]), (method, path, answer.status_code)
            assert answer.status_code < 500, path


def test_an_editor_may_export_only_with_the_right_of_their_own(app: Flask) -> None:
    client = signed_in(app, EDITH)
    assert client.get("/admin/exports").status_code == 403
    with app.app_context(), transaction():
        db.session.execute(update(Operator).values(may_export=True))
    assert client.get("/admin/exports").status_code == 200


def test_what_takes_data_out_asks_for_a_fresh_proof(app: Flask) -> None:
    client = signed_in(app)
    assert client.get("/admin/exports/new").status_code == 200
    with app.app_context(), transaction():
        db.session.execute(update(OperatorSession).values(proved_at=now(-STEP_UP)))
    answer = client.get("/admin/exports/new")
    assert answer.location == "/admin/prove?next=/admin/exports/new"
    assert post(client, answer.location, {"password": "wrong one here"}).status_code == 422
    assert post(client, answer.location, {"password": "correct horse battery"}).location == "/admin/exports/new"
    assert client.get("/admin/exports/new").status_code == 200


def test_nobody_holds_a_permission_that_no_role_lists() -> None:
    assert set().union(*PERMITS.values()) == set(Permission)


def test_two_browsers_have_two_sessions_and_one_can_end_the_other(app: Flask) -> None:
    hire(app, OPAL)
    first, second = app.test_client(), app.test_client()
    sign_in(first)
    sign_in(second)
    with app.app_context():
        oldest = db.session.query(OperatorSession.id).order_by(OperatorSession.id).first()
        assert oldest is not None
    post(second, f"/admin/settings/account/sessions/{oldest[0]}/end")
    assert first.get("/admin/").status_code == 302
    assert second.get("/admin/").status_code == 200
