"""From the envelope of a mail to the Maildir it comes back to."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from signup.bounces.intake.read_mails import read_maildir
from signup.ground.db import db
from signup.mailer.message import Message
from signup.mailer.return_address import verp
from tests.cast import ADA, Mailbox, drain, make_form, sign_up, state_of

pytestmark = pytest.mark.one_engine


def test_a_mail_comes_back_by_its_own_return_path_and_is_moved_once_it_is_read(
    make_app: Callable[..., Flask], mailbox: Mailbox, tmp_path: Path
) -> None:
    box = tmp_path / "returned"
    for folder in ("new", "cur", "tmp"):
        (box / folder).mkdir(parents=True)
    app = make_app(bounce_domain="bounces.example.org", bounce_maildir=str(box))
    assert sign_up(app.test_client(), make_form(magnet=False).public_id, ADA).status_code == 202
    drain(app)
    message = db.session.scalars(select(Message)).one()
    path = mailbox.last(ADA)["Return-Path"].strip("<>")
    assert verp.read(path) == message.uid
    said = f"From: MAILER-DAEMON@example.net\nTo: {path}\nSubject: failure\n\n<{ADA}>:\n550 5.1.1 User unknown\n"
    (box / "new" / "1.M2.host").write_text(said)
    read_maildir()
    assert state_of(ADA) == "bounced"
    assert [one.name for folder in ("new", "cur") for one in (box / folder).iterdir()] == ["1.M2.host:2,S"]
    read_maildir()
