"""A kind of value is one file: it says everything about itself, and nothing else lists the kinds."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from signup.audience.rule import OPS, subject_of
from signup.checks.reference import plain
from signup.fields.field import Field, checks, define
from signup.fields.field_preset import PRESETS
from signup.fields.kinds.all_kinds import FIELD_KINDS, KINDS, QUESTION_TYPES, kind_asked, kind_of
from signup.fields.value import key_from
from signup.forms.form import Definition
from signup.forms.input_attributes import question
from signup.forms.question import Option, Question
from signup.ground.db import transaction
from signup.ground.i18n import speaking
from signup.imports.file_answer import reader_for
from tests.cast import WORDING

ROOT = Path(__file__).parents[2]
KINDS_AT_HOME = ROOT / "signup" / "fields" / "kinds"
CLASSES = "|".join(type(one).__name__ for one in KINDS.values())
NAMED = re.compile(rf"""["']({"|".join(KINDS)})["']|\b({CLASSES})\.name""")
EXAMPLES = {bool: True, int: 5, float: 0.5, list: ["a"], str: "a"}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_says_how_it_is_asked_compared_and_called(name: str) -> None:
    kind = KINDS[name]
    assert str(kind.label)
    asked = kind_asked(kind.asked_as or name, kind.check)
    assert (asked.asked_as or asked.name) == (kind.asked_as or name)
    compared = kind.compared_as or name
    assert OPS[compared] == KINDS[compared].operators != ()
    assert subject_of(f"answer:{compared}:key").kind == compared
    assert KINDS[compared].json_types == kind.json_types


@pytest.mark.parametrize("name", FIELD_KINDS)
def test_every_kind_of_a_field_fits_its_column(name: str) -> None:
    length = Field.__table__.c.kind.type.length  # type: ignore[attr-defined]
    assert len(name) <= length


@pytest.mark.parametrize("name", QUESTION_TYPES)
def test_a_form_asks_for_every_kind_and_a_file_is_read_for_it(name: str) -> None:
    options = (Option(value="a", label="A"),) if KINDS[name].has_options else ()
    asked = Question(key="key", type=name, label="Key", options=options)
    assert asked.read("") is None
    assert question(asked)["input"] == KINDS[name].attributes
    assert callable(reader_for(asked.model_dump(mode="json")))


def test_a_question_of_a_kind_that_no_form_asks_for_is_refused() -> None:
    for type_ in ("year", "catalogue", "colour", ""):
        with pytest.raises(ValueError, match="no question is of the type"):
            Question(key="key", type=type_, label="Key")


def test_the_check_of_a_year_tells_a_number_only_so_that_a_choice_stays_one() -> None:
    options = (Option(value="a", label="A"),)
    asked = Question(key="key", type="choice", label="Key", check="year", options=options)
    assert (asked.kind.name, asked.read("a")) == ("choice", "a")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("phone", " 079  123 45 67 ", "079 123 45 67"),
        ("phone", "call me", None),
        ("phone", "1" * 41, None),
        ("url", "example.org", "https://example.org"),
        ("url", "EXAMPLE.org:8080/a?b=c#d", "https://EXAMPLE.org:8080/a?b=c#d"),
        ("url", "http://bücher.example/é", "http://bücher.example/é"),
        ("url", "javascript:alert(1)", None),
        ("url", "https://user:secret@example.org", None),
        ("url", "https://example.org/ a", None),
        ("url", "https://10.0.0.1", None),
        ("url", "https://example.org:99999", None),
        ("url", "mailto:eve@example.org", None),
        ("url", "no", None),
        ("url", "https://[::1", None),
        ("url", "x." + "y" * 600, None),
        ("country", "CH", "CH"),
        ("country", "Suisse", "CH"),
        ("country", "🇨🇭", "CH"),
        ("country", "Atlantis", None),
        ("country", ["CH"], None),
    ],
)
def test_a_value_is_kept_as_its_kind_writes_it_or_refused(kind: str, typed: Any, kept: str | None) -> None:
    asked = Question(key="key", type=kind, label="Key")
    if kept is None:
        with pytest.raises(ValueError, match=r"."):
            asked.read(typed)
    else:
        assert asked.read(typed) == kept
        assert reader_for(asked.model_dump(mode="json"))(typed) == kept


def test_a_telephone_number_is_checked_without_being_told_to(app: Flask) -> None:
    asked = Definition(title="Call", wording=WORDING, fields=(Question(key="ring", type="phone", label="Ring"),))
    assert asked.checks["ring"] == "phone"
    with transaction():
        define(key="ring", kind="phone", labels={"en": "Ring"})
    assert checks()["ring"] == "phone"


def test_countries_are_named_in_the_readers_language(app: Flask) -> None:
    asked = Question(key="land", type="country", label="Land")
    for language, first, switzerland in (("en", "Afghanistan", "Switzerland"), ("fr", "Afghanistan", "Suisse")):
        with speaking(language):
            named = {option.value: option.label for option in asked.shown_options}
        assert (next(iter(named.values())), named["CH"]) == (first, switzerland)
        assert 240 < len(named) < 255, "each country once, no continents"
        assert list(named.values()).index("Afghanistan") < [plain(name) for name in named.values()].index("zimbabwe")
    told = question(asked)
    assert told["tag"] == "select"
    assert told["choose"][0] == ["", "–"]


def test_a_value_is_taken_for_a_kind_that_keeps_such_values() -> None:
    found = {type_: kind_of(value).name for type_, value in EXAMPLES.items()}
    assert found == {bool: "yes_no", int: "number", float: "number", list: "multi", str: "text"}


def test_every_preset_is_of_a_kind_that_there_is() -> None:
    assert {preset.kind for preset in PRESETS.values()} <= set(FIELD_KINDS)


def test_no_other_file_lists_the_kinds() -> None:
    for folder in ("signup", "templates"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".html"} and KINDS_AT_HOME not in path.parents:
                for line in path.read_text().splitlines():
                    found = {quoted or named for quoted, named in NAMED.findall(line)}
                    assert len(found) < 4, f"{path}: {line}"


def test_a_field_of_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="moon"):
        Field(key="phase", kind="moon", labels={"en": "Phase"})


@pytest.mark.parametrize(
    ("label", "key"),
    [("Ton prénom", "ton_prenom"), ("d’Été", "d_ete"), ("d'Été", "d_ete"), ("a—b", "a_b"), ("C++", "c"), ("日本", "")],
)
def test_a_key_parts_the_words_that_its_label_parts(label: str, key: str) -> None:
    assert key_from(label) == key
