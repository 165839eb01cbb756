"""What a visitor says and gets is in nothing that the real processes of web and worker print, whatever fails."""

import http.client
import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, text

from signup.contacts.contact import Contact
from signup.ground.db import db, transaction
from signup.ground.tokens import TokenPurpose, keys
from signup.mailer.message import Message, MessageState
from signup.signups.signup import Signup
from tests.admin.canaries import words_in
from tests.faults.conftest import World
from tests.faults.relay import Relay
from tests.faults.service import Service, let_pass, running, wait_until

pytestmark = pytest.mark.faults

CANARY, NAME, AGENT = "canary-7q3x@example.org", "Zzyzx Canarybird", "Canary-Agent/7q3x"
CRASHES = "crash-7q3x@example.org"


def say(
    world: World, path: str, body: bytes | dict[str, object] | None = None, kind: str = "json"
) -> tuple[int, bytes]:
    """One request of a visitor whose program has a name of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=20)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"User-Agent": AGENT, "Accept": "application/json", "Content-Type": f"application/{kind}"}
    connection.request("GET" if body is None else "POST", path, None if body is None else content, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    return answer.status, said


def sign_up(world: World, address: str) -> int:
    body = {"email": address, "fields": {"first_name": NAME}, "consent": True}
    return say(world, f"/f/{world.form_id}", body)[0]


def state_of(world: World, address: str) -> str | None:
    """Of the first mail to this address."""
    with world.app.app_context():
        first = select(Message.state).where(Message.recipient == address).order_by(Message.id).limit(1)
        return db.session.scalar(first)


def refuse(world: World, table: str, condition: str) -> None:
    """From now on the database stores no such row here, and says of one that it refuses what stood in it."""
    with world.app.app_context(), transaction():
        db.session.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT refused CHECK (NOT ({condition})) NOT VALID"))


@pytest.mark.parametrize("own_database", ["postgresql"], indirect=True)  # it tells more of a refused row than SQLite
def test_a_visitors_words_are_in_nothing_that_a_process_prints(world: World, relay: Relay) -> None:
    settings = world.settings | {"LOG_LEVEL": "DEBUG"}
    web, worker = Service(settings, "web", "--processes", "1"), Service(settings, "worker")
    with running(web, worker):
        web.wait_until_at_work()
        worker.wait_until_at_work()
        secrets = _visit(world)
        _meet_an_angry_relay(world, relay, worker)
        secrets += _meet_a_database_that_refuses(world, worker)
    said = web.log.read_text() + worker.log.read_text()
    logged = ("signup.held", "request.crashed", "mail.failed", "relay.away", "Traceback", "CheckViolation")
    assert [event for event in logged if event not in said] == []  # there is something to look through
    assert words_in(said, secrets) == set()


def _visit(world: World) -> list[str]:
    """A visitor's whole way, and what they do wrong; what no log may tell of it."""
    assert [sign_up(world, CANARY) for _press in range(2)] == [202, 202]
    _wait_for(lambda: state_of(world, CANARY) == MessageState.SENT)
    with world.app.app_context():
        uid, handle = db.session.execute(select(Signup.uid, Signup.handle)).one()
        code = (db.session.scalars(select(Message.data)).one() or {})["code"]
        confirm = keys().sign(TokenPurpose.CONFIRM, uid)
        preferences = keys().sign(TokenPurpose.PREFERENCES, db.session.scalars(select(Contact.uid)).one())
    form = f"/f/{world.form_id}"
    say(world, form, f'{{"email": "{CANARY}", "email": "{NAME}"}}'.encode())
    say(world, form, b"[" * 1_000 + CANARY.encode())
    say(world, f"{form}?email={CANARY}", {"email": CANARY, CANARY: NAME})
    say(world, f"{form}/code", {"signup": handle, "code": "000000"})
    say(world, f"{form}/code", {"signup": handle, "code": NAME})
    say(world, f"{form}/again", {"signup": handle})
    say(world, f"/f/{CANARY}")
    for path in (f"/confirm/{confirm}", f"/preferences/{preferences}", f"/unsubscribe/{preferences}"):
        say(world, path)
        say(world, f"{path}x")
    say(world, f"/confirm/{confirm}", urlencode({"action": NAME}).encode(), "x-www-form-urlencoded")
    say(world, f"/confirm/{confirm}", b"", "x-www-form-urlencoded")
    return [CANARY, CANARY.partition("@")[0], NAME, AGENT, handle, code, confirm, preferences, CRASHES]


def _meet_an_angry_relay(world: World, relay: Relay, worker: Service) -> None:
    relay.says["end"] = f"550 5.1.1 <{CANARY}> unknown"
    assert sign_up(world, f"x{CANARY}") == 202
    _wait_for(lambda: "mail.failed" in worker.said())
    relay.says = {"MAIL": f"421 4.2.1 <{CANARY}> comes too often"}
    assert sign_up(world, f"y{CANARY}") == 202
    _wait_for(lambda: "relay.away" in worker.said())
    relay.says = {}


def _meet_a_database_that_refuses(world: World, worker: Service) -> list[str]:
    """The code in the mail that the database refuses to change."""
    refuse(world, "message", "recipient LIKE 'crash%' AND state = 'claimed'")
    assert sign_up(world, CRASHES) == 202
    with world.app.app_context():
        let_pass(600)  # the relay is tried again
    _wait_for(lambda: "CheckViolation" in worker.said())
    refuse(world, "contact", "address LIKE 'xcrash%'")
    assert sign_up(world, f"x{CRASHES}") == 500
    with world.app.app_context():
        data = db.session.scalars(select(Message.data).where(Message.recipient == CRASHES)).one()
    return [(data or {})["code"]]


def _wait_for(is_so: Callable[[], object]) -> None:
    wait_until(is_so, 30, "what is to be logged", 0.1)
