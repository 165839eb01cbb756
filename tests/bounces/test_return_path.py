import base64
from uuid import UUID, uuid4

import pytest
from flask import Flask

from signup.bounces.classify import classify
from signup.mailer.return_address import verp

pytestmark = pytest.mark.one_engine
UID = UUID("01234567-89ab-7def-8123-456789abcdef")


def test_a_return_path_names_its_message_whatever_a_relay_does_to_its_case(app: Flask) -> None:
    path = verp.return_path(UID, "bounces.example.org")
    assert len(path.partition("@")[0]) <= 64
    assert verp.read(path) == verp.read(path.upper()) == UID


def test_a_return_path_that_somebody_made_up_names_nothing(app: Flask) -> None:
    local = verp.return_path(UID, "example.org").partition("@")[0]
    other = base64.b32encode(uuid4().bytes).decode().rstrip("=").lower()
    forged = [f"b-{other}{local[-16:]}@example.org", local[:-1] + ("a" if local[-1] != "a" else "b") + "@example.org"]
    forged += ["", "@", "b-@x", "b-" + "a" * 42 + "@x", "b-" + "1" * 42 + "@x", "b-é" + "a" * 41 + "@x"]
    assert [verp.read(address) for address in forged] == [None] * len(forged)


def test_a_bounce_to_our_return_path_is_trusted_and_any_other_is_not(app: Flask) -> None:
    said = "From: MAILER-DAEMON@example.org\nSubject: failure notice\nTo: {}\n\n<ada@example.org>:\nUser unknown\n"
    trusted = classify(said.format(verp.return_path(UID, "example.org")).encode(), verp.read)[0]
    assert (trusted.message_uid, trusted.is_trusted) == (UID, True)
    other = classify(said.format("letter@example.org").encode(), verp.read)[0]
    assert (other.message_uid, other.is_trusted) == (None, False)
