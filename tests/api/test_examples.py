"""Every example does what it says, in its own language, against the running service."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.serving import make_server

from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from signup.ledger.seal import seal
from signup.webhooks import deliver, dispatch, webhook
from signup.webhooks.webhook import WebhookDelivery
from tests.api.program import Program
from tests.cast import ADA, BOB, make_form
from tests.services import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
INTERPRETERS = {".sh": "sh", ".py": sys.executable, ".mjs": "node", ".php": "php"}
SIGN_UPS = sorted(EXAMPLES.glob("sign_up.*"))


@pytest.fixture
def served(make_app: Callable[..., Flask]) -> Iterator[tuple[Flask, str]]:
    app = make_app(webhook_networks="127.0.0.0/8")
    server = make_server("127.0.0.1", free_port(), app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield app, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_each_language_has_its_example() -> None:
    assert {path.suffix for path in SIGN_UPS} == set(INTERPRETERS)
    assert {path.name for path in EXAMPLES.iterdir()} - {"README.md"} == {*(one.name for one in SIGN_UPS), "receive.py"}


@pytest.mark.parametrize("example", SIGN_UPS, ids=lambda path: path.name)
def test_an_example_starts_a_sign_up_and_reads_the_feed(served: tuple[Flask, str], example: Path) -> None:
    interpreter = shutil.which(INTERPRETERS[example.suffix])
    if interpreter is None or (example.suffix == ".sh" and not shutil.which("curl")):
        pytest.skip(f"nothing here runs {example.suffix}")
    app, url = served
    form, program = make_form().public_id, Program(app.test_client())
    program.post("/signups", {"form": form, "form_version": 1, "consent": True, "email": BOB}, status=202)
    seal()
    own = {"SIGNUP_URL": url, "SIGNUP_KEY": program.secret, "SIGNUP_FORM": form}
    command = [interpreter, str(example), ADA]
    done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert ("pending" in done.stdout, "signup.requested" in done.stdout) == (True, True), done.stdout
    db.session.rollback()
    assert sorted(db.session.scalars(select(Contact.address))) == [ADA, BOB]


def test_the_receiver_takes_what_is_ours_and_refuses_the_rest(served: tuple[Flask, str]) -> None:
    port = free_port()
    with transaction():
        ours, secret = webhook.add(f"http://127.0.0.1:{port}/", [], [])
        other, _secret = webhook.add(f"http://127.0.0.1:{port}/", [], [])
        dispatch.send_test(ours)
        dispatch.send_test(other)
    command, environment = (
        [sys.executable, str(EXAMPLES / "receive.py"), str(port)],
        os.environ | {"SIGNUP_SECRET": secret},
    )
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as receiver:
        for _attempt in range(100):
            deliver.deliver_now()
            with transaction():
                statuses = [(one.webhook_id, one.status) for one in db.session.scalars(select(WebhookDelivery))]
            if None not in dict(statuses).values():
                break
            with transaction():
                db.session.execute(update(webhook.Webhook).values(not_before=None))
                db.session.execute(update(WebhookDelivery).values(not_before=None))
            time.sleep(0.1)
        receiver.kill()
        assert statuses == [(ours.id, 204), (other.id, 403)]
        assert receiver.stdout
        assert receiver.stdout.readline().startswith("webhook.test")
