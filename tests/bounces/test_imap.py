"""Returned mails are read from an IMAP folder: written down first, moved then, and nothing gets in their way."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from signup.bounces.intake import hand_on, read_imap
from signup.bounces.intake.imap_folder import ImapAway, ImapFolder
from signup.bounces.intake.imap_url import quoted, read_url
from signup.bounces.returned_mail import ReturnedMail
from signup.ground.config import Settings
from signup.ground.db import db
from signup.ground.errors import SettingError
from signup.mailer.message import Message
from signup.mailer.return_address import verp
from signup.service import doctor
from tests.bounces.imap_server import PASSWORD, ImapServer, TlsFront
from tests.cast import ADA, Mailbox, confirm_all, make_form, sign_up, state_of

pytestmark = pytest.mark.one_engine
NOTHING = b"From: eve@example.net\nTo: letter@example.org\nSubject: Hi\n\nHow are you?\n"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    started = ImapServer()
    yield started
    started.stop()


@pytest.fixture
def app(make_app: Callable[..., Flask], server: ImapServer) -> Flask:
    return make_app(bounce_domain="bounces.example.org", bounce_imap_url=server.url)


@pytest.fixture
def ada_bounced(app: Flask, client: FlaskClient, mailbox: Mailbox) -> bytes:
    """The bounce of a mail to Ada, who is on the list."""
    assert sign_up(client, make_form(magnet=False).public_id, ADA).status_code == 202
    confirm_all(app, client, mailbox, ADA)
    message = db.session.scalars(select(Message).where(Message.recipient == ADA).order_by(Message.id.desc())).first()
    assert message
    path = verp.return_path(message.uid, "bounces.example.org")
    said = f"From: MAILER-DAEMON@example.net\nTo: {path}\nSubject: failure\nMessage-ID: <1@example.net>\n\n"
    return f"{said}<{ADA}>:\n550 5.1.1 User unknown\n".encode()


def counted() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(ReturnedMail)) or 0


def test_a_bounce_is_written_down_and_then_moved_to_what_was_handled(server: ImapServer, ada_bounced: bytes) -> None:
    server.put(NOTHING, ada_bounced)
    read_imap.read_imap()
    assert (state_of(ADA), counted()) == ("bounced", 1)
    assert (server.count("INBOX"), server.count("INBOX/Processed")) == (0, 2)
    read_imap.read_imap()
    assert (counted(), server.count("INBOX/Processed")) == (1, 2)


def test_a_worker_that_dies_before_the_mail_is_moved_loses_and_doubles_nothing(
    server: ImapServer, ada_bounced: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        """As a process that is killed: nothing after it runs."""

    def die(*_given: Any) -> None:
        raise Died

    server.put(ada_bounced)
    with monkeypatch.context() as patched:
        patched.setattr(ImapFolder, "move_away", die)
        with pytest.raises(Died):
            read_imap.read_imap()
    assert (state_of(ADA), counted(), server.count("INBOX")) == ("bounced", 1, 1)
    read_imap.read_imap()
    assert (counted(), server.count("INBOX"), server.count("INBOX/Processed")) == (1, 0, 1)


def test_a_server_without_move_gets_the_mail_copied_and_deleted(
    server: ImapServer, ada_bounced: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = ImapFolder._login

    def without_move(self: ImapFolder) -> None:
        login(self)
        self._capabilities -= {"MOVE"}

    monkeypatch.setattr(ImapFolder, "_login", without_move)
    server.put(ada_bounced)
    read_imap.read_imap()
    assert (server.count("INBOX", "UNDELETED"), server.count("INBOX/Processed")) == (0, 1)


def test_two_workers_at_once_count_a_bounce_once(app: Flask, server: ImapServer, ada_bounced: bytes) -> None:
    server.put(*[ada_bounced] * 3)

    def read() -> None:
        with app.app_context():
            read_imap.read_imap()

    workers = [threading.Thread(target=read) for _worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    read_imap.read_imap()
    assert (state_of(ADA), counted(), server.count("INBOX")) == ("bounced", 1, 0)


def test_a_mail_that_breaks_the_reader_is_flagged_and_those_behind_it_are_read(
    app: Flask, server: ImapServer, ada_bounced: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_at(raw: bytes) -> None:
        if b"eve@" in raw:
            raise ArithmeticError

    monkeypatch.setattr(hand_on, "READERS", (break_at, *hand_on.READERS))
    server.put(NOTHING, ada_bounced)
    for _round in range(2):
        read_imap.read_imap()
    assert (counted(), server.count("INBOX", "FLAGGED"), server.count("INBOX/Processed")) == (1, 1, 1)
    assert "1 could not be read" in told_by_doctor(app)


def told_by_doctor(app: Flask) -> str:
    found = doctor.examine(app.extensions["signup.settings"])
    return next(f"{one.state} {one.detail}" for one in found if one.check == "returned mails")


def test_the_doctor_names_a_wrong_password_a_wrong_folder_and_a_server_that_is_away(
    make_app: Callable[..., Flask], server: ImapServer, caplog: pytest.LogCaptureFixture
) -> None:
    right = told_by_doctor(make_app(bounce_imap_url=server.url))
    assert right.startswith("ok")
    assert "0 to read" in right
    wrong = told_by_doctor(make_app(bounce_imap_url=f"imap://returned:s3cret-word@127.0.0.1:{server.port}/"))
    assert wrong.startswith("wrong")
    assert "sign-in" in wrong
    folder = told_by_doctor(make_app(bounce_imap_url=server.url.replace("INBOX", "Nowhere")))
    assert folder.startswith("wrong")
    assert "SELECT" in folder
    server.stop()
    app = make_app(bounce_imap_url=server.url)
    away = told_by_doctor(app)
    assert away.startswith("wrong")
    assert "refused" in away
    read_imap.read_imap()  # the chore tells it and goes on
    everything = right + wrong + folder + away + caplog.text
    assert "s3cret-word" not in everything
    assert PASSWORD not in everything


def test_it_speaks_tls_to_who_has_a_trusted_certificate_only(
    make_app: Callable[..., Flask], server: ImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = TlsFront(server.port, tmp_path)
    url = server.url.replace("imap://", "imaps://").replace(f"127.0.0.1:{server.port}", f"localhost:{front.port}")
    assert "certificate is not valid" in told_by_doctor(make_app(bounce_imap_url=url))
    monkeypatch.setenv("SSL_CERT_FILE", str(front.certificate))
    assert told_by_doctor(make_app(bounce_imap_url=url)).startswith("ok")
    front.stop()


def test_a_password_goes_to_no_other_machine_in_the_open(server: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    url = read_url(server.url)
    monkeypatch.setattr("signup.bounces.intake.imap_url.LOOPBACK", set())
    with pytest.raises(ImapAway, match="not sent in the open"), ImapFolder(url):
        pass


def test_a_server_that_trickles_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signup.bounces.intake.imap_folder.ROUND_SECONDS", 1.0)
    listening = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        found, _who = listening.accept()
        with found, suppress(OSError):
            found.sendall(b"* OK [CAPABILITY IMAP4rev1] hi\r\n* ")
            while True:
                found.sendall(b"x")
                time.sleep(0.1)

    trickling = threading.Thread(target=trickle, daemon=True)
    trickling.start()
    started = time.monotonic()
    with pytest.raises(ImapAway), ImapFolder(read_url(f"imap://a:b@127.0.0.1:{listening.getsockname()[1]}/")):
        pass
    assert time.monotonic() - started < 8
    trickling.join(5)
    listening.close()


@pytest.mark.parametrize(
    "url",
    ["http://a:b@example.org/", "imaps://example.org/INBOX", "imaps://a:b@/x", "imaps://a:p@h:x/", "imaps://a:b%0D@h/"],
)
def test_a_setting_that_names_no_mailbox_stops_the_start_without_its_password(url: str) -> None:
    with pytest.raises(SettingError, match="BOUNCE_IMAP_URL") as told:
        Settings.from_environment({"BOUNCE_IMAP_URL": url.replace("a:b", "a:s3cret")})
    assert "s3cret" not in str(told.value)


def test_a_folder_may_have_any_name() -> None:
    assert read_url("imaps://u:p@host/R%C3%BCckl%C3%A4ufer").folder == "Rückläufer"
    assert [quoted(name) for name in ("Rückläufer", "A & B", 'a"b')] == ['"R&APw-ckl&AOQ-ufer"', '"A &- B"', '"a\\"b"']
    assert read_url("imaps://u:p@host").folder == "INBOX"
