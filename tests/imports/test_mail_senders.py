import io
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.ground.errors import BadFile
from signup.imports import uploaded_file
from signup.imports.readers import mail_sender
from tests.cast import make_list
from tests.imports.import_cast import states, take_in

CORPUS = Path(__file__).parents[3] / "shared" / "corpora"
ADA = ("ada@example.org", "Ada Muster")
FROM = b"From: Ada Muster <ada@example.org>\n"


def senders(content: bytes) -> list[tuple[str, str]]:
    assert mail_sender.is_mail(content)
    return [one for headers in mail_sender.each(io.BytesIO(content)) for one in mail_sender.senders(headers)]


@pytest.mark.parametrize(
    "content",
    [
        FROM,
        FROM + b"\nHi",
        b"In-Reply-To: <1@example.org>\nReferences: <1@example.org>\n" + FROM + b"\nHi",
        b"Content-Transfer-Encoding: 7bit\r\n" + FROM.replace(b"\n", b"\r\n") + b"\r\nHi",
        b"Recieved: from there\n\tby here\n" + FROM + b"Subject: x\n\n",
        b"\n\r\n  \n" + FROM + b"\nHi",
        b"  " + FROM + b"Subject: x\n\n",
        b"\xef\xbb\xbf" + FROM + b"\nHi",
        b">From ada@example.org Mon Jan  5 10:00:00 2026\n" + FROM + b"\nHi",
        b"From - Mon Jan  5 10:00:00 2026\n" + FROM + b"\nHi",
        b"From \n" + FROM + b"\nHi",
        b"X-Odd: " + b"a" * 5_000 + b"\n" + FROM + b"\nHi",
        b"Received: a\n" * 600 + FROM + b"\nHi",
        b"Subject: x\nno header at all\n" + FROM + b"\nHi",
        b"FROM : Ada Muster <ada@example.org>\n\n",
        b"from:\n Ada\n Muster\n <ada@example.org>\n\n",
        b"Resent-From: Ada Muster <ada@example.org>\nSubject: x\n\n",
        b"Subject: x\nSender: Ada Muster <ada@example.org>\nTo: bob@example.org\n\n",
    ],
)
def test_a_file_that_begins_with_header_fields_is_a_mail(content: bytes) -> None:
    assert senders(content) == [ADA]


@pytest.mark.parametrize(
    "content",
    [
        b"email,name\nada@example.org,Ada\n",
        b"Subject: x,From,To\nada@example.org,b,c\n",
        b"BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nEMAIL:ada@example.org\nEND:VCARD\n",
        b"From here on it is text\nand more\n",
        b'{"from": "ada@example.org"}\n',
        b"Dear Ada,\n\n" + FROM,
        b"Name: Ada\nE-mail: ada@example.org\n",
    ],
)
def test_what_only_looks_a_little_like_a_mail_is_none(content: bytes) -> None:
    assert not mail_sender.is_mail(content)


@pytest.mark.parametrize(
    "body",
    [
        b"Hello,\n\nFrom now on please write to my colleague:\n" + FROM.replace(b"ada", b"bob"),
        b"\nFrom bob@example.org Mon Jan  5 10:00:00 2026\nFrom: Bob <bob@example.org>\n\nin the text of an .eml\n",
        b"--x\nContent-Type: message/rfc822\n\nFrom: Bob <bob@example.org>\nSubject: attached\n\n--x--\n",
        b"--x\nContent-Type: message/delivery-status\n\nFrom: Bob <bob@example.org>\n\n--x--\n",
    ],
)
def test_what_stands_in_a_mail_is_nobody(body: bytes) -> None:
    mail = FROM + b"Content-Type: multipart/mixed; boundary=x\n\n" + body
    assert senders(mail) == [ADA]
    if b"10:00:00" not in body:
        assert senders(b"From ada@example.org Mon Jan  5 10:00:00 2026\n" + mail) == [ADA]


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("ada@example.org", [("ada@example.org", "")]),
        ("ada@example.org (Ada)", [("ada@example.org", "Ada")]),
        ("ada@example.org (=?utf-8?q?Ad=C3=A4?=)", [("ada@example.org", "Adä")]),
        ('"Muster, Ada" <ada@example.org>', [("ada@example.org", "Muster, Ada")]),
        ("Muster, Ada <ada@example.org>", [("ada@example.org", "Muster, Ada")]),
        ("Ada @ Work <ada@example.org>", [("ada@example.org", "Ada @ Work")]),
        ("Ada [Work] <mailto:ada@example.org>", [("ada@example.org", "Ada [Work]")]),
        ("=?utf-8?Q?Ada L=C3=B6?= <ada@example.org>", [("ada@example.org", "Ada Lö")]),
        ('"=?utf-8?q?Ada_L=C3=B6?=" <ada@example.org>', [("ada@example.org", "Ada Lö")]),
        ("=?windows-1252?B?Rm9ybWHn428?= <ada@example.org>", [("ada@example.org", "Formação")]),
        ("=?iso-8859-1?Q?J=E9r?= =?iso-8859-1?Q?=F4me?= <ada@example.org>", [("ada@example.org", "Jérôme")]),
        ("ada@example.org <ada@example.org>", [("ada@example.org", "")]),
        ("Friends: ada@example.org, Bo <bo@example.org>;", [("ada@example.org", ""), ("bo@example.org", "Bo")]),
        ("Ada <ada@example.org>, Bo <bo@example.org>", [("ada@example.org", "Ada"), ("bo@example.org", "Bo")]),
        ("Ada <ada@example.org>; Bo <bo@example.org>", [("ada@example.org", "Ada"), ("bo@example.org", "Bo")]),
        ('"Eve <eve@example.org>" <ada@example.org>', [("ada@example.org", "Eve <eve@example.org>")]),
        ("undisclosed-recipients:;", []),
        ("MAILER-DAEMON", []),
        ("<>", []),
    ],
)
def test_every_way_to_write_a_sender_is_read(value: str, people: list[tuple[str, str]]) -> None:
    assert mail_sender.people(value) == people


def test_a_header_of_raw_letters_is_utf_8_or_of_windows() -> None:
    for encoding in ("utf-8", "cp1252"):
        mail = "From: Zoë Müller <zoe@example.org>\nSubject: é\n\n".encode(encoding)
        assert senders(mail) == [("zoe@example.org", "Zoë Müller")]


def test_several_senders_and_who_wants_the_answer_are_each_one() -> None:
    mail = FROM + b"From: Bob <bob@example.org>\nReply-To: office@example.org\nSender: eve@example.org\n\nHi"
    assert senders(mail) == [ADA, ("bob@example.org", "Bob"), ("office@example.org", "")]


def test_a_mail_is_imported_and_one_without_a_sender_explains_itself(context: Flask) -> None:
    letter = make_list()
    assert (take_in(b"References: <1@example.org>\n" + FROM + b"\nHi", letter).imported or {})["created"] == 1
    assert set(states(letter)) == {"ada"}
    for content in (b"From: MAILER-DAEMON\nSubject: x\n\n", b"Content-Type: a/b\nContent-Disposition: x\n\n"):
        with pytest.raises(BadFile, match="mails"):
            uploaded_file.receive(io.BytesIO(content), "x.file")


@given(content=st.binary(max_size=300))
def test_no_mail_breaks_the_reader_of_senders(content: bytes) -> None:
    mail_sender.is_mail(content)
    for headers in mail_sender.each(io.BytesIO(b"From: a@example.org\nReply-To: " + content)):
        assert all("@" in address for address, _name in mail_sender.senders(headers))


def mails() -> list[Path]:
    return sorted((CORPUS / "spamassassin-dkim").rglob("*.msg")) + sorted((CORPUS / "mikel-mail").rglob("*.eml"))


@pytest.mark.skipif(not mails(), reason="the shared corpora are not here")
def test_nearly_every_mail_from_elsewhere_has_a_sender() -> None:
    nobody = [
        path.name for path in mails() if not mail_sender.is_mail(path.read_bytes()) or not senders(path.read_bytes())
    ]
    assert nobody == ["bad_encoded_subject.eml"]  # its one header is the subject
