"""One mailbox is one for the limits, however it is spelt; and two are two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signup.addresses.address import parse

SPELLINGS = {
    "victim@proton.me": "v.ictim@proton.me v-ictim@pm.me VIC_TIM@protonmail.com victim+9@protonmail.ch v_ictim@pm.me",
    "a-da@yandex.ru": "a.da@yandex.ru A.da@yandex.com a-da+x@ya.ru a.da@yandex.kz a-da@yandex.com.tr",
    "ada@fastmail.com": "ada+x@fastmail.com any@ada.fastmail.com more@ADA.fastmail.com any+thing@ada.fastmail.com",
    "ada@warpmail.net": "x@ada.warpmail.net ada+x@warpmail.net",
    "ada@icloud.com": "ada@me.com ada@mac.com Ada+x@icloud.com",
    "ada@outlook.com": "ada+1@outlook.com ADA+x@Outlook.com",
    "ada@gmail.com": "a.d.a@gmail.com ada@googlemail.com a.da+x@googlemail.com",
    "ada@yahoo.com": "ada-shop@yahoo.com ada-x-y@yahoo.com",
}
APART = [
    ("a.da@example.org", "ada@example.org"),
    ("a-da@example.org", "ada@example.org"),
    ("a.da@outlook.com", "ada@outlook.com"),
    ("ada@outlook.com", "ada@hotmail.com"),
    ("ada@fastmail.com", "ada@fastmail.fm"),
    ("ada@fastmail.com", "bob@ada.fastmail.fm"),
    ("a-da@icloud.com", "ada@icloud.com"),
    ("ada@yandex.ru", "a-da@yandex.ru"),
    ("ada@sub.example.org", "ada@example.org"),
    ("ada@me.example.org", "ada@me.com"),
    ("ada@yahoo.com", "ada@yahoo.fr"),
]


@pytest.mark.parametrize(("first", "others"), SPELLINGS.items())
def test_spellings_of_one_mailbox_are_one_and_mail_goes_where_it_was_typed(first: str, others: str) -> None:
    for spelling in others.split():
        assert parse(spelling).canonical == parse(first).canonical, spelling
        assert parse(spelling).mailed.lower() == spelling.lower()


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_mailboxes_are_two(one: str, other: str) -> None:
    assert parse(one).canonical != parse(other).canonical


names = st.from_regex(r"[a-z][a-z0-9]{1,20}", fullmatch=True)
signs = st.lists(st.sampled_from([".", "-", "_"]), min_size=0, max_size=5)


@given(
    name=names, put=signs, tag=names, domain=st.sampled_from(["proton.me", "pm.me", "protonmail.com", "protonmail.ch"])
)
def test_whatever_stands_between_the_letters_of_a_proton_address(
    name: str, put: list[str], tag: str, domain: str
) -> None:
    spelt = "".join(letter + sign for letter, sign in zip(name, [*put, *[""] * len(name)], strict=False)).strip(".-_")
    assert parse(f"{spelt}+{tag}@{domain}").canonical == f"{name}@proton.me"


@given(name=names, other=names)
def test_different_names_stay_different_wherever(name: str, other: str) -> None:
    for domain in ("proton.me", "gmail.com", "yandex.ru", "fastmail.com", "icloud.com", "example.org"):
        is_same = parse(f"{name}@{domain}").canonical == parse(f"{other}@{domain}").canonical
        assert is_same == (name == other)
