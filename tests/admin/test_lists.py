"""A list's texts reach the headers of every mail: what the page takes makes a mail, and says what it says."""

import email
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from signup.addresses.address import parse
from signup.admin.lists.list_input import ListInput
from signup.consent.mailing_list import MailingList
from signup.ground.db import db, transaction
from signup.mailer import compose
from signup.mailer.mail_template import House
from signup.mailer.message import Message
from signup.mailer.message_kind import MessageKind
from tests.admin.cast import EDITH, hire, post, signed_in
from tests.cast import ADA, Mailbox, drain, make_form, make_list, sign_up

NEW = {
    "name": "The Letter",
    "slug": "the-letter",
    "description": "Once a week.\nNo more.",
    "language": "en",
    "sender_name": "Example Press",
    "sender_address": "letter@example.org",
    "controller": "Example Press",
    "privacy_url": "https://example.org/privacy",
    "postal_address": "Example Street 1\n1000 Lausanne",
}
ONE_LINE = ["name", "slug", "sender_name", "sender_address", "controller", "privacy_url"]
BAD = [
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\x07",
    "\x1b",
    "\x7f",
    "\x85",
    "\x9f",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\t",
    "\v",
]


def test_a_line_break_in_a_name_is_refused_by_the_field_and_nothing_is_kept(app: Flask, opal: FlaskClient) -> None:
    for field in ("name", "sender_name"):
        answer = post(opal, "/admin/lists/new", NEW | {field: "In\r\nBcc: evil@example.net"})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert "on one line" in answer.text
    assert not list(db.session.scalars(select(MailingList)))


@pytest.mark.one_engine
@pytest.mark.parametrize("bad", BAD, ids=[f"{ord(bad[0]):04x}-{len(bad)}" for bad in BAD])
def test_no_field_of_one_line_takes_what_cannot_be_seen(app: Flask, bad: str) -> None:
    with app.test_request_context():
        for field in ONE_LINE:
            typed = NEW | {field: f"{NEW[field][:3]}{bad}{NEW[field][3:]}"}
            if field == "sender_address" and bad in {"\u202e", "\u2066"}:  # they come along when it is copied
                assert parse(typed[field]).mailed == NEW[field]
            else:
                assert field in told(typed), field


@pytest.mark.one_engine
def test_a_text_of_several_lines_takes_line_breaks_and_no_other_control(app: Flask) -> None:
    with app.test_request_context():
        assert told(NEW | {"postal_address": "A\r\nB\tC\nD"}) == {}
        for bad in ("\0", "\x07", "\x1b", "\x9f"):
            assert set(told(NEW | {"postal_address": f"A{bad}B"})) == {"postal_address"}


def told(values: dict[str, str]) -> dict[str, Any]:
    form = ListInput(formdata=MultiDict(values))
    return {} if form.validate() else form.errors


@pytest.mark.parametrize("bad", ["\0", "\x07", "\x1f", "\x9f"])
def test_no_page_takes_them_in_any_input_or_address(app: Flask, bad: str, opal: FlaskClient) -> None:
    for name in ("name", "no_such_input"):
        assert post(opal, "/admin/lists/new", NEW | {name: f"a{bad}b"}).status_code == 400
    assert opal.get("/admin/contacts", query_string={"grade": bad}).status_code == 400
    assert f"U+{ord(bad):04X}" in opal.get("/admin/contacts", query_string={"q": bad}).text


def test_word_processors_line_breaks_become_ours(app: Flask, opal: FlaskClient) -> None:
    assert post(opal, "/admin/lists/new", NEW | {"postal_address": "A\vB\u2028C\x85D\r\nE"}).status_code == 303
    assert db.session.scalars(select(MailingList.postal_address)).one() == "A\nB\nC\nD\nE"


NAMES = [
    *(
        "The Letter",
        'Ada "the" Countess',
        "O'Neill & Söhne",
        "back\\slash",
        "a, b; c <d@example.org>",
        "名前 🎉",
        "é" * 120,
    ),
    *(
        "=?utf-8?q?Bank?=",
        "=?us-ascii?B?QQ==?= x",
        "a" * 120,
        "  two  blanks  ",
        "\u00a0nbsp\u00a0",
        "אבג \u200f",
        "a:b",
        "%s {{ x }}",
    ),
]
TEXTS = st.one_of(
    st.text(max_size=120),
    st.text('aé"\\=?utf-8q_ \t\r\n,;:<>@()\x00\x7f\u2028\u202e\U0001f389', max_size=120),
    st.sampled_from(NAMES),
)


@pytest.mark.one_engine
@settings(phases=[Phase.generate])
@given(name=TEXTS, sender_name=TEXTS)
def test_whatever_the_page_takes_makes_a_mail_that_says_the_same(app: Flask, name: str, sender_name: str) -> None:
    with app.test_request_context():
        form = ListInput(formdata=MultiDict(NEW | {"name": name, "sender_name": sender_name}))
        if not form.validate():
            return
        values = form.values()
        for kind, (subject, headers) in EXPECTED.items():
            mail = email.message_from_bytes(compose.try_out(kind, MailingList(**values)).content)
            assert decoded(mail["Subject"]) == f"{subject}{values['name']}"
            phrase, address = parseaddr(mail["From"].replace("\r\n", ""))
            assert (decoded(phrase), address) == (values["sender_name"], "letter@example.org")
            assert sorted(mail.keys()) == sorted([*HEADERS, *headers])
            assert not mail.defects


def decoded(header: str) -> str:
    return str(make_header(decode_header(header.replace("\r\n", ""))))


HEADERS = ["Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]
EXPECTED = {
    MessageKind.CONFIRM: ("Please confirm: ", ["Auto-Submitted"]),
    MessageKind.WELCOME: ("You are on the list: ", ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]),
}


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("lettre@fromagerie-zürich.ch", "xn--fromagerie-zrich-uzb.ch"),
        ("info@bücher.example.com", "xn--bcher-kva.example.com"),
        ("post@例え.jp", "xn--r8jz45g.jp"),
        ("news@straße.de", "xn--strae-oqa.de"),
    ],
)
def test_mails_of_a_sender_with_an_international_domain_go_out_in_punycode(
    app: Flask, mailbox: Mailbox, address: str, domain: str, opal: FlaskClient
) -> None:
    assert post(opal, "/admin/lists/new", NEW | {"sender_address": address}).status_code == 303
    form_id = make_form(db.session.scalars(select(MailingList)).one(), magnet=False).public_id
    assert sign_up(app.test_client(), form_id, ADA).status_code == 202
    drain(app)
    mail = mailbox.last(ADA)
    local = address.partition("@")[0]
    assert mail["From"].addresses[0].addr_spec == f"{local}@{domain}"
    assert list(db.session.scalars(select(Message.state))) == ["sent"]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "address", ["rené@example.org", "ünï@fromagerie-zürich.ch", "名前@example.jp", "a b@example.org", ""]
)
def test_a_sender_that_many_servers_refuse_is_refused_by_the_field(app: Flask, address: str) -> None:
    with app.test_request_context():
        assert set(told(NEW | {"sender_address": address})) == {"sender_address"}


@pytest.mark.one_engine
def test_what_cannot_be_built_is_told_beside_the_field_that_prevents_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    opal, built = signed_in(app), compose.try_out

    def picky(kind: MessageKind, sender: MailingList | House) -> compose.ComposedMail:
        if "unlucky" in sender.sender_name:
            raise ValueError("no header")
        return built(kind, sender)

    monkeypatch.setattr(compose, "try_out", picky)
    answer = post(opal, "/admin/lists/new", NEW | {"sender_name": "An unlucky name"})
    assert answer.status_code == 422
    assert ('id="sender_name-error"' in answer.text, 'id="name-error"' in answer.text) == (True, False)
    assert post(opal, "/admin/lists/new", NEW).status_code == 303


def test_a_list_from_before_names_were_checked_still_writes_its_mails(app: Flask, mailbox: Mailbox) -> None:
    form_id = make_form(make_list(), magnet=False).public_id
    with transaction():
        db.session.execute(update(MailingList).values(name="In\r\nBcc: evil@example.net", sender_name="A\x07B"))
    assert sign_up(app.test_client(), form_id, ADA).status_code == 202
    drain(app)
    mail = mailbox.last(ADA)
    assert mail["Subject"] == "Please confirm: In Bcc: evil@example.net"
    assert mail["From"].addresses[0].display_name == "A B"
    assert mail["Bcc"] is None


def test_an_editor_is_told_alike(app: Flask) -> None:
    make_list()
    edith = signed_in(app, EDITH)
    hire(app)
    assert post(edith, "/admin/lists/the-letter", NEW | {"sender_name": "a\nb"}).status_code == 422
    assert post(edith, "/admin/lists/the-letter", NEW | {"sender_name": "ab"}).status_code == 303
