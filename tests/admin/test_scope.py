"""Roles × routes × lists, generated from the route map: who reaches what, and that nothing of another list shows."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from signup.access.operator import Operator, find_operator
from signup.admin.blueprint import door
from signup.admin.frame.route_subject import CONTACT, EVERYTHING, FORM, NOTHING, ROWS
from signup.ground.db import db, is_postgresql, transaction
from tests.admin.canaries import body_of
from tests.admin.cast import EDITH, OPAL, VIC, csrf_of, post, signed_in
from tests.admin.world import HIDDEN, OF_BOTH, Side, make_world

LEFT_OUT = {"static", "sign_in", "second_step", "forgot", "ticket", "sign_out"}
FILLED = {"page": "people", "language": "en", "kind": "svg", "number": 1, "session_id": 999_999_999, "allowance_id": 1}
FILLED |= {
    "other": uuid4(),
    "note_uid": uuid4(),
    "tag_id": 1,
    "into_id": 1,
    "pair_id": 1,
    "key": "none",
    "hash_": "0" * 64,
}
KINDS = {"form_mail_preview": "confirm", "magnet_new": "link"} | dict.fromkeys(
    ("automation_edit", "automation_switch"), "renewal"
)


class Call(NamedTuple):
    endpoint: str
    method: str
    path: str
    is_object: bool


def calls(app: Flask, side: Side, *, only_objects: bool = False) -> Iterator[Call]:
    """Every admin address with the side's objects in it."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        endpoint = rule.endpoint.removeprefix("admin.")
        if not rule.endpoint.startswith("admin.") or endpoint in LEFT_OUT:
            continue
        about = door.locks[endpoint].about
        is_object = about not in (None, NOTHING, ROWS, EVERYTHING) and bool(rule.arguments)
        if is_object:
            missing = f"{endpoint} is about {about.name if about else ''}: let tests/admin/world.py make one"
            assert about in side.objects, missing
        elif only_objects:
            continue
        values = FILLED | {"uid": uuid4()} | (side.objects.get(about, {}) if about else {})
        if about is CONTACT and rule.arguments - {"uid"}:
            values |= side.more
        values["kind"] = KINDS.get(endpoint, "svg")
        path = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            yield Call(endpoint, method, path, is_object)


def ask(client: FlaskClient, call: Call, token: str) -> tuple[int, str]:
    data = {"csrf_token": token} if call.method == "POST" else None
    answer = client.open(call.path, method=call.method, data=data, buffered=True)
    return answer.status_code, body_of(answer)


def with_rights(app: Flask, address: str, *lists: int) -> FlaskClient:
    client = signed_in(app, address, lists)
    with transaction():
        mine = update(Operator).where(Operator.address_key == address)
        db.session.execute(mine.values(may_export=True, may_import=True, may_send=True))
    return client


def may(app: Flask, address: str, endpoint: str) -> bool:
    lock = door.locks[endpoint]
    assert lock.permission is not None
    found = find_operator(address)
    return found is not None and all(map(found.may, filter(None, (lock.permission, lock.also))))


@pytest.mark.both_engines
def test_an_operator_of_one_list_reaches_that_list_and_nothing_of_another(
    app: Flask, request: pytest.FixtureRequest
) -> None:
    opal = signed_in(app, OPAL)
    ours, theirs = make_world(app, opal)
    cast = [*ours.addresses, *theirs.addresses, OF_BOTH]
    is_first_engine = not is_postgresql()
    for address in (VIC, EDITH):  # a viewer first: an editor's calls change what is there
        client = with_rights(app, address, ours.list_id)
        token = csrf_of(client, "/admin/settings/account")
        for call in calls(app, ours):
            if not (call.method == "GET" or is_first_engine or request.config.getoption("--long")):
                continue  # what one's own posts answer does not depend on the engine
            status, body = ask(client, call, token)
            refused = not may(app, address, call.endpoint) or door.locks[call.endpoint].about is EVERYTHING
            refused = refused or call.endpoint == "export_file"  # it holds what other lists were given, unmasked
            assert (status == 403) == refused, (address, call, status)
            assert status < 500, (address, call, status)
            assert not (call.is_object and status == 404), (address, call)
            assert HIDDEN not in body.lower(), (address, call)
            if address == VIC:
                assert [one for one in cast if one in body] == [], call
        for call in calls(app, theirs, only_objects=True):
            if door.locks[call.endpoint].about is CONTACT and str(ours.more["uid"]) in call.path:
                continue  # Bea is ours as well: the next test
            status, body = ask(client, call, token)
            assert status == (404 if may(app, address, call.endpoint) else 403), (address, call, status)
            assert HIDDEN not in body.lower(), (address, call)


def test_an_administrator_reaches_everything_and_nobody_without_a_list_does(app: Flask) -> None:
    opal = signed_in(app, OPAL)
    ours, theirs = make_world(app, opal)
    nobody = with_rights(app, EDITH)
    token, other = csrf_of(opal, "/admin/settings/account"), csrf_of(nobody, "/admin/settings/account")
    for call in calls(app, theirs):
        if call.method != "GET":
            continue
        if call.is_object:
            status, _body = ask(opal, call, token)
            assert status not in {403, 500}, (call, status)
            assert status != 404, call
        if call.is_object or door.locks[call.endpoint].about is ROWS:
            status, body = ask(nobody, call, other)
            assert status in {403, 404} or not call.is_object, (call, status)
            assert HIDDEN not in body.lower(), call
            assert [one for one in ours.addresses if one in body] == [], call


def test_neither_a_shared_contact_nor_a_request_by_hand_leads_to_another_list(app: Flask) -> None:
    ours, theirs = make_world(app, signed_in(app, OPAL))
    edith = with_rights(app, EDITH, ours.list_id)
    _types_by_hand(edith, ours, theirs)
    uid = ours.more["uid"]
    for path in ("", "/proof", "/proof.json"):
        body = edith.get(f"/admin/contacts/{uid}{path}").text
        assert OF_BOTH in body
        assert HIDDEN not in body.lower()
    for way, number in (("unsubscribe", "subscription_id"), ("downloads", "signup_id")):
        assert post(edith, f"/admin/contacts/{uid}/{way}/{theirs.more[number]}").status_code == 404
        assert post(edith, f"/admin/contacts/{uid}/{way}/{ours.more[number]}").status_code == 303


def _types_by_hand(edith: FlaskClient, ours: Side, theirs: Side) -> None:
    export: dict[str, Any] = {"mailing_list": HIDDEN, "status": "confirmed", "format": "csv"}
    assert post(edith, "/admin/exports/new", export).status_code == 422
    assert (
        post(
            edith, "/admin/exports/new", export | {"mailing_list": "letter", "segment": f"{HIDDEN}-segment"}
        ).status_code
        == 422
    )
    pasted = {"mailing_list": HIDDEN, "origin": "claim", "pasted": "email\neve@example.org"}
    assert post(edith, "/admin/contacts/imports/new", pasted).status_code == 422
    rule = {"r.match": "all", "r-0.subject": f"list:{theirs.list_id}", "r-0.op": "filled", "do": "count", "name": "x"}
    assert post(edith, "/admin/segments/new", rule).status_code == 404
    assert edith.get(f"/admin/contacts?segment={HIDDEN}-segment").status_code == 404
    for query in (f"list={HIDDEN}", "q=ada", "status=confirmed", "q=zz", "page=bzk5OTk"):
        body = edith.get(f"/admin/contacts?{query}").text + edith.get(f"/admin/contacts.csv?{query}").text
        assert f"@{HIDDEN}" not in body
    chosen = edith.get(f"/admin/forms/{ours.objects[FORM]['public_id']}").text
    assert HIDDEN not in chosen.lower()  # neither its list nor its incentive can be chosen
