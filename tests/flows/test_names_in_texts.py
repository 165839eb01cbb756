"""Which list a text names, and which texts are a preset's: told apart without a database."""

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.consent.named_lists import Names
from signup.forms import preset_text
from signup.forms.preset import WORDING
from signup.forms.preset_text import TextContext
from signup.ground import i18n
from signup.ground.i18n import LANGUAGES

SPEAKER = Flask(__name__)
i18n.init(SPEAKER)
VOICE = TextContext("The Letter", "Example Press", "fr", "signup")


@given(st.text(min_size=1, max_size=80))
def test_what_is_no_presets_text_is_never_touched(text: str) -> None:
    with SPEAKER.app_context():
        for slot in preset_text.SLOTS:
            assert preset_text.adapt(slot, f"Our own: {text}", VOICE) == f"Our own: {text}"


@given(st.text(alphabet="AbcÉß %(){}s“”'.*+", min_size=1, max_size=30), st.sampled_from(list(LANGUAGES)))
def test_a_wording_is_known_again_whatever_its_list_is_called(name: str, language: str) -> None:
    """A name may hold what a pattern or a placeholder is made of."""
    with SPEAKER.app_context():
        here = TextContext(name, "Example Press", language, "signup")
        said = preset_text.adapt("wording", str(WORDING) % {"list": "x", "controller": "y"}, here)
        assert name in said
        there = TextContext("Vaud Digital", "Vaud Digital SA", "fr", "signup")
        assert preset_text.adapt("wording", said, there) == preset_text.adapt(
            "wording", str(WORDING) % {"list": "x", "controller": "y"}, there
        )


@pytest.mark.parametrize("language", ["fr", "de", "nl"])
def test_no_line_breaks_within_the_word_email_and_a_wording_of_before_is_known_again(language: str) -> None:
    with SPEAKER.app_context():
        here = TextContext("The Letter", "Example Press", language, "signup")
        said = preset_text.adapt("wording", str(WORDING) % {"list": "x", "controller": "y"}, here)
        assert not re.search(r"\be-mail", said, re.IGNORECASE)
        before = said.replace(preset_text.UNBROKEN, "-")
        assert before != said
        there = TextContext("The Letter", "Example Press", "it", "signup")
        assert preset_text.adapt("wording", before, there) == preset_text.adapt("wording", said, there) != before


@pytest.mark.parametrize(
    ("own", "others", "text", "is_own", "other"),
    [
        (("The Letter", "Press"), ("Letter",), "Get “The Letter”", True, ""),
        (("Letter", "Press"), ("The Letter",), "Get “The Letter”", False, "The Letter"),
        (("Neuigkeiten", "Müller GmbH"), ("Newsletter",), "den Newsletter „Neuigkeiten“", True, ""),
        (("Neuigkeiten", "Müller GmbH"), ("Newsletter",), "den „Newsletter“ von Müller", True, "Newsletter"),
        (("Offers", "Shop Ltd"), ("News",), "Send me news and offers", True, ""),
        (("Offers", "Shop Ltd"), ("News",), "Send me the News", False, "News"),
        (("Offers", "Shop Ltd"), ("Tea House AG",), "from Shop and Tea House", True, "Tea House AG"),
        (("Offers", "Shop Ltd"), ("A",), "A mail a month: Offers", True, ""),
        (("Offers", "Shop Ltd"), ("Offers", "shop ltd"), "Offers by Shop Ltd", True, ""),
        (("C++ (news)", "A.B. [x]"), ("C",), "Get C++ (news)", True, ""),
    ],
)
def test_names_are_told_apart(own: Any, others: Any, text: str, is_own: bool, other: str) -> None:  # a row of the table
    assert tuple(Names(own, others).look(text)) == (is_own, other)
