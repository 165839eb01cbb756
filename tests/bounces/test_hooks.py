"""What mail providers tell: signed, it acts; unsigned, it is refused; told twice, it counts once."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from flask import Flask
from werkzeug.test import TestResponse

from signup.bounces.providers import ses
from tests.cast import ADA, Mailbox, confirm_all, make_form, sign_up, state_of

TOPIC = "arn:aws:sns:eu-west-1:1:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/cert.pem"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
SECRETS = {
    "bounce_hook_postmark": "hook:word",
    "bounce_hook_brevo": "token",
    "bounce_hook_mailgun": "key",
    "bounce_hook_ses": TOPIC,
    "bounce_hook_sendgrid": b64encode(
        EC_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode(),
}
pytestmark = pytest.mark.one_engine
Request = tuple[str, bytes, dict[str, str]]


@pytest.fixture
def hooked(make_app: Callable[..., Flask], mailbox: Mailbox) -> Flask:
    """Ada is on the list, and all providers may tell."""
    app = make_app(**SECRETS)
    client = app.test_client()
    assert sign_up(client, make_form(magnet=False).public_id, ADA).status_code == 202
    confirm_all(app, client, mailbox, ADA)
    return app


def postmark(kind: str = "HardBounce") -> Request:
    body = {"RecordType": "Bounce", "ID": 7, "Type": kind, "Email": ADA, "Details": "smtp;550 5.1.1 User unknown"}
    return "postmark", json.dumps(body).encode(), {"Authorization": "Basic " + b64encode(b"hook:word").decode()}


def brevo(kind: str = "hard_bounce") -> Request:
    body = {"event": kind, "email": ADA, "ts_event": 1, "reason": "550 no such user"}
    return "brevo", json.dumps(body).encode(), {"Authorization": "Bearer token"}


def mailgun(severity: str = "permanent") -> Request:
    signature = {"timestamp": "1", "token": "t", "signature": hmac.digest(b"key", b"1t", "sha256").hex()}
    event = {"id": "e", "event": "failed", "severity": severity, "recipient": ADA}
    body = {"signature": signature, "event-data": event | {"delivery-status": {"message": "550 User unknown"}}}
    return "mailgun", json.dumps(body).encode(), {}


def sendgrid() -> Request:
    body = json.dumps([{"event": "bounce", "type": "bounce", "email": ADA, "sg_event_id": "s", "reason": "550 5.1.1"}])
    signature = b64encode(EC_KEY.sign(b"1" + body.encode(), ec.ECDSA(SHA256()))).decode()
    headers = {"X-Twilio-Email-Event-Webhook-Signature": signature, "X-Twilio-Email-Event-Webhook-Timestamp": "1"}
    return "sendgrid", body.encode(), headers


def amazon(**more: str) -> Request:
    recipient = {"emailAddress": ADA, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    bounce = {"bounceType": "Permanent", "feedbackId": "f", "bouncedRecipients": [recipient]}
    told = {"notificationType": "Bounce", "bounce": bounce, "mail": {}}
    body = {"Type": "Notification", "MessageId": "m", "TopicArn": TOPIC, "Message": json.dumps(told)}
    body |= {"Timestamp": "2026-12-01T00:00:00Z", "SignatureVersion": "2", "SigningCertURL": CERTIFICATE} | more
    signed = "".join(f"{name}\n{body[name]}\n" for name in ses._SIGNED[body["Type"]] if name in body)
    body["Signature"] = b64encode(RSA_KEY.sign(signed.encode(), PKCS1v15(), SHA256())).decode()
    return "ses", json.dumps(body).encode(), {}


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The URLs that were fetched; SNS's certificate is ours."""
    urls: list[str] = []
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime.now(UTC) - timedelta(days=1)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(RSA_KEY.public_key())
    built = built.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=9))
    pem = built.sign(RSA_KEY, SHA256()).public_bytes(Encoding.PEM)

    def fetch(url: str) -> bytes:
        urls.append(url)
        return pem

    monkeypatch.setattr(ses, "fetch", fetch)
    ses.certificate.cache_clear()
    return urls


def send(app: Flask, request: Request) -> TestResponse:
    provider, body, headers = request
    return app.test_client().post(f"/hooks/bounce/{provider}", data=body, headers=headers)


@pytest.mark.parametrize("request_of", [postmark, brevo, mailgun, sendgrid, amazon])
def test_what_a_provider_signed_ends_a_dead_address_once(
    hooked: Flask, fetched: list[str], request_of: Callable[[], Request]
) -> None:
    assert [send(hooked, request_of()).status_code for _time in range(2)] == [200, 200]
    assert state_of(ADA) == "bounced"


@pytest.mark.parametrize("request_of", [postmark, brevo, mailgun, sendgrid, amazon])
def test_what_nobody_signed_is_refused(hooked: Flask, fetched: list[str], request_of: Callable[[], Request]) -> None:
    provider, body, _headers = request_of()
    unsigned = body.replace(b'"signature": "', b'"signature": "0').replace(b'"Signature": "', b'"Signature": "AAAA')
    assert send(hooked, (provider, unsigned, {})).status_code == 403
    assert send(hooked, (provider, b"{", {})).status_code == 403
    assert send(hooked, (provider, b"[" * 5_000, {})).status_code == 403
    assert send(hooked, (provider, b"", {})).status_code == 403
    assert state_of(ADA) == "confirmed"


@pytest.mark.parametrize(
    "request_of", [lambda: postmark("SoftBounce"), lambda: mailgun("temporary")], ids=["postmark", "mailgun"]
)
def test_what_the_provider_goes_on_trying_ends_nothing(hooked: Flask, request_of: Callable[[], Request]) -> None:
    assert send(hooked, request_of()).status_code == 200
    assert state_of(ADA) == "confirmed"


def test_a_complaint_is_one_at_every_provider(hooked: Flask) -> None:
    assert send(hooked, brevo("spam")).status_code == 200
    assert state_of(ADA) == "complained"


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com.evil.example/cert.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/cert.pem",
        "http://sns.eu-west-1.amazonaws.com/cert.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/cert.pem",
        "https://user@sns.eu-west-1.amazonaws.com/cert.pem",
        "https://bucket.s3.amazonaws.com/cert.pem",
        "file:///etc/passwd",
    ],
)
def test_nothing_is_fetched_from_another_host_than_of_sns(hooked: Flask, fetched: list[str], url: str) -> None:
    assert send(hooked, amazon(SigningCertURL=url)).status_code == 403
    asks = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": url}
    assert send(hooked, amazon(**asks)).status_code == 200
    assert url not in fetched


def test_our_topic_is_confirmed_and_another_is_refused(hooked: Flask, fetched: list[str]) -> None:
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
    asks = {"Type": "SubscriptionConfirmation", "Token": "t", "SubscribeURL": url}
    assert send(hooked, amazon(**asks)).status_code == 200
    assert url in fetched
    assert send(hooked, amazon(TopicArn="arn:aws:sns:eu-west-1:2:theirs")).status_code == 403


def test_a_provider_that_is_not_set_up_is_unknown(app: Flask) -> None:
    for provider in ("postmark", "nobody"):
        assert send(app, (provider, b"{}", {})).status_code == 404


def test_more_than_a_megabyte_is_refused(hooked: Flask) -> None:
    provider, _body, headers = postmark()
    assert send(hooked, (provider, b" " * (1024 * 1024 + 1), headers)).status_code == 413
