from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from signup.access.operator import PERMITS, Operator, Permission
from signup.access.session import STEP_UP, OperatorSession
from signup.admin.blueprint import door
from signup.admin.frame.route_subject import EVERYTHING, MESSAGE
from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.message import Message
from tests.admin.cast import EDITH, OPAL, VIC, csrf_of, hire, post, sign_in, signed_in
from tests.admin.world import make_world

SAMPLES = {
    "uid": str(uuid4()),
    "other": str(uuid4()),
    "note_uid": str(uuid4()),
    "contact": str(uuid4()),
    "public_id": "0123456789ab",
    "slug": "none",
    "token": "x",
    "event": str(uuid4()),
}
OPEN = {"sign_in", "second_step", "forgot", "ticket"}
NO_OBJECT = {"token", "kind", "language", "number", "page"}
OWN = {"session_end": {"session_id"}, "passkey_remove": {"uid"}, "view_delete": {"uid"}}
"""What belongs to nobody but the operator who asks: the view finds it by them."""
HOW_TO_DECLARE = (
    "declare what the route is about in its folder's routes.py: about=LIST, FORM, CONTACT … for the object that its"
    " address names (a new kind is one line in signup/admin/frame/route_subject.py and one in tests/admin/world.py),"
    " ROWS when the view narrows its queries by signup.access.scope, EVERYTHING when only who works with every list may"
    " use it, NOTHING when it is about the operator's own account or nothing stored"
)


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


def test_every_route_declares_its_permission_and_what_it_is_about(app: Flask) -> None:
    endpoints = {endpoint for method in ("GET", "POST") for endpoint, _path in paths(app, method)}
    assert endpoints == set(door.locks)
    assert {endpoint for endpoint, lock in door.locks.items() if lock.permission is None} == OPEN
    silent = sorted(endpoint for endpoint, lock in door.locks.items() if lock.about is None)
    assert not silent, f"{HOW_TO_DECLARE}: {', '.join(silent)}"
    for rule in app.url_map.iter_rules():
        endpoint = rule.endpoint.removeprefix("admin.")
        if rule.endpoint.startswith("admin.") and endpoint != "static":
            about = door.locks[endpoint].about
            names = rule.arguments - NO_OBJECT - OWN.get(endpoint, set())
            is_named = not names or about is EVERYTHING or (about is not None and about.argument in names)
            assert is_named, f"{endpoint}: its address names an object ({', '.join(sorted(names))}). {HOW_TO_DECLARE}"


def test_a_stranger_gets_nowhere_by_get_or_post(app: Flask, client: FlaskClient) -> None:
    token = csrf_of(client)
    for endpoint, path in paths(app, "GET"):
        if endpoint not in OPEN:
            assert client.get(path).location.startswith("/admin/sign-in"), path
    for endpoint, path in paths(app, "POST"):
        if endpoint not in OPEN:
            assert client.post(path, data={"csrf_token": token}).location.startswith("/admin/sign-in"), path


def test_an_editor_may_export_only_with_the_right_of_their_own(app: Flask) -> None:
    client = signed_in(app, EDITH)
    assert client.get("/admin/exports").status_code == 403
    viewer = signed_in(app, VIC)
    with transaction():
        db.session.execute(update(Operator).values(may_export=True))
    assert client.get("/admin/exports").status_code == 200
    assert viewer.get("/admin/exports").status_code == 200  # masked: tests/admin/test_exports.py


def test_what_takes_data_out_asks_for_a_fresh_proof(app: Flask) -> None:
    client = signed_in(app)
    assert client.get("/admin/exports/new").status_code == 200
    with transaction():
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
    oldest = db.session.query(OperatorSession.id).order_by(OperatorSession.id).first()
    assert oldest is not None
    post(second, f"/admin/settings/account/sessions/{oldest[0]}/end")
    assert first.get("/admin/").status_code == 302
    assert second.get("/admin/").status_code == 200


def test_a_campaigns_mail_goes_out_again_only_by_the_right_to_send(app: Flask) -> None:
    ours, _theirs = make_world(app, signed_in(app, OPAL))
    edith = signed_in(app, EDITH)
    path = f"/admin/outbox/{ours.objects[MESSAGE]['message_id']}/retry"
    with transaction():
        db.session.execute(update(Message).values(kind="campaign"))
    assert post(edith, path).status_code == 403
    with transaction():
        db.session.execute(update(Operator).values(may_send=True))
    assert post(edith, path).status_code == 303
