"""A domain without a mail server is found out before the mail is handed over; when the DNS is silent, it goes out."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from flask import Flask
from sqlalchemy import select, update

from signup.ground.db import db, transaction
from signup.ground.dialect import now
from signup.mailer.mail_domain import MailDomain, forget_domains
from signup.mailer.message import Message, MessageState
from tests.cast import Mailbox, drain, make_form, sign_up

ZONES = {
    ("mail.example.com.", "MX"): "10 mx.example.com.",
    ("host.example.com.", "A"): "192.0.2.7",
    ("six.example.com.", "AAAA"): "2001:db8::7",
    ("null.example.com.", "MX"): "0 .",
    ("xn--mnchen-3ya.example.com.", "MX"): "10 mx.example.com.",
}
EMPTY = {"empty.example.com."}
SILENT, BROKEN = "silent.example.com.", "broken.example.com."


class NameServer(threading.Thread):
    """A name server on the loopback, with a few names and some bad manners."""

    def __init__(self) -> None:
        import socket  # noqa: PLC0415  # only here

        super().__init__(daemon=True)
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1@{self._socket.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                data, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            query = dns.message.from_wire(data)
            name, kind = query.question[0].name.to_text().lower(), query.question[0].rdtype.name
            self.asked.append(name)
            if name == SILENT:
                continue
            answer = dns.message.make_response(query)
            if name == BROKEN:
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif (name, kind) in ZONES:
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", kind, ZONES[name, kind]))
            elif name not in {known for known, _kind in ZONES} | EMPTY:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), peer)

    def close(self) -> None:
        host, port = self.address.split("@")
        self._socket.sendto(b"", (host, int(port)))
        self.join(5)
        self._socket.close()


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def asking(make_app: Callable[..., Flask], names: NameServer) -> Flask:
    return make_app(dns_server=names.address)


def _sign_up(app: Flask, *domains: str) -> None:
    form_id = make_form(refuses_disposable=False).public_id
    for domain in domains:
        assert sign_up(app.test_client(), form_id, f"ada@{domain}").status_code == 202
    drain(app)


def _outcomes(app: Flask) -> dict[str, tuple[str, str]]:
    return {
        row.recipient.partition("@")[2]: (row.state, row.reply or "")
        for row in db.session.execute(select(Message.recipient, Message.state, Message.reply))
    }


def test_a_mail_goes_where_a_server_takes_it_and_fails_with_the_reason_where_none_does(
    asking: Flask, mailbox: Mailbox
) -> None:
    good = ("mail.example.com", "host.example.com", "six.example.com", "münchen.example.com")
    _sign_up(asking, *good, "null.example.com", "empty.example.com", "nowhere.example.com")
    outcomes = _outcomes(asking)
    assert {outcomes[domain][0] for domain in good[:3]} == {MessageState.SENT}
    assert outcomes["nowhere.example.com"] == (MessageState.FAILED, "the domain does not exist")
    assert outcomes["null.example.com"] == (MessageState.FAILED, "the domain says that it takes no mail")
    assert outcomes["empty.example.com"] == (MessageState.FAILED, "the domain has no mail server")
    assert "domain" not in outcomes["münchen.example.com"][1]
    assert len(mailbox.mails("nowhere.example.com")) == 0


def test_silence_and_errors_of_the_dns_hold_no_mail_back(asking: Flask) -> None:
    _sign_up(asking, "silent.example.com", "broken.example.com")
    assert {state for state, _reply in _outcomes(asking).values()} == {MessageState.SENT}
    assert db.session.scalars(select(MailDomain)).all() == []


def test_what_the_dns_said_is_kept_a_while_and_asked_again_later(asking: Flask, names: NameServer) -> None:
    _sign_up(asking, "nowhere.example.com")
    before = len(names.asked)
    form_id = db.session.execute(db.text("SELECT public_id FROM form")).scalar()
    sign_up(asking.test_client(), str(form_id), "bob@nowhere.example.com")
    drain(asking)
    assert len(names.asked) == before
    assert db.session.scalars(select(Message.state)).all() == [MessageState.FAILED] * 2
    with transaction():
        db.session.execute(update(MailDomain).values(until=now(timedelta(seconds=-1))))
    forget_domains()
    assert db.session.scalars(select(MailDomain)).all() == []
    sign_up(asking.test_client(), str(form_id), "cleo@nowhere.example.com")
    drain(asking)
    assert len(names.asked) > before


def test_nobody_asks_while_a_visitor_waits(asking: Flask, names: NameServer, form_id: str) -> None:
    sign_up(asking.test_client(), form_id, "ada@mail.example.com")
    assert names.asked == []


def test_without_any_name_server_mail_goes_out(make_app: Callable[..., Flask]) -> None:
    app = make_app(dns_server="127.0.0.1@9")
    _sign_up(app, "mail.example.com")
    assert _outcomes(app)["mail.example.com"][0] == MessageState.SENT
