import base64
import io
import tracemalloc
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.imports import uploaded_file
from signup.imports.readers import ldif, vcard_in
from signup.imports.readers.vcard_in import COLUMNS
from tests.cast import make_list
from tests.imports.import_cast import outcomes, states, take_in, upload

ADA, BOB = "ada@example.org", "bob@example.org"
BOBS = f"BEGIN:VCARD\nEMAIL:{BOB}\nEND:VCARD\n"


def people(text: str) -> list[dict[str, str]]:
    """The filled cells of each card."""
    lines = io.StringIO(text, newline="")
    return [
        {name: cell for name, cell in zip(COLUMNS, cells, strict=True) if cell}
        for _n, cells, _t in vcard_in.cards(lines)
    ]


def card(*lines: str, end: str = "\r\n") -> str:
    return end.join(["BEGIN:VCARD", "VERSION:4.0", *lines, "END:VCARD", ""])


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (f"EMAIL:{ADA}", ADA),
        (f'EMAIL;X-LABEL="Work: main";PREF=1:{ADA}', ADA),
        (f'EMAIL;X-LABEL="a;b:c";TYPE="work,pref":{ADA}', ADA),
        (f'EMAIL;X-LABEL=7" screen:{ADA}', ADA),
        (f"item1.EMAIL;type=INTERNET;type=pref:{ADA}", ADA),
        (f"EMAIL;VALUE=uri:MAILTO:{ADA}", ADA),
        (f"EMAIL:mailto:{ADA}?subject=Hello", ADA),
        (f"email;internet:<{ADA}>", ADA),
        (f"EMAIL ; PREF:Ada Muster <{ADA}>", ADA),
        ("EMAIL:ada@exam\r\n ple.org", ADA),
        ("EMAIL:ada@exam\r\n\tple.org", ADA),
        ("EMAIL;ENCODING=QUOTED-PRINTABLE:ada@exam=\r\nple.org", ADA),
        ("EMAIL;QUOTED-PRINTABLE:ada=40example.org", ADA),
        (f"EMAIL;ENCODING=b:{base64.b64encode(ADA.encode()).decode()}", ADA),
        (f"EMAIL:\u200b{ADA}\u200b", ADA),
    ],
)
def test_an_address_is_found_however_its_line_is_written(line: str, address: str) -> None:
    assert people(card(line)) == [{"email": address}]


def test_names_may_hold_colons_and_letters_of_any_charset() -> None:
    quoted = people(card('N;SORT-AS="Muster:Ada":Muster;Ada;;;', f"EMAIL:{ADA}"))
    assert quoted == [{"email": ADA, "first_name": "Ada", "last_name": "Muster"}]
    latin = people(card("N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;Zo=\r\n=EB", f"EMAIL:{ADA}"))
    assert (latin[0]["last_name"], latin[0]["first_name"]) == ("Müller", "Zoë")
    unknown = people(card("FN;CHARSET=NO-SUCH;QUOTED-PRINTABLE:Ada=20M", f"EMAIL:{ADA}"))
    assert unknown[0]["name"] == "Ada=20M"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (" " + card(f"EMAIL:{ADA}"), [ADA]),
        ("\r\n\r\n" + card(f"EMAIL:{ADA}"), [ADA]),
        (f"  BEGIN:VCARD\n  FN:Ada\n  EMAIL:{ADA}\n  END:VCARD\n", [ADA]),
        (f"begin:vcard\nfn:Ada\nemail:{ADA}\nend:vcard\n", [ADA]),
        (f"BEGIN:VCARD\nFN:Ada\nEMAIL:{ADA}\n{BOBS}", [ADA, BOB]),
        (f"BEGIN:VCARD\nFN:Ada\nEMAIL:{ADA}\n", [ADA]),
        (f"BEGIN:VCARD\nFN:Ada\nEMAIL:{ADA}", [ADA]),
        (f"BEGIN:VCARD\nEMAIL:{ADA}\nNOTE;QUOTED-PRINTABLE:x=\nEND:VCARD\n{BOBS}", [ADA, BOB]),
        (f"BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nEMAIL:eve@example.org\nEND:VCARD\nEMAIL:{ADA}\nEND:VCARD\n", [ADA]),
        (card(f"EMAIL:{ADA}") + "junk\r\n" + BOBS, [ADA, BOB]),
        (card("FN:Nobody"), [""]),
    ],
)
def test_no_card_is_lost_for_a_slip_around_it(text: str, addresses: list[str]) -> None:
    assert [one.get("email", "") for one in people(text)] == addresses


@pytest.mark.parametrize(
    ("lines", "first", "others"),
    [
        ((f"EMAIL:{ADA}", "EMAIL:two@example.org"), ADA, "two@example.org"),
        (("EMAIL:two@example.org", f"EMAIL;PREF:{ADA}"), ADA, "two@example.org"),
        ((f"EMAIL:{BOB}", "EMAIL;PREF=2:two@example.org", f"EMAIL;PREF=1:{ADA}"), ADA, f"two@example.org, {BOB}"),
        (("EMAIL;TYPE=home:two@example.org", f"EMAIL;TYPE=work,pref:{ADA}"), ADA, "two@example.org"),
        ((f"EMAIL:{ADA},two@example.org",), ADA, "two@example.org"),
        ((f"EMAIL:{ADA}", "EMAIL:ADA@example.org"), ADA, ""),
    ],
)
def test_of_several_addresses_the_preferred_one_is_taken_and_the_others_are_shown(
    lines: tuple[str, ...], first: str, others: str
) -> None:
    (found,) = people(card(*lines))
    assert (found["email"], found.get("more_emails", "")) == (first, others)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_cards(text: str) -> None:
    assert all(len(cells) == len(COLUMNS) for _n, cells, _t in vcard_in.cards(io.StringIO("BEGIN:VCARD\n" + text)))


LDIF = """version: 1
# an address book
dn: cn=Ada Muster,mail=ada@example.org
objectclass: top
givenName: Ada
sn:: TcO8bGxlcg==
cn:: QWRhIE3DvGxsZXI=
mail: ada@exam
 ple.org
mozillaSecondEmail: second@example.org
telephoneNumber: 044 123 45 67
mobile: 079 123 45 67
l: Bern

dn: cn=No address
cn: No address


dn: mail=bob@example.org
mail: bob@example.org
mail: bob2@example.org
commonName: Bob Beispiel
surname: Beispiel
company: Muster AG
homePhone: 031 123 45 67
"""


def test_an_address_book_as_ldif_is_a_table(context: Flask) -> None:
    letter = make_list()
    path = uploaded_file.receive(io.BytesIO(LDIF.encode()), "x.file").path
    first, second = path.read_text().splitlines()[1:]
    assert first == "ada@example.org,Ada,Müller,Ada Müller,,,079 123 45 67,Bern,second@example.org"
    assert second == "bob@example.org,,Beispiel,Bob Beispiel,Muster AG,,031 123 45 67,,bob2@example.org"
    run = take_in(LDIF.replace("\n", "\r\n").encode(), letter)
    assert (outcomes(run), set(states(letter))) == ([("created", "")] * 2, {"ada", "bob"})


def test_an_address_book_as_ldif_is_read_without_keeping_it_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "people.file"
    path.write_text("".join(f"dn: cn={n}\nmail: {n}@x.org\ndescription: {'x' * 900}\n\n" for n in range(3_000)))
    start, size = path.read_bytes()[:1_000], path.stat().st_size
    tracemalloc.start()
    try:
        assert ldif.as_table(path, start)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(path.read_text().splitlines()) == 3_001
    assert peak < size / 5


def test_cards_are_imported_with_what_is_not_taken_in_sight(context: Flask) -> None:
    letter = make_list()
    content = (" " + card(f"EMAIL:{ADA}", "EMAIL:two@example.org", "FN:Ada")).encode()
    assert upload(content, letter).headings[-1] == "more_emails"
    assert (outcomes(take_in(content, letter)), states(letter)) == ([("created", "")], {"ada": "pending"})
