"""No address, name, token or code of a visitor stands in the log, whatever their door and whatever went wrong."""

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from signup.access.hidden_group import HiddenGroup
from signup.forms.form import find_form
from signup.ground import logs
from signup.ground.db import db, transaction
from signup.kiosks.kiosk import Kiosk
from signup.signups import resend, store_signup
from tests.admin.canaries import words_in
from tests.cast import BLOG, Mailbox, code_in, drain, forget_limits, link_in, make_form, sign_up

CANARY = "canary-7q3x@example.org"
NAME = "Zzyzx Canarybird"
AGENT = "Canary-Agent/7q3x"


def test_a_visitors_words_are_in_no_log(
    app: Flask,
    client: FlaskClient,
    mailbox: Mailbox,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    logs.configure("DEBUG")  # to where this test reads it
    client.environ_base["HTTP_USER_AGENT"] = AGENT
    form_id = make_form().public_id
    with transaction():
        kiosk = Kiosk(name="Window", form_id=find_form(form_id).id)
        kiosk_token = kiosk.renew()
        db.session.add(kiosk)
    handle = (sign_up(client, form_id, CANARY, fields={"first_name": NAME}).json or {})["signup"]
    drain(app)
    first = mailbox.last(CANARY)
    code, confirm = code_in(first), link_in(first)
    secrets = [CANARY, CANARY.partition("@")[0], NAME, AGENT, handle, code, confirm.rpartition("/")[2], kiosk_token]
    mailbox.answer = f"451 4.2.1 <{CANARY}> is greylisted"
    forget_limits()
    client.post(f"/f/{form_id}/again", json={"signup": handle})
    drain(app)
    mailbox.answer = f"550 5.1.1 <{CANARY}> unknown"
    other = sign_up(client, form_id, f"x{CANARY}").json or {}
    drain(app)
    mailbox.answer = "250 OK"
    _stumble(client, form_id, handle, confirm, kiosk_token)
    with monkeypatch.context() as broken:
        broken.setattr(store_signup, "store", lambda _turn, _sent, values: values[f"no {CANARY}"])
        broken.setattr(resend, "_mail", lambda signup: signup.subscription.contact.address[CANARY])
        assert sign_up(client, form_id, f"y{CANARY}", fields={"first_name": NAME}).status_code == 500
        forget_limits()
        client.post(f"/f/{form_id}/again", json={"signup": other["signup"]})
        drain(app)
    assert client.post(confirm).status_code == 303
    drain(app)
    welcome = mailbox.last(CANARY)
    for kind in ("preferences", "unsubscribe", "download"):
        link = link_in(welcome, kind)
        secrets.append(link.rpartition("/")[2])
        client.get(link, buffered=True)
        client.get(link + "x")
        client.post(link, data={"first_name": NAME, "language": "xx"})
    said = "".join(capsys.readouterr())
    assert "request.crashed" in said  # what is looked through is the log
    assert [secret for secret in secrets if secret.lower() in said.lower()] == []


def test_a_row_that_the_database_refuses_is_not_logged(context: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    words = ["canary", "bird"]
    refused = HiddenGroup(role=f"no\n\n{words[0]}", field_group=words[1])
    try:
        with transaction():
            db.session.add(refused)
    except IntegrityError:
        structlog.get_logger().exception("test.refused")
    said = capsys.readouterr().err
    assert "CheckViolation" in said or "CHECK constraint failed" in said
    assert words_in(said, words) == set()


def _stumble(client: FlaskClient, form_id: str, handle: str, confirm: str, kiosk_token: str) -> None:
    """Errors of every kind at the visitor's doors."""
    for body in ({"email": CANARY}, {"email": CANARY, CANARY: NAME}, {"email": [CANARY]}, {"fields": {NAME: CANARY}}):
        client.post(f"/f/{form_id}", json=body, headers={"Origin": BLOG})
    client.post(f"/f/{form_id}", data=f'{{"email": "{CANARY}", "email": "{NAME}"}}', content_type="application/json")
    client.post(f"/f/{form_id}", data={"email": CANARY, "consent": "yes"}, headers={"Origin": f"https://{CANARY}"})
    client.post(f"/f/{form_id}?email={CANARY}", data={"email": CANARY, "leave_empty": NAME, "consent": "yes"})
    client.post(f"/f/{form_id}/code", json={"signup": handle, "code": "000000"})
    client.post(f"/f/{form_id}/code", json={"signup": handle + "x", "code": NAME})
    client.post(f"/f/{form_id}/answers", data={"token": handle, "first_name": NAME})
    client.post(f"/f/{form_id}/seen", data=f'{{"src": "{CANARY}"}}')
    client.get(f"/f/{form_id}/thanks?signup={handle}&at={CANARY}")
    client.get(confirm + "x")
    client.post(confirm, data={"action": NAME})
    client.get(f"/f/{CANARY}")
    client.post(f"/k/{kiosk_token}/unlock", json={"staff": CANARY, "pin": NAME})
    client.post(f"/k/{kiosk_token}/entries", json={"entries": [{"uid": CANARY, "sealed": NAME}], "session": NAME})
    client.get(f"/k/{kiosk_token}x")
