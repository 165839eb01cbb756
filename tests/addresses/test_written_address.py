import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.addresses import mailbox
from signup.addresses.address import key_of, parse
from signup.addresses.written_address import unaccented, unwrapped
from signup.files.import_run import ImportOrigin
from signup.ground.errors import InvalidAddress, SeveralAddresses
from signup.imports.readers.address_list import people_in
from signup.imports.readers.table_file import FileRow
from signup.imports.row_reader import ImportTerms, RowReader
from tests.cast import make_list
from tests.imports.import_cast import outcomes, states, take_in, upload

CORPUS = Path(__file__).parents[3] / "shared" / "corpora"
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u00ad\ufeff\u2060\u061c\u202a\u202c\u2066\u2068\u2069\u180e\ufe0f\u00a0\u202f"
ADA = "ada@example.org"


@pytest.mark.parametrize("sign", UNSEEN, ids=ascii)
def test_signs_that_nobody_sees_are_no_part_of_an_address(sign: str) -> None:
    for typed in (f"{sign}{ADA}", f"{ADA}{sign}", f" {sign} {ADA}{sign}{sign}\t", f"{sign}<{ADA}{sign}>"):
        assert parse(typed).mailed == ADA


@pytest.mark.parametrize("sign", "\u200b\u00ad\ufeff\u2060\u200e\ufe0f")
def test_a_sign_of_the_layout_inside_an_address_is_taken_out(sign: str) -> None:
    assert parse(f"a{sign}da@{sign}exam{sign}ple.org").mailed == ADA


@pytest.mark.parametrize(
    "typed",
    [
        f"Ada Muster <{ADA}>",
        f'"Muster, Ada" <{ADA}>',
        f"Müller-Lüdenscheidt Dr. Ada (privat) <{ADA}>",
        f"<{ADA}>",
        f"< {ADA} >",
        f"mailto:{ADA}",
        f"MailTo: {ADA}?subject=Hello&cc=bob@example.org",
        f"<mailto:{ADA}>",
        "mailto:ada%40example.org",
        f"SMTP:{ADA}",
        f"'{ADA}'",
        f'"{ADA}"',
        f"“{ADA}”",
        f"«\u00a0{ADA}\u00a0»",
        f"„{ADA}“",
        f"`{ADA}`",
        f"{ADA},",
        f"{ADA};",
        f"{ADA}.",
        f"{ADA} ;",
        f"Ada <{ADA}>,",
        f"{ADA} (privat)",
        f"(Büro) {ADA}",
        f"{ADA}(Ada)",
        f"({ADA})",
        f"[{ADA}]",
        f"Ada Muster [mailto:{ADA}]",
        f"{ADA} <{ADA}>",
        f"{ADA} <mailto:{ADA}>",
        f"\"'<mailto:{ADA}>'\",",
        f"{ADA}; ADA@example.org".replace("ADA@", "ada@"),
        f"{ADA}\n",
    ],
)
def test_what_people_and_programs_write_around_an_address_is_taken_off(typed: str) -> None:
    assert parse(typed).mailed == ADA
    assert parse(typed).key == key_of(typed) == ADA


@pytest.mark.parametrize("between", ["; ", ", ", " ::: ", "\n", "/", " / ", " | ", " ", " und ", "\t", ";"])
def test_several_addresses_in_one_place_are_told_as_such(between: str) -> None:
    for other in ("bob@example.org", "Bob <bob@example.org>"):
        with pytest.raises(SeveralAddresses):
            parse(f"{ADA}{between}{other}")
    with pytest.raises(SeveralAddresses):
        parse(f"bob@example.org <{ADA}>")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        f"Ada {ADA}",
        f"{ADA}..",
        f"{ADA},;",
        f"{ADA} or so",
        "ada @example.org",
        "ada@example",
        "ada@example.c",
        "ada@example.1com",
        "ada@example.é",
        "ada@example.123",
        "ada@192.0.2.1",
        "ada@[192.0.2.1]",
        '"ada b"@example.org',
        'very.unusual."@".unusual.com@example.org',
        f"{'a' * 65}@example.org",
        f"{'é' * 33}@example.org",
        f"{'🎈' * 17}@example.org",
        f"ada@{'a' * 64}.org",
        f"ada@{'a.' * 125}org",
        f"{'a' * 64}@{'é' * 63}.{'b' * 63}.{'c' * 60}.org",
        "─da@example.org",
        "▓@example.org",
        "ada☃@example.org",
        "a\x07da@example.org",
        "ada@exa\x00mple.org",
        "a\u200cda@example.org".replace("\u200c", "\u2028"),
        f"{ADA}\r\nBcc: bob",
        "mailto:ada%0d%0aBcc:bob@example.org",
    ],
)
def test_what_no_mailbox_has_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(typed)


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        (f"{'é' * 32}@example.org", f"{'é' * 32}@example.org"),
        ("o'neil@example.org", "o'neil@example.org"),
        ("o’neil@example.org", "o'neil@example.org"),
        ("'o'neil@example.org'", "o'neil@example.org"),
        ("ada+news@example.org", "ada+news@example.org"),
        ("c/o=ada@example.org", "c/o=ada@example.org"),
        ("ada@example.photography", "ada@example.photography"),
        ("ada@example.XN--P1AI", "ada@example.рф"),
        ("ada@xn--mller-kva.example.ch", "ada@müller.example.ch"),
        ("ada@bücher.example.de", "ada@bücher.example.de"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("अजय@डाटा.भारत", "अजय@डाटा.भारत"),
        ("col·lecció@example.cat", "col·lecció@example.cat"),
        ("x@y.example.org", "x@y.example.org"),
    ],
)
def test_what_is_rare_and_real_is_taken(typed: str, mailed: str) -> None:
    assert parse(typed).mailed == mailed


NAMES = st.text(st.characters(exclude_characters='<>[]()"@', exclude_categories=["Cs", "Cc"]), max_size=12)
LOCALS = st.from_regex(r"[a-z][a-z0-9'+_-]{0,9}[a-z](\.[a-z]{1,5})?", fullmatch=True)
WRAPPINGS = st.sampled_from(
    [
        "<{}>",
        "{} ",
        "\u200b{}",
        "{}\ufeff",
        "mailto:{}",
        "'{}'",
        '"{}"',
        "({})",
        "{} (x)",
        "{},",
        "{};",
        "\u202a{}\u202c",
    ]
)


@given(LOCALS, NAMES, st.lists(WRAPPINGS, max_size=4))
def test_wrappings_inside_each_other_come_off_and_nothing_else_does(local: str, name: str, around: list[str]) -> None:
    address, text = f"{local}@example.org", f"{local}@example.org"
    for one in around:
        text = one.format(text)
    if re.search(r"[,;](?:\S*|[\s\u200b\ufeff\u202a\u202c]*)[,;]", text):  # two signs at the end are more than a slip
        text = f"<{address}>"
    assert parse(text).mailed == address
    assert parse(f"{name} <{address}>").mailed == address


@given(st.one_of(st.text(max_size=40), st.text("ada@b.orgé'\"<>(),;: \u200b’", max_size=30), st.emails()))
def test_an_address_that_was_read_is_read_the_same_again(text: str) -> None:
    try:
        first = parse(text)
    except InvalidAddress:
        return
    assert (parse(first.mailed).mailed, parse(first.typed).key) == (first.mailed, first.key)
    assert unwrapped(first.mailed) == (first.mailed, "")


@pytest.mark.parametrize("domain", ["gmail.com", "orange.fr", "bluewin.ch", "gmx.de", "libero.it"])
def test_a_letter_that_a_provider_never_gives_is_a_slip(domain: str) -> None:
    assert mailbox.impossible_sign(parse(f"hélène@{domain}").key) == "é"
    assert mailbox.impossible_sign(parse(f"helene@{domain}").key) == ""
    assert mailbox.impossible_sign(parse("hélène@example.org").key) == ""
    assert [unaccented(local) for local in ("hélène", "bœuf", "groß", "ådne")] == ["helene", "boeuf", "gross", "adne"]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        (f"{ADA}; bob@example.org", [ADA, "bob@example.org"]),
        (f'"Muster, Ada" <{ADA}>, Bob <bob@example.org>', [ADA, "bob@example.org"]),
        (f"Muster, Ada <{ADA}>; Marley, Bob <bob@example.org>;", [ADA, "bob@example.org"]),
        (f'E-mail\n"{ADA}; bob@example.org"\ncleo@example.org', [ADA, "bob@example.org", "cleo@example.org"]),
        (f"{ADA} bob@example.org cleo@example.org", [ADA, "bob@example.org", "cleo@example.org"]),
        (f"{ADA},bob@example.org\ncleo@example.org,dan@example.org", []),
        (f"{ADA}\nbob@example.org", []),
        (f"{ADA},Ada\nbob@example.org,Bob", []),
        (f"email,name\n{ADA},Ada", []),
        (f"{ADA} ::: bob@example.org\ncleo@example.org", []),
        (f"Dear {ADA}, please write to bob@example.org", []),
    ],
)
def test_a_text_of_nothing_but_addresses_is_a_person_each(text: str, people: list[str]) -> None:
    assert [one.address for one in people_in(text)] == people
    assert {one.name for one in people_in(text)} <= {"", "Muster, Ada", "Bob", "Marley, Bob"}


@pytest.mark.parametrize(
    ("cell", "problem", "address", "name"),
    [
        (f"\u200b{ADA}", "", ADA, ""),
        (f"Ada Muster <{ADA}>", "", ADA, "Ada Muster"),
        (f"{ADA} (privat)", "", ADA, ""),
        (f"{ADA} ::: bob@example.org", "several", "", ""),
        (f"{ADA}\nbob@example.org", "several", "", ""),
        (f"{ADA} / {ADA}", "", ADA, ""),
        ("hélène@gmail.com", "sign", "", ""),
        (f"{'a' * 65}@example.org", "address", "", ""),
    ],
)
def test_a_cell_holds_one_address_or_says_what_to_do(cell: str, problem: str, address: str, name: str) -> None:
    read = RowReader(["email"], {}, ImportTerms(ImportOrigin.SERVICE)).read(FileRow(2, [cell], [cell]))
    assert (read.problem, read.address, read.name) == (problem, address, name)


def test_pasted_addresses_are_imported_a_person_each(context: Flask) -> None:
    letter = make_list()
    run = take_in(f"Ada Muster <{ADA}>; bob@example.org; \u200bcleo@example.org".encode(), letter)
    assert (outcomes(run), set(states(letter))) == ([("created", "")] * 3, {"ada", "bob", "cleo"})
    table = upload(f"{ADA},bob@example.org\ncleo@example.org,dan@example.org\n".encode(), letter)
    assert table.headings == ["1", "2"]


@pytest.mark.skipif(not (CORPUS / "isemail").exists(), reason="the shared corpora are not here")
def test_addresses_of_isemail_are_taken_as_far_as_people_have_them() -> None:
    path = next((CORPUS / "isemail").rglob("tests.xml"))
    found: dict[tuple[str, bool], list[str]] = {}
    for test in ET.parse(path).getroot().iter("test"):  # noqa: S314  # a file of the tests
        text = (test.findtext("address") or "").translate({0x2400 + sign: sign for sign in range(34)})
        try:
            parse(text)
            is_taken = True
        except InvalidAddress:
            is_taken = False
        found.setdefault((test.findtext("category") or "", is_taken), []).append(text)
    # No top-level domain is a host of its own with mail, or has one letter.
    assert found["ISEMAIL_VALID_CATEGORY", False] == ["test@io"]
    assert all(re.search(r"\.[a-z]\Z", text) for text in found["ISEMAIL_DNSWARN", False])
    # Quoted local parts, hosts without a dot and literal IP addresses: nobody who signs up has one.
    for category in ("ISEMAIL_RFC5321", "ISEMAIL_RFC5322"):
        assert (category, True) not in found
    # What is wrong by the grammar and taken: blanks, line ends, a comment or a full stop around a whole address.
    for category in ("ISEMAIL_ERR", "ISEMAIL_DEPREC", "ISEMAIL_CFWS"):
        for text in found[category, True]:
            bare = re.sub(r"\([^)]*\)|\s|\.\Z", "", text)
            assert re.fullmatch(r"[a-z0-9]+@[a-z0-9.-]+\.[a-z]+", bare), text


@pytest.mark.skipif(not (CORPUS / "fuzzdb").exists(), reason="the shared corpora are not here")
def test_addresses_of_fuzzdb_are_taken_as_far_as_people_have_them() -> None:
    def taken(name: str) -> dict[str, bool]:
        text = next((CORPUS / "fuzzdb").rglob(name)).read_text(errors="replace")
        found = {}
        for line in filter(None, text.splitlines()):
            try:
                found[line] = bool(parse(line))
            except InvalidAddress:
                found[line] = False
        return found

    # Valid by the grammar and refused: quoted local parts, IP addresses, a host without a dot.
    refused = [text for text, is_taken in taken("valid-email-addresses.txt").items() if not is_taken]
    assert all(re.search(r'["\\]|@\[?[\d.]+\]?\Z|@mailserver1\Z', text) for text in refused)
    # Called invalid and taken: a name or comment around it, blanks, and letters and signs that mailboxes may have.
    assert [text.strip() for text, is_taken in taken("invalid-email-addresses.txt").items() if is_taken] == [
        "Jacco Van Tuijl <email@example.com>",
        "うえあいお@address.com",
        "email@address.com (Jacco van Tuijl)",
        "sql'or'1'='1'or'test@email.com",
        "notallowed@example.com",
        "notallowed@example.com",
    ]
