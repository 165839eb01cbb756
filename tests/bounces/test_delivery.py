"""A mail server hands its mails over by a pipe or by LMTP, and keeps what could not be written down."""

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.bounces.intake.lmtp_server import read_place
from signup.bounces.returned_mail import ReturnedMail
from signup.ground.db import db
from signup.mailer.message import Message
from signup.mailer.return_address import verp
from tests.cast import ADA, Mailbox, confirm_all, make_form, sign_up, state_of

pytestmark = pytest.mark.one_engine
BOUNCE = f"From: MAILER-DAEMON@example.net\nSubject: failure\n\n<{ADA}>:\n550 5.1.1 User unknown\n"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(bounce_domain="bounces.example.org")


@pytest.fixture
def path(app: Flask, client: FlaskClient, mailbox: Mailbox) -> str:
    """The return path of the last mail to Ada, who is on the list."""
    assert sign_up(client, make_form(magnet=False).public_id, ADA).status_code == 202
    confirm_all(app, client, mailbox, ADA)
    message = db.session.scalars(select(Message).where(Message.recipient == ADA).order_by(Message.id.desc())).first()
    assert message
    db.session.rollback()
    return verp.return_path(message.uid, "bounces.example.org")


def environment(app: Flask, **more: str) -> dict[str, str]:
    settings = app.extensions["signup.settings"]
    own = {
        "SIGNUP_VAR": str(settings.signup_var),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "SECRET_KEYS": " ".join(settings.key_ring()),
        "BOUNCE_DOMAIN": settings.bounce_domain,
    }
    return os.environ | own | more


def pipe(app: Flask, mail: str, *recipient: str, **more: str) -> int:
    words = [sys.executable, "-m", "signup", "bounce", "pipe", *recipient]
    ended = subprocess.run(words, input=mail.encode(), env=environment(app, **more), capture_output=True, check=False)
    assert ADA not in (ended.stdout + ended.stderr).decode()
    return ended.returncode


def counted() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(ReturnedMail)) or 0


def test_a_piped_mail_is_known_by_its_envelope_and_a_strangers_is_taken_and_dropped(app: Flask, path: str) -> None:
    assert pipe(app, BOUNCE) == 0
    assert counted() == 0  # it says nowhere which mail it is about
    assert pipe(app, BOUNCE, path) == 0
    assert (state_of(ADA), counted()) == ("bounced", 1)


def test_a_mail_that_could_not_be_written_down_stays_with_the_mail_server(
    app: Flask, path: str, tmp_path: Path
) -> None:
    away = "postgresql+psycopg://signup@127.0.0.1:1/signup"
    assert pipe(app, BOUNCE, path, DATABASE_URL=away) == os.EX_TEMPFAIL
    assert pipe(app, BOUNCE, path, DATABASE_URL=f"sqlite:///{tmp_path}/empty.db") == os.EX_TEMPFAIL
    assert pipe(app, BOUNCE, path, LOG_LEVEL="nonsense") == os.EX_TEMPFAIL


class Listening:
    """`signup bounce lmtp` in a process of its own."""

    def __init__(self, app: Flask, place: str, **more: str) -> None:
        words = [sys.executable, "-m", "signup", "bounce", "lmtp", "--listen", place]
        self.process = subprocess.Popen(words, env=environment(app, **more), stdout=subprocess.DEVNULL)
        self.place = place
        for _try in range(200):
            with suppress(OSError):
                self.connected().close()
                return
            time.sleep(0.1)
        raise TimeoutError

    def connected(self) -> smtplib.LMTP:
        return smtplib.LMTP(self.place.removeprefix("unix:"))

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def listening(app: Flask, tmp_path: Path) -> Iterator[Callable[..., Listening]]:
    started: list[Listening] = []

    def start(**more: str) -> Listening:
        started.append(Listening(app, f"unix:{tmp_path}/lmtp", **more))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def test_lmtp_answers_for_each_recipient_once_it_is_written_down(
    app: Flask, path: str, listening: Callable[..., Listening]
) -> None:
    server = listening()
    with server.connected() as lmtp:
        lmtp.ehlo()
        lmtp.mail("")
        assert [lmtp.rcpt(to)[0] for to in (path, "other@bounces.example.org")] == [250, 250]
        assert lmtp.docmd("DATA")[0] == 354
        lmtp.send(BOUNCE.replace("\n", "\r\n") + "\r\n.\r\n")
        assert [lmtp.getreply()[0] for _recipient in range(2)] == [250, 250]
        assert (state_of(ADA), counted()) == ("bounced", 1)
    assert server.stop() == 0
    assert not Path(server.place.removeprefix("unix:")).exists()


def test_lmtp_says_not_now_while_the_database_is_away(path: str, listening: Callable[..., Listening]) -> None:
    server = listening(DATABASE_URL="postgresql+psycopg://signup@127.0.0.1:1/signup")
    with server.connected() as lmtp, pytest.raises(smtplib.SMTPDataError) as told:
        lmtp.sendmail("", [path], BOUNCE)
    assert told.value.smtp_code == 451


def test_a_killed_listeners_socket_is_in_nobodys_way(path: str, listening: Callable[..., Listening]) -> None:
    killed = listening()
    killed.process.kill()
    killed.process.wait()
    with listening().connected() as lmtp:
        assert lmtp.noop()[0] == 250


def test_a_place_to_listen_is_a_host_and_port_or_a_socket_file() -> None:
    assert read_place("[::1]:24")[:2] == ("::1", 24)
    for wrong in ("", "24", "host:", "host:70000", "unix:relative"):
        with pytest.raises(ValueError, match="expected"):
            read_place(wrong)
