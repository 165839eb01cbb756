import json
import os
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signup.bounces.bounce_class import BounceClass, Reason
from signup.bounces.classify import classify
from tests.bounces.samples import SAMPLES

CORPUS = os.environ.get("BOUNCE_CORPUS", "")
pytestmark = pytest.mark.one_engine


@pytest.mark.parametrize(
    ("name", "mail", "address", "bounce_class", "reason"), SAMPLES, ids=[one[0] for one in SAMPLES]
)
def test_a_bounce_of_each_style_is_read(
    name: str, mail: str, address: str, bounce_class: BounceClass, reason: Reason
) -> None:
    returned = classify(mail.encode())[0]
    assert (returned.recipient, returned.bounce_class, returned.reason) == (address, bounce_class, reason)


def test_each_recipient_of_a_report_has_a_class_of_its_own() -> None:
    blocks = [
        (
            "Final-Recipient: rfc822; ada@example.org\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: "
            "smtp; 550 no such user"
        ),
        (
            "Final-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: "
            "smtp; 552 mailbox full"
        ),
        "Final-Recipient: rfc822; eve@example.org\nAction: delivered\nStatus: 2.0.0",
    ]
    report = "Reporting-MTA: dns; mx.example.org\n\n" + "\n\n".join(blocks)
    mail = (
        "From: MAILER-DAEMON@example.org\nContent-Type: multipart/report; "
        "report-type=delivery-status; boundary=x\n\n"
        f"--x\nContent-Type: message/delivery-status\n\n{report}\n\n--x--\n"
    )
    found = [(one.recipient, one.bounce_class) for one in classify(mail.encode())]
    assert found == [("ada@example.org", BounceClass.HARD), ("bob@example.org", BounceClass.SOFT)]


def test_a_reply_that_speaks_of_unknown_users_is_no_bounce() -> None:
    mail = "From: Eve <eve@example.org>\nSubject: Re: The Letter\n\nHello, user unknown is a funny name. 550 5.1.1\n"
    assert [one.bounce_class for one in classify(mail.encode())] == [BounceClass.NONE]


@pytest.mark.parametrize(
    "subject",
    ["Out of Office: The Letter", "Automatische Antwort: The Letter", "Réponse automatique", "自动回复", "Автоответ"],
)
def test_an_automatic_reply_is_ignored_in_any_language(subject: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "eve@example.org", subject
    mail.set_content("I am away. My mailbox is full and this user is unknown.")
    assert classify(bytes(mail))[0].bounce_class == BounceClass.VACATION


@given(st.binary(max_size=4_000))
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    assert classify(raw)


@given(st.lists(st.sampled_from([one[1] for one in SAMPLES]), min_size=2, max_size=2), st.integers(0, 2_000))
def test_no_mangled_bounce_makes_it_fail(mails: list[str], cut: int) -> None:
    assert classify((mails[0][:cut] + mails[1][cut // 2 :]).encode("utf-16" if cut % 2 else "utf-8", "replace"))


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed; boundary=b"])
@pytest.mark.parametrize("depth", [100, 3_000])
def test_deep_nesting_is_read_to_some_depth(kind: str, depth: int) -> None:
    head = f"Content-Type: {kind}\n\n" + ("--b\n" if "boundary" in kind else "")
    assert classify(b"From: MAILER-DAEMON@example.org\n" + head.encode() * depth)


@pytest.mark.parametrize(
    "filler",
    ["a", "a@b.", "<", "<style>", "user ", "account is has been was ", "mailbox is has size ", "\0", ".", "to to <x\n"],
)
def test_ten_megabytes_of_anything_are_read_by_their_beginning(filler: str) -> None:
    head = "From: MAILER-DAEMON@example.org\nSubject: Undelivered\n\n"
    assert classify((head + filler * (10_000_000 // len(filler))).encode())


@pytest.mark.skipif(not CORPUS, reason="set BOUNCE_CORPUS to a folder of real bounces with labels.json")
def test_nearly_all_real_bounces_name_their_recipient() -> None:
    labels = json.loads((Path(CORPUS) / "labels.json").read_text())
    named = [one for one in labels if one["recipients"]]
    missed = []
    for one in named:
        found = {r.recipient.lower() for r in classify((Path(CORPUS) / "data" / one["file"]).read_bytes())}
        if not found & {address.lower() for address in one["recipients"]}:
            missed.append(one["file"])
    assert len(missed) <= len(named) * 0.05, missed


def test_each_recipient_of_a_notice_in_words_has_a_reason_of_its_own() -> None:
    said = (
        "From: MAILER-DAEMON@example.net\nSubject: failure notice\n\n<ada@example.org>:\nRemote host said: 550 5.1.1 "
        "<ada@example.org>: User unknown\n\n<bob@example.org>:\nRemote host said: 552 5.2.2 <bob@example.org>: "
        "Mailbox full\n"
    )
    found = {one.recipient: one.bounce_class for one in classify(said.encode())}
    assert found == {"ada@example.org": BounceClass.HARD, "bob@example.org": BounceClass.SOFT}


def test_a_report_whose_parts_have_no_boundary_is_read_as_words() -> None:
    said = (
        "From: MAILER-DAEMON@example.net\nSubject: Returned mail\nContent-Type: multipart/report; boundary=nowhere\n\n"
        "<ada@example.org>\n   550 unknown user\n"
    )
    assert [(one.recipient, one.bounce_class) for one in classify(said.encode())] == [
        ("ada@example.org", BounceClass.HARD)
    ]


def test_the_console_says_one_object_for_each_mail_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_text(SAMPLES[0][1])
    (tmp_path / "box").write_text(
        f"From MAILER-DAEMON Mon Dec  1\n{SAMPLES[0][1]}\nFrom MAILER-DAEMON Mon Dec  1\n{SAMPLES[0][1]}"
    )
    (tmp_path / "nothing").write_bytes(b"")
    (tmp_path / "huge").write_bytes(b"From: MAILER-DAEMON@example.net\n\n" + b"ada@example.org: 550 x\n" * 450_000)
    names = [str(tmp_path / name) for name in ("one.eml", "box", "nothing", "huge")]
    words = [sys.executable, "-m", "signup", "bounce", "classify", "--json", *names]
    lines = subprocess.run(words, capture_output=True, check=True, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [Path(one["file"]).name for one in found] == ["one.eml", "box", "box", "nothing", "huge"]
    assert found[1]["recipients"][0] == {
        "address": "ada@example.org",
        "class": "hard",
        "reason": "user-unknown",
        "status": "5.1.1",
    }


def test_a_person_who_writes_about_a_failure_sends_no_bounce() -> None:
    said = b"From: Eve <eve@example.net>\nTo: letter@example.org\nSubject: test message (should fail)\n\ntesting\n"
    assert classify(said)[0].bounce_class == BounceClass.NONE
