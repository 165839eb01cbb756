"""`signup run` ends within ten seconds when asked to, whatever it is doing, and says which port it cannot have."""

import json
import socket
from pathlib import Path

import pytest
from sqlalchemy import func, select

from signup.app import create_app
from signup.consent.consent_event import ConsentEvent
from signup.contacts.contact import Contact
from signup.ground.config import Settings
from signup.ground.db import close_connections, db
from signup.mailer.message import Message, MessageState
from tests.faults.relay import Relay
from tests.faults.service import Service, Visitors, environment, running, wait_until
from tests.services import free_port

pytestmark = pytest.mark.faults

STOP_WITHIN = 10.0
PORTS = ("SIGNUP_PORT", "SIGNUP_SMTP_PORT", "SIGNUP_MAIL_PORT", "SIGNUP_DEMO_PORT")


@pytest.fixture
def settings(migrated_sqlite: Path, tmp_path: Path) -> dict[str, str]:
    """Nothing there yet but free ports."""
    ports = {name: str(free_port()) for name in PORTS}
    return environment(f"sqlite:///{tmp_path}/signup.db", tmp_path, **ports)


def started(settings: dict[str, str], service: Service) -> str:
    """Wait until it says that it is ready; the form's id."""
    ready = Path(settings["SIGNUP_VAR"]) / "run.json"
    wait_until(lambda: ready.exists() or not service.is_running, 40, "run.json")
    assert service.is_running, service.said()
    form_id: str = json.loads(ready.read_text())["form_id"]
    return form_id


def origin_of(settings: dict[str, str]) -> str:
    """The demo's own website, whose visitors may use the form."""
    return f"http://127.0.0.1:{settings['SIGNUP_DEMO_PORT']}"


def assert_nothing_is_lost(settings: dict[str, str], answered: list[str], mailed: int) -> None:
    app = create_app(Settings.from_environment(settings))
    with app.app_context():
        stored = set(db.session.scalars(select(Contact.address_key)))
        assert set(answered) <= stored
        requested = select(func.count(ConsentEvent.id)).where(ConsentEvent.type == "requested")
        assert db.session.scalar(requested) == len(stored)
        states = list(db.session.scalars(select(Message.state)))
        assert len(states) == len(stored)
        # What was claimed and not begun is back; what was begun is at an end.
        assert set(states) <= {MessageState.READY, MessageState.RETRY, MessageState.SENT}
        assert states.count(MessageState.SENT) == mailed
        close_connections()


def test_a_stop_while_people_sign_up_ends_in_time_and_loses_nothing(settings: dict[str, str], tmp_path: Path) -> None:
    service = Service(settings, "run")
    with running(service):
        form_id = started(settings, service)
        with Visitors(service.port, form_id, origin=origin_of(settings), pause=0.0) as visitors:
            wait_until(lambda: len(visitors.answered) >= 40, 30, "sign-ups are answered")
            assert service.stop(STOP_WITHIN) == 0, service.said()
    assert not visitors.refused
    assert not (tmp_path / "run.json").exists()
    assert_nothing_is_lost(settings, visitors.answered, mailed=len(list((tmp_path / "mail").glob("*.eml"))))


def test_a_stop_while_the_relay_keeps_us_waiting_ends_in_time(settings: dict[str, str], relay: Relay) -> None:
    relay.delay = 60.0
    settings |= {"SMTP_URL": relay.url}
    service = Service(settings, "run")
    with running(service):
        form_id = started(settings, service)
        with Visitors(service.port, form_id, origin=origin_of(settings), threads=1, pause=0.1) as visitors:
            wait_until(lambda: relay.taken, 30, "an email is on its way")
            service.stop(STOP_WITHIN)
    app = create_app(Settings.from_environment(settings))
    with app.app_context():
        assert set(visitors.answered) <= set(db.session.scalars(select(Contact.address_key)))
        close_connections()


def test_a_port_in_use_is_named_with_its_setting(settings: dict[str, str], *, is_long: bool) -> None:
    for name in PORTS if is_long else PORTS[:1]:
        with socket.create_server(("127.0.0.1", int(settings[name]))):
            service = Service(settings, "run")
            with running(service):
                assert service.wait(40) == 1
            assert f"port {settings[name]} is in use" in service.said()
            assert name in service.said()
            assert "Traceback" not in service.said()
