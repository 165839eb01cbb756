"""One rule about characters for every door: pages (tests/admin/test_lists.py), the console, settings."""

import unicodedata

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.cli.main import main
from signup.ground.config import Settings
from signup.ground.errors import SettingError
from signup.ground.plain_text import invisible, name_of, one_line, with_line_breaks

KEY = "k" * 32


def test_the_rule_refuses_controls_and_separators_of_lines_and_keeps_everything_else() -> None:
    for code in [*range(0x3000), *range(0xFE00, 0x10000), 0x1F389]:
        char = chr(code)
        is_control = unicodedata.category(char) in {"Cc", "Zl", "Zp", "Cs"}
        is_turn = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
        assert bool(invisible(char)) == (is_control or is_turn), name_of(char)
        if unicodedata.category(char) == "Cc" and char not in "\t\n\v\f\r\x85":
            assert invisible(char, lines=True) == char


@given(st.text())
def test_any_text_can_be_made_to_fit_a_header(text: str) -> None:
    assert invisible(one_line(text)) == ""


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\u202e"), max_size=20))
def test_what_fits_is_left_as_it_is(text: str) -> None:
    assert invisible(text) or one_line(text) == with_line_breaks(text) == text


@pytest.mark.parametrize("name", ["SERVICE_ADDRESS", "DNS_SERVER", "STORAGE_URL", "PUBLIC_URL", "LOG_LEVEL"])
@pytest.mark.parametrize("bad", ["\n", "\r\n", "\x07", "\x9f", "\u2028"])
def test_a_setting_that_holds_one_stops_the_start_by_its_name(name: str, bad: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_environment({"SECRET_KEYS": KEY, name: f"a{bad}b@example.org"})


@pytest.mark.parametrize("address", ["renée@example.org", "a b@example.org", "<a@example.org>", 'a"b@example.org', "a"])
def test_the_services_address_is_one_that_any_relay_takes(address: str) -> None:
    with pytest.raises(SettingError, match="SERVICE_ADDRESS"):
        Settings.from_environment({"SECRET_KEYS": KEY, "SERVICE_ADDRESS": address})
    good = Settings.from_environment({"SECRET_KEYS": KEY, "SERVICE_ADDRESS": "it+signup@bücher.example.com"})
    assert good.service_address.startswith("it+signup@")


def test_keys_may_stand_on_lines_of_their_own() -> None:
    assert len(Settings.from_environment({"SECRET_KEYS": f"{KEY}\n{KEY}2\r\n"}).key_ring()) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("operator", "invite", "edith@example.org", "--role", "editor", "--list", "a\nb"),
        ("key", "add", "a till\x07", "--scope", "codes:redeem"),
        ("limits", "allow", "203.0.113.7", "--reason", "a\r\nb"),
    ],
)
@pytest.mark.one_engine
def test_the_console_takes_none(app: Flask, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, words, obj=lambda: app)
    assert done.exit_code == 2
    assert "invisible character" in done.output
