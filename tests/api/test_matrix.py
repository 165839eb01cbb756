"""Every endpoint with every kind of key: nothing is done without its scope, and no list's people are told to another's.

Made from the declarations of the endpoints: a new one must say here what stands in its address.
"""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from signup.access.api_key import KeyScope
from signup.api.endpoint import ENDPOINTS, Endpoint
from signup.consent.consent_event import ConsentType
from signup.consent.subscription import Subscription
from signup.contacts.contact import Contact
from signup.forms.form import Form
from signup.ground.db import db, transaction
from signup.webhooks import dispatch, webhook
from signup.webhooks.webhook import Webhook
from tests.admin.canaries import words_in
from tests.admin.cast import OPAL, signed_in
from tests.admin.world import HIDDEN, OF_BOTH, Side, make_world
from tests.api.program import Program, seal_all

EVERY = [pytest.param(one, id=one.name) for one in ENDPOINTS]
OF_ALL_LISTS = {
    "segment_one",
    "segment_count",
    "suppressions",
    "suppressions_add",
    "suppression_release",
    "notes",
    "note_new",
}
"""What a key of some lists may not ask at all, of its own list neither."""
ONCE = {"webhook_delete"}
"""What is gone after the first time."""
MAKES_OWN = {"webhook_new"}
"""Whose example names no list: it is of the key's own."""
NOT_MASKED = {"contact_change", "contact_consents", "notes", "note_new"}
"""What a masked key may not."""


def make_names(side: Side, slug: str) -> dict[str, str]:
    """What stands in an address or an example, for one side of the world."""
    contact = db.session.scalars(select(Contact).where(Contact.address == side.addresses[0])).one()
    entry = select(Subscription.uid).where(Subscription.contact_id == contact.id)
    form = db.session.scalars(select(Form.public_id).where(Form.list_id == side.list_id)).one()
    return {
        "contacts/{uid}": str(contact.uid),
        "subscriptions/{uid}": str(db.session.scalars(entry).one()),
        "lists/{slug}": slug,
        "segments/{slug}": f"{slug}-segment",
        "forms/{form_id}": form,
        "codes/{code}": f"{slug}-code",
        "webhooks/{uid}": str(db.session.scalars(select(Webhook.uid).where(Webhook.url.contains(slug))).one()),
        "{form}": form,
        "{list}": slug,
    }


def path_of(one: Endpoint, names: dict[str, str]) -> str:
    """The endpoint's path about something of this side, with the query that it needs."""
    path = one.path
    for pattern, value in names.items():
        room, brace, part = pattern.partition("/{")
        if brace and path.startswith(f"/{room}/"):
            path = path.replace(f"{{{part}", value)
    assert "{" not in path, f"say in make_names what stands for {one.path}"
    return f"{path}?email=dan@example.org" if one.name == "suppressions" else path


def body_of(one: Endpoint, names: dict[str, str]) -> dict[str, Any]:
    """The request of its example."""
    if one.body is None:
        return {}
    text = json.dumps(one.body.model_json_schema()["examples"][0])
    for name in ("{form}", "{list}"):
        text = text.replace(name, names[name])
    return {"json": json.loads(text)}


@pytest.fixture
def sides(app: Flask) -> tuple[dict[str, str], dict[str, str], list[str], list[str]]:
    ours, theirs = make_world(app, signed_in(app, OPAL))
    with transaction():
        for entry in db.session.scalars(select(Subscription)):
            db.session.add(entry.event(ConsentType.CONFIRMED, address=entry.contact.address))
        for side, slug in ((ours, "letter"), (theirs, HIDDEN)):
            made, _secret = webhook.add(f"https://{slug}.example.org/", [], [side.list_id])
            dispatch.send_test(made)
    seal_all(app)
    names = make_names(ours, "letter"), make_names(theirs, HIDDEN)
    return *names, [*ours.addresses, OF_BOTH], [HIDDEN, *theirs.addresses]


@pytest.mark.parametrize("one", EVERY)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what the database is asked: the other files
def test_every_endpoint_asks_for_its_key_and_scope_and_keeps_lists_apart(
    app: Flask, client: FlaskClient, sides: tuple[Any, ...], one: Endpoint
) -> None:
    ours, theirs, our_addresses, their_words = sides
    path, body = path_of(one, ours), body_of(one, ours)
    for header in ({}, {"Authorization": "Bearer signup_live_x"}, {"Authorization": "Basic x"}):
        assert client.open(f"/api/v1{path}", method=one.method, headers=header, **body).status_code == 401
    if one.scope:
        others = Program(client, scopes=tuple(scope for scope in KeyScope if scope != one.scope))
        assert others.ask(one.method, path, **body).status_code == 403
    mine = (one.scope,) if one.scope else ()
    of_letter = Program(client, "letter", scopes=mine)
    foreign = of_letter.ask(one.method, path_of(one, theirs), **body_of(one, theirs))
    about_one = path != path_of(one, theirs) or "{form}" in str(body) or body != body_of(one, theirs)
    own_too = {one.status} if one.name in MAKES_OWN else {200, 403}
    assert foreign.status_code in ({403, 404} if about_one else own_too), foreign.text
    assert words_in(foreign.text, [*their_words, OF_BOTH] if about_one else their_words) == set()
    masked = Program(client, scopes=mine, is_masked=True)
    hidden = masked.ask(one.method, path, **body)
    assert hidden.status_code in ({404, 422} if one.name in NOT_MASKED else {one.status}), hidden.text
    told = {address for address in our_addresses if address in hidden.text}
    assert told == set(), hidden.text
    own = of_letter.ask(one.method, path, **body)
    done = {one.status, 404} if one.name in ONCE else {one.status}
    assert own.status_code in ({403, 404} if one.name in OF_ALL_LISTS else done), own.text
    assert words_in(own.text, their_words) == set()
    whole = Program(client, scopes=mine).ask(one.method, path, **body)
    assert whole.status_code in done, whole.text
    if one.answer:
        one.answer.model_validate_json(whole.text)


def test_every_address_of_the_door_is_an_endpoint_and_takes_no_other_method(app: Flask, client: FlaskClient) -> None:
    rules = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    assert rules == {f"api.{one.name}" for one in ENDPOINTS} | {"api.openapi", "api.static"}
    for method in ("OPTIONS", "PUT", "TRACE", "DELETE"):
        answer = client.open("/api/v1/contacts", method=method)
        assert (answer.status_code, "GET" in answer.headers["Allow"]) == (405, True)
