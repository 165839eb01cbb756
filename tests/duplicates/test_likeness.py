from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signup.addresses.address import canonical_mailbox, is_same_mailbox
from signup.duplicates.likeness import (
    THRESHOLD,
    ComparedPerson,
    company_key,
    compare,
    digits,
    name_likeness,
    postcode_key,
)

NAMES = st.text(alphabet="abcdeé '-ÄßA", max_size=20)
PEOPLE = st.builds(
    ComparedPerson,
    st.integers(1, 9),
    NAMES,
    st.just(""),
    st.sampled_from(["a@x", "b@x"]),
    st.sampled_from(["", "791234567", "791234568"]),
    st.sampled_from(["", "2500", "2501"]),
)


MAILBOXES = (f"{n}@example.org" for n in count())


def person(name: str, address: str = "", **more: str) -> ComparedPerson:
    """Somebody with a mailbox of their own, unless their address says whose it is."""
    return ComparedPerson(1, name, address, canonical_mailbox(address) if address else next(MAILBOXES), **more)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Élodie Dupont", phone="791234567"), person("Dupont Elodie", phone="791234567")),
        (person("Müller, Hans-Peter", postcode="2500"), person("Hans Peter Müler", postcode="2500")),
        (person("Dr. Ada Lovelace", company="acme"), person("Ada Lovelace", company="acme")),
        (person("Jon Smith", birth_date="1980-02-03"), person("John Smith", birth_date="1980-02-03")),
        (person("Ada Lovelace", "ada.lovelace@gmail.com"), person("Ada", "adalovelace+news@googlemail.com")),
        (person("", "ada+shop@example.org"), person("Ada Lovelace", "ada@example.org")),
    ],
)
def test_one_person_written_twice_is_noticed(one: ComparedPerson, other: ComparedPerson) -> None:
    assert compare(one, other).score >= THRESHOLD


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            person("Anna Meier", phone="791234567", postcode="2500"),
            person("Peter Meier", phone="791234567", postcode="2500"),
        ),
        (person("Ada Lovelace", postcode="2500"), person("Ada Byron", postcode="2500")),
        (person("Ada", postcode="2500"), person("Ada", postcode="2500")),
        (person("Ada Lovelace"), person("Ada Lovelace")),
        (
            person("Hans Müller", postcode="2500", birth_date="1950-01-01"),
            person("Hans Müller", postcode="2500", birth_date="1980-01-01"),
        ),
        (person("Info Desk", company="acme"), person("Ada Lovelace", company="acme")),
    ],
)
def test_two_people_under_one_roof_are_two(one: ComparedPerson, other: ComparedPerson) -> None:
    assert compare(one, other).score < THRESHOLD


@given(PEOPLE, PEOPLE)
@example(ComparedPerson(1, "A-A", "", "a@x"), ComparedPerson(2, "A-b", "", "a@x"))
def test_likeness_has_no_direction_and_stays_in_bounds(one: ComparedPerson, other: ComparedPerson) -> None:
    assert compare(one, other) == compare(other, one)
    assert 0 <= compare(one, other).score <= 99
    assert name_likeness(one.name, one.name) in {0.0, 0.85, 1.0}


def test_what_is_compared_is_freed_of_its_spelling() -> None:
    assert digits("+41 (0)79 123 45 67") == digits("079/1234567") == "791234567"
    assert digits("12 34") == ""
    assert postcode_key("CH-2500") == postcode_key(" 2500 ") == "2500"
    assert postcode_key("1012 AB") == "1012ab"
    assert company_key("Müller & Söhne GmbH") == "muller sohne"
    assert company_key("SA") == "sa"
    assert is_same_mailbox("a.d.a@gmail.com", "ada@googlemail.com")
    assert not is_same_mailbox("ada+1@gmail.com", "ada@gmail.com")
    assert not is_same_mailbox("a.d.a@example.org", "ada@example.org")
