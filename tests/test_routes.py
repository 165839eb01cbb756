"""What holds for every address, read off the route map: what GET may change, what headers an answer wears."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule

from signup.access.operator import Role, add_operator
from signup.access.ticket import new_ticket
from signup.forms.form import find_form
from signup.ground.db import db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.kiosks.kiosk import Kiosk
from signup.service.headers import surface_of
from tests.cast import (
    ADA,
    BOB,
    OPAL,
    Mailbox,
    confirm_all,
    drain,
    link_in,
    make_form,
    make_noise,
    sign_up,
    subscription_of,
)

pytestmark = pytest.mark.both_engines

RECORD = ("contact", "subscription", "consent_event")
PASSIVE = ("GET", "HEAD", "OPTIONS")


@pytest.fixture
def world(app: Flask, client: FlaskClient, mailbox: Mailbox) -> dict[str, Any]:
    """Ada confirmed, Bob pending, Opal signed in: and a value for every variable of an address."""
    make_noise(app, client, mailbox)
    form_id = make_form().public_id
    sign_up(client, form_id, ADA)
    confirm_all(app, client, mailbox, ADA)
    sign_up(client, form_id, BOB)
    drain(app)
    bob = link_in(mailbox.last(BOB)).rpartition("/")[2]
    ada = subscription_of(ADA)
    assert ada
    with transaction():
        ticket = new_ticket(add_operator(OPAL, "Opal", Role.ADMINISTRATOR), "sign-in")
    ring = keys()
    tokens = {
        "forms.confirm": bob,
        "forms.unsubscribe": ring.sign(TokenPurpose.UNSUBSCRIBE, ada.uid),
        "forms.preferences": ring.sign(TokenPurpose.PREFERENCES, ada.contact.uid),
        "forms.ask_for_copy": ring.sign(TokenPurpose.PREFERENCES, ada.contact.uid),
        "forms.ask_for_new_address": ring.sign(TokenPurpose.PREFERENCES, ada.contact.uid),
        "forms.new_address": ring.sign(TokenPurpose.NEW_ADDRESS, ada.contact.uid),
        "forms.ask_for_erasure": ring.sign(TokenPurpose.PREFERENCES, ada.contact.uid),
        "forms.erase_myself": ring.sign(TokenPurpose.ERASE, ada.contact.uid),
        "forms.personal_copy": ring.sign(TokenPurpose.COPY, ada.contact.uid),
        "forms.download": ring.sign(TokenPurpose.DOWNLOAD, _signup_uid()),
        "admin.ticket": ticket.rpartition("/")[2],
        "forms.kiosk": _kiosk_token(form_id),
    }
    uid = ada.contact.uid
    client.post(ticket.removeprefix("http://signup.example.org"), headers={"Origin": "http://signup.example.org"})
    return {"tokens": tokens, "form_id": form_id, "uid": uid}


def _signup_uid() -> Any:
    from signup.signups.signup import Signup  # noqa: PLC0415  # named only here

    return db.session.scalars(db.select(Signup.uid).where(Signup.state == "confirmed").limit(1)).one()


def _kiosk_token(form_id: str) -> str:
    kiosk = Kiosk(name="Window", form_id=find_form(form_id).id)
    token = kiosk.renew()
    with transaction():
        db.session.add(kiosk)
    return token


def _addresses(app: Flask, world: dict[str, Any]) -> list[tuple[Rule, str]]:
    """Every route with its variables filled in from the world."""
    values = {"public_id": world["form_id"], "uid": str(world["uid"]), "filename": "forms.css"}
    found = []
    for rule in app.url_map.iter_rules():
        fill = values | {"token": world["tokens"].get(rule.endpoint, "x")}
        path = re.sub(r"<(?:[\w]+(?:\([^)]*\))?:)?(\w+)>", lambda part, fill=fill: str(fill.get(part[1], 1)), rule.rule)  # type: ignore[misc]
        found.append((rule, path))
    return found


def _record() -> dict[str, list[Any]]:
    db.session.rollback()
    return {name: list(db.session.execute(text(f"SELECT * FROM {name} ORDER BY 1")).all()) for name in RECORD}


def test_no_passive_method_on_any_route_changes_the_record(
    app: Flask, client: FlaskClient, world: dict[str, Any]
) -> None:
    before = _record()
    assert len(before["contact"]) == 4
    for _rule, path in _addresses(app, world):
        for method in PASSIVE:
            response = client.open(path, method=method, buffered=True)
            assert response.status_code < 500 or path == "/readyz", (method, path, response.status_code)
    assert _record() == before


def test_every_answer_wears_the_headers_of_its_surface(app: Flask, client: FlaskClient, world: dict[str, Any]) -> None:
    for rule, path in _addresses(app, world):
        response = client.get(path, buffered=True)
        headers, surface = response.headers, surface_of(rule.endpoint)
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"], path
        if surface == "admin":
            assert headers.get("X-Frame-Options") in {"DENY", "SAMEORIGIN"}, path
            assert (
                "object-src 'none'" in headers["Content-Security-Policy"]
                or "sandbox" in headers["Content-Security-Policy"]
            )
        if surface == "token":
            assert headers["Referrer-Policy"] == "no-referrer", path
            assert headers["Cache-Control"] == "no-store", path
            assert "noindex" in headers["X-Robots-Tag"], path
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        if surface != "plain":
            assert "no-store" in headers["Cache-Control"], path


def test_only_the_hosted_page_may_be_framed_and_only_by_the_forms_websites(
    client: FlaskClient, world: dict[str, Any]
) -> None:
    policy = client.get(f"/f/{world['form_id']}").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://blog.example.org" in policy


def test_the_admin_is_closed_to_strangers(app: Flask, world: dict[str, Any]) -> None:
    stranger = app.test_client()
    for rule, path in _addresses(app, world):
        if rule.endpoint.startswith("admin.") and rule.endpoint not in {
            "admin.static",
            "admin.sign_in",
            "admin.second_step",
            "admin.forgot",
            "admin.ticket",
        }:
            response = stranger.get(path)
            assert response.status_code in {302, 303, 401, 403, 404, 405}, (path, response.status_code)
            assert ADA.encode() not in response.data, path
