"""What the catcher keeps, in what order, and what its pages refuse."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope
from flask.testing import FlaskClient

from signup.demo.catcher import create_catcher, start_catcher
from tests.services import free_port


def mail(to: str, subject: str, html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "The Letter <letter@example.org>"
    message["To"] = to
    message["Subject"] = subject
    message.set_content("Please confirm: http://127.0.0.1:8000/confirm/abc\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    controller = start_catcher(tmp_path, port)
    yield port
    controller.stop()


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_catcher(tmp_path).test_client()


def test_mails_are_listed_newest_first_by_their_envelope(port: int, client: FlaskClient) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(20):
            smtp.send_message(mail("shown@example.org", f"Été n° {number}"), to_addrs=["ada@example.org"])
    listed = client.get("/messages.json").get_json()
    assert [each["subject"] for each in listed] == [f"Été n° {number}" for number in reversed(range(20))]
    assert {each["to"] for each in listed} == {"ada@example.org"}
    assert set(listed[0]) == {"id", "to", "subject", "received"}
    page = client.get("/").text
    assert page.index("n° 19") < page.index("n° 0<")


def test_a_mail_is_kept_byte_for_byte_below_its_envelope(port: int, client: FlaskClient) -> None:
    message = mail("ada@example.org", "Bytes").as_bytes().replace(b"\n", b"\r\n")
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.sendmail("bounce@example.org", ["ada@example.org"], message)
    [kept] = client.get("/messages.json").get_json()
    assert client.get(f"/messages/{kept['id']}.eml").data == (
        b"Return-Path: <bounce@example.org>\r\nDelivered-To: ada@example.org\r\n" + message
    )


def test_an_address_beyond_ascii_is_kept_and_shown(port: int, client: FlaskClient) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(mail("zoë@exämple.org", "IDN"))
    assert client.get("/messages.json").get_json()[0]["to"] == "zoë@exämple.org"


def test_a_refused_mail_is_answered_so_and_not_kept(tmp_path: Path, client: FlaskClient) -> None:
    def reply_for(envelope: Envelope) -> str:
        return "451 4.3.2 later" if "bob@example.org" in envelope.rcpt_tos else "250 ok"

    port = free_port()
    controller = start_catcher(tmp_path, port, reply_for)
    try:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.send_message(mail("ada@example.org", "Taken"))
            with pytest.raises(smtplib.SMTPDataError) as refused:
                smtp.send_message(mail("bob@example.org", "Refused"))
    finally:
        controller.stop()
    assert refused.value.smtp_code == 451
    assert [each["subject"] for each in client.get("/messages.json").get_json()] == ["Taken"]
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".eml"]


def test_a_mails_own_script_and_markup_stay_in_the_sandbox(port: int, client: FlaskClient) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(mail("ada@example.org", "<script>alert(1)</script>", "<head></head><b>hi</b>"))
    [kept] = client.get("/messages.json").get_json()
    page = client.get(f"/messages/{kept['id']}")
    assert "<script>" not in page.text + client.get("/").text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    assert '<a href="http://127.0.0.1:8000/confirm/abc" rel="noopener" target="_blank">' in page.text
    html = client.get(f"/messages/{kept['id']}/html")
    assert html.text == '<head><base target="_blank"></head><b>hi</b>\r\n'
    policy = html.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize("tail", ["", ".eml", "/html"])
@pytest.mark.parametrize("mail_id", ["..", "..%2fsecret", "20260101T000000000000Z", "x", "%00"])
def test_an_id_that_is_not_a_kept_mail_is_not_found(
    mail_id: str, tail: str, tmp_path: Path, client: FlaskClient
) -> None:
    (tmp_path.parent / "secret.eml").write_text("Subject: secret\n\n")
    assert client.get(f"/messages/{mail_id}{tail}").status_code == 404


def test_only_our_own_page_clears_and_only_by_post(port: int, client: FlaskClient) -> None:
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(mail("ada@example.org", "Kept"))
    assert client.get("/clear").status_code == 405
    assert client.post("/clear", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert len(client.get("/messages.json").get_json()) == 1
    assert client.post("/clear", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert client.get("/messages.json").get_json() == []
    assert client.delete("/messages.json").status_code == 204


def test_a_foreign_host_name_is_not_answered(client: FlaskClient) -> None:
    assert client.get("/", headers={"Host": "rebound.example.org"}).status_code == 400
    assert client.get("/", headers={"Host": "127.0.0.1:8025"}).status_code == 200


def test_a_taken_port_is_an_os_error(port: int, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        start_catcher(tmp_path, port)
