import io
import lzma
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from flask import Flask

from signup.ground.errors import BadFile
from signup.imports import uploaded_file
from signup.imports.readers import access_table, outlook_people, unpack
from signup.imports.readers.table_file import problem_words
from tests.cast import make_list
from tests.imports.import_cast import outcomes, states, take_in

pytestmark = pytest.mark.one_engine

FILES = Path(__file__).parent / "files"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
A_MSG, A_PST = COMPOUND + "__substg1.0_".encode("utf-16-le"), b"!BDN" + bytes(600)
AN_ACCDB = b"\x00\x01\x00\x00Standard ACE DB\x00" + bytes(600)
needs_outlook = pytest.mark.skipif(
    not all(map(find_spec, ("pypff", "olefile"))), reason="the extra outlook is not installed"
)
needs_mdbtools = pytest.mark.skipif(not shutil.which(access_table.EXPORT), reason="mdbtools is not installed")


def content(name: str) -> bytes:
    return lzma.decompress((FILES / f"{name}.xz").read_bytes())


def table(name: str) -> str:
    return uploaded_file.receive(io.BytesIO(content(name)), "x.file").path.read_text()


@needs_outlook
@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("contacts.pst", "contact1@rjohnson.id.au,contact name 1\n"),
        ("mail.msg", "ada.muster@mail.example.org,Ada de Lovelace\n"),
    ],
)
def test_contacts_and_senders_are_read_from_files_of_outlook(context: Flask, name: str, people: str) -> None:
    assert table(name) == f"email,name\n{people}"


@needs_outlook
def test_a_mail_of_outlook_is_imported(context: Flask) -> None:
    letter = make_list()
    assert outcomes(take_in(content("mail.msg"), letter, name="mail.msg")) == [("created", "")]
    assert set(states(letter)) == {"ada.muster"}


@needs_mdbtools
@pytest.mark.parametrize("name", ["people.mdb", "people.accdb"])
def test_the_table_with_the_addresses_is_read_from_a_database_of_access(context: Flask, name: str) -> None:
    heading, _first, second = table(name).splitlines()
    assert heading == "A,B,C,D,E,F,G,H,I"
    assert second == "abcdefg,a@xyz.org,2,222,333333333,444.555,1974-09-21 00:00:00,3.5000,1"
    letter = make_list()
    run = take_in(content(name), letter, targets=["last_name", "email", *[""] * 7])
    assert outcomes(run) == [("invalid", "address"), ("created", "")]


@pytest.mark.parametrize(
    ("start", "reason", "advice"),
    [
        (A_MSG, "outlook", "pip install signup[outlook]"),
        (A_PST, "outlook", "pip install signup[outlook]"),
        (AN_ACCDB, "access", "apt install mdbtools"),
    ],
)
def test_without_its_reader_a_file_is_named_for_what_it_is(
    context: Flask, monkeypatch: pytest.MonkeyPatch, start: bytes, reason: str, advice: str
) -> None:
    monkeypatch.setattr(unpack, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BadFile, match=reason) as caught:
        uploaded_file.receive(io.BytesIO(start), "x.file")
    assert advice in problem_words(caught.value)


@needs_outlook
@needs_mdbtools
@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (A_MSG, "outlook-file"),
        (A_PST, "outlook-file"),
        (AN_ACCDB, "access-file"),
        (content("contacts.pst")[:100_000], "outlook-file"),
        (content("mail.msg")[:6_000], "outlook-file"),
        (content("people.accdb")[:8_000], "access-file"),
    ],
)
def test_a_broken_file_of_outlook_or_access_explains_itself(context: Flask, start: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as caught:
        uploaded_file.receive(io.BytesIO(start), "x.file")
    assert caught.value.reason == reason
    assert list(uploaded_file.folder().iterdir()) == []


@pytest.mark.parametrize(
    ("properties", "people"),
    [
        ({0x1A: "IPM.Note", 0xC1A: "Ada", 0xC1F: "ada@example.org"}, [("ada@example.org", "Ada")]),
        ({0x1A: "IPM.Note", 0xC1A: "Ada", 0xC1F: "/O=F/CN=A", 0x5D01: "ada@example.org"}, [("ada@example.org", "Ada")]),
        ({0x1A: "IPM.Note", 0xC1F: "/O=F/CN=A", 0x7D: "From: Ada <ada@example.org>\n"}, [("ada@example.org", "Ada")]),
        ({0x1A: "IPM.Note", 0xC1A: "'ada@example.org'", 0xC1F: "ada@example.org"}, [("ada@example.org", "")]),
        ({0x1A: "IPM.Note", 0xC1F: "/O=F/CN=ADA"}, []),
        (
            {0x1A: "IPM.Contact", 0x3001: "Ada", 0x8001: "ada@example.org", 0x8002: "SMTP", 0x8003: "ADA@example.org"},
            [("ADA@example.org", "Ada")],
        ),
        (
            {0x1A: "IPM.Contact", 0x3001: "Ada", 0x8001: "Ada (ada@example.org)", 0x8002: "two@example.org"},
            [("two@example.org", "Ada")],
        ),
        ({0x1A: "IPM.Contact", 0x3001: "Ada", 0xC1F: "eve@example.org"}, []),
        ({0x1A: "IPM.Appointment", 0xC1A: "Ada", 0xC1F: "ada@example.org"}, []),
        ({0x1A: "REPORT.IPM.Note.NDR", 0xC1F: "postmaster@example.org"}, []),
    ],
)  # fmt: skip
def test_an_item_names_its_contact_or_its_sender(properties: dict[int, str], people: list[tuple[str, str]]) -> None:
    assert outlook_people.people(properties) == people
