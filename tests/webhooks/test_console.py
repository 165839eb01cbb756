"""Webhooks on the console, in the API and in the admin: the same endpoint, the same rules."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from signup.access.api_answer import ApiAnswer
from signup.access.api_key import KeyScope
from signup.cli.programs.webhook import command
from signup.ground.clock import utcnow
from signup.ground.db import db, transaction
from signup.ledger.seal import seal
from signup.webhooks import deliver, dispatch, webhook
from signup.webhooks.webhook import Webhook
from tests.admin.cast import actions, post
from tests.api.program import Program
from tests.cast import ADA, make_form, make_list, sign_up
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_the_console_adds_tests_replays_and_removes(make_app: Callable[..., Flask], receiver: Receiver) -> None:
    app = make_app(webhook_networks="127.0.0.0/8")

    def run(*words: str) -> Any:
        done = CliRunner().invoke(command, [*words, "--json"], obj=lambda: app)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout) if done.stdout else None

    form = make_form().public_id
    [made] = run("new", receiver.url, "--event", "signup.requested", "--list", "the-letter")
    assert made["secret"].startswith("whsec_")
    assert run("test", made["uid"]) == [{"state": "delivered", "status": 200, "answer": "ok"}]
    sign_up(app.test_client(), form, ADA)
    seal()
    dispatch.dispatch()
    deliver.deliver_now()
    yesterday = (utcnow() - timedelta(days=1)).strftime("%Y-%m-%d")
    assert run("replay", "--from", yesterday)[0]["events"] == 1
    deliver.deliver_now()
    log = run("log", made["uid"])
    assert [(one["event"], one["status"]) for one in log] == [("signup.requested", 200)] * 2 + [("webhook.test", 200)]
    assert [body["type"] for body in receiver.verified(made["secret"])][1:] == ["signup.requested"] * 2
    for verb, paused in (("pause", "operator"), ("resume", "")):
        assert CliRunner().invoke(command, [verb, made["uid"]], obj=lambda: app).exit_code == 0
        assert run("list")[0]["paused"] == paused
    assert CliRunner().invoke(command, ["remove", made["uid"]], obj=lambda: app).exit_code == 0
    assert run("list") == []
    wrong = CliRunner().invoke(command, ["new", "ftp://example.org/"], obj=lambda: app)
    assert (wrong.exit_code, "must start with https" in wrong.output) == (2, True)


def test_a_program_makes_an_endpoint_and_may_read_no_more_by_it_than_by_its_key(
    app: Flask, client: FlaskClient
) -> None:
    make_list()
    make_list("other", name="Other")
    program = Program(client, "the-letter")
    body = {"url": "https://hooks.example.org/x", "events": ["subscription.confirmed"]}
    made = program.post("/webhooks", body, status=201)
    assert (made["lists"], made["secret"][:6]) == (["the-letter"], "whsec_"), "the key's lists, when it names none"
    assert Program(client, "other").ask("GET", f"/webhooks/{made['uid']}").status_code == 404
    assert program.ask("POST", "/webhooks", json=body | {"lists": ["other"]}).status_code == 404
    reader = Program(client, scopes=(KeyScope.WEBHOOKS_WRITE,))
    for refused in (reader, Program(client, is_masked=True)):
        assert "body.is_full" in refused.errors("POST", "/webhooks", json=body | {"is_full": True})
    for url in ("http://user:pass@example.org/", "http://example.org:22/", "https://exa mple.org/"):
        assert "body.url" in program.errors("POST", "/webhooks", json=body | {"url": url}), url
    path = f"/webhooks/{made['uid']}"
    assert program.ask("PATCH", path, json={"is_paused": True}).get_json()["paused"] == "operator"
    assert program.ask("PATCH", path, json={"is_paused": False}).get_json()["paused"] is None
    assert program.post(f"{path}/rotate")["secret"] != made["secret"]
    assert program.ask("DELETE", path).status_code == 204
    assert program.ask("GET", path).status_code == 404
    assert [one for one in actions(app) if one.startswith("webhook")] == [
        "webhook-added",
        "webhook-changed",
        "webhook-changed",
        "webhook-secret",
        "webhook-removed",
    ]


def test_a_secret_that_is_shown_once_is_not_kept_in_the_clear_for_a_repeated_request(
    app: Flask, client: FlaskClient
) -> None:
    make_list()
    program, body = Program(client), {"url": "https://hooks.example.org/x"}
    first, again = (program.post("/webhooks", body, 201, **{"Idempotency-Key": "a"}) for _ in range(2))
    assert first == again
    kept = db.session.scalars(select(ApiAnswer.body)).one()
    assert kept
    assert first["secret"].encode() not in kept
    assert first["uid"].encode() not in kept
    with transaction():
        db.session.execute(update(ApiAnswer).values(body=b"of a key that is gone"))
    late = program.ask("POST", "/webhooks", json=body, headers={"Idempotency-Key": "a"})
    assert (late.status_code, late.get_json()["title"]) == (409, "Done before"), "it is not done a second time"


def test_what_a_key_made_falls_silent_with_it(app: Flask, client: FlaskClient) -> None:
    make_list()
    program = Program(client)
    made = program.post("/webhooks", {"url": "https://hooks.example.org/x"}, status=201)
    with transaction():
        assert webhook.revoke_key(program.key.uid)
    assert Program(client).get(f"/webhooks/{made['uid']}")["paused"] == "revoked"


def test_an_operator_adds_an_endpoint_sees_its_secret_once_and_reads_its_log(app: Flask, opal: FlaskClient) -> None:
    make_list()
    assert "No webhooks yet" in opal.get("/admin/settings/webhooks").text
    wrong = post(opal, "/admin/settings/webhooks/new", {"url": "http://u:p@example.org/"})
    assert (wrong.status_code, "starts with https" in wrong.text) == (422, True)
    made = post(opal, "/admin/settings/webhooks/new", {"url": "https://127.0.0.1/x", "is_full": "y"})
    secret = re.search(r'value="(whsec_[^"]+)"', made.text)
    assert secret
    found = db.session.scalars(select(Webhook)).one()
    path = f"/admin/settings/webhooks/{found.uid}"
    assert secret[1] not in opal.get(path).text
    assert post(opal, f"{path}/change", {"do": "test"}).status_code == 303
    deliver.deliver_now()
    page = opal.get(path).text
    assert ("Not allowed: 127.0.0.1" in page, "Its address is not allowed" in page) == (True, True)
    assert post(opal, f"{path}/change", {"do": "resume"}).status_code == 303
    assert post(opal, f"{path}/replay", {"since": ""}).status_code == 422
    again = post(opal, f"{path}/replay", {"since": "2026-01-01T00:00", "until": "2026-01-02T00:00"})
    assert again.status_code == 303
    assert re.search(r'value="(whsec_[^"]+)"', post(opal, f"{path}/rotate").text)
    assert post(opal, f"{path}/remove").status_code == 303
    assert db.session.scalars(select(Webhook)).all() == []
