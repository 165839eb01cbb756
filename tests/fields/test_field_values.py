"""What fields are made of, without a database: values, catalogues, spellings, proposals."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signup.fields.catalogue import CODE, BadLine, CatalogueEntry, nested, parse, search, to_text
from signup.fields.field_preset import MAX_PROPOSED, PRESETS, proposed
from signup.fields.kinds.all_kinds import KINDS, Shape
from signup.fields.objective import Audience, Objective
from signup.fields.spelling import Spelling, clusters
from signup.fields.value import letters_of
from signup.forms.question import Question
from signup.imports.file_answer import reader_for

pytestmark = pytest.mark.both_engines

GENEVA = ["Genève", "Geneve", "GENEVE", "genève", "Genêve", "Genéve", "Genve", "Geneve.", "Génève", "Genevve", "GENÈVE"]
LINES = """
56 = Food and beverage
    56.1 = Restaurants
        56.11 = Restaurant with service
    56.3 = Bars
62 = Programming
Überraschung
"""


@pytest.mark.parametrize(
    ("kind", "given_", "stored"),
    [
        ("text", "  two  words ", "two words"),
        ("text", "🎈", "🎈"),
        ("number", "3.50", 3.5),
        ("year", "1984", 1984),
        ("date", "2026-02-28", "2026-02-28"),
        ("yes_no", "no", False),
        ("choice", "a", "a"),
        ("multi", ["b", "a"], ["a", "b"]),
        ("catalogue", "b", "b"),
        *((kind, "", None) for kind in KINDS),
    ],
)
def test_a_value_of_each_kind_is_read(kind: str, given_: Any, stored: Any) -> None:
    assert Shape(kind, ("a", "b")).read(given_) == stored


@pytest.mark.parametrize(
    ("kind", "given_", "sentence"),
    [
        ("text", "x" * 501, "Please shorten this"),
        ("text", "a\x00b", "Remove the control characters"),
        ("number", "nan", "Enter a number"),
        ("year", "84", "Enter a four-digit year"),
        ("year", "1984.5", "Enter a four-digit year"),
        ("date", "2026-02-30", "Enter a date as year-month-day"),
        ("yes_no", "perhaps", "Answer yes or no"),
        ("choice", "c", "Choose one of the options"),
        ("multi", ["a", "c"], "Choose from the options"),
        ("catalogue", "Restaurants", "Choose one of the options"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(kind: str, given_: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Shape(kind, ("a", "b")).read(given_)


def test_a_question_for_a_year_takes_no_other_number_from_a_form_nor_from_a_file() -> None:
    year = Question(key="born", type="number", label="Born", check="year")
    for read in (year.read, reader_for(year.model_dump(mode="json"))):
        assert read("1984") == 1984
        with pytest.raises(ValueError, match="four-digit"):
            read("84")


def test_a_file_may_say_an_entry_by_code_label_or_old_spelling() -> None:
    options = [{"value": "geneve", "label": "Genève"}, {"value": "vd", "label": "Vaud (Lausanne)"}]
    read = reader_for({"type": "catalogue", "options": options, "spellings": {"Genf": "geneve"}})
    assert [read(cell) for cell in ("geneve", "GENEVE", "Genève", "genf", "vaud lausanne")] == ["geneve"] * 4 + ["vd"]
    with pytest.raises(ValueError):  # noqa: PT011  # the cell is told by its column
        read("Bern")
    assert reader_for({"type": "year", "options": []})("1984") == 1984


def test_a_catalogue_is_pasted_as_lines_and_nested_by_indent() -> None:
    entries = parse(LINES)
    assert [(one.value, one.parent) for one in entries] == [
        ("56", ""),
        ("56.1", "56"),
        ("56.11", "56.1"),
        ("56.3", "56"),
        ("62", ""),
        ("uberraschung", ""),
    ]
    assert [(entry.value, depth) for entry, depth in search(entries, "RESTAURANT with")] == [
        ("56", 0),
        ("56.1", 1),
        ("56.11", 2),
    ]
    assert [entry.value for entry, _depth in search(entries, "56.3")] == ["56", "56.3"]
    assert search(entries, "nothing like it") == []


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = A\nb b = B", 2, "entry"),
        ("a = A\n\na = Again", 3, "twice"),
        ("a =", 1, "entry"),
        (f"a = {'x' * 201}", 1, "entry"),
        ("\n".join(f"e{n} = Entry" for n in range(5_001)), 5_001, "many"),
    ],
)
def test_a_line_that_makes_no_entry_is_named(text: str, line: int, reason: str) -> None:
    with pytest.raises(BadLine) as caught:
        parse(text)
    assert (caught.value.line, caught.value.reason) == (line, reason)


@given(
    st.lists(st.tuples(st.from_regex(CODE, fullmatch=True), st.integers(0, 5)), max_size=30, unique_by=lambda e: e[0])
)
def test_any_catalogue_survives_being_written_and_read_again(drawn: list[tuple[str, int]]) -> None:
    entries: list[CatalogueEntry] = []
    for code, back in drawn:
        parent = entries[-back].value if back and len(entries) >= back else ""
        entries.append(CatalogueEntry(code, f"Label {code}", parent))
    read = parse(to_text(entries))
    assert sorted(read) == sorted(entries)
    assert parse(to_text(read)) == read == [entry for entry, _depth in nested(read)]


def test_eleven_spellings_of_a_town_are_one_and_other_towns_are_not() -> None:
    spellings = [Spelling(text, 90 - n) for n, text in enumerate(GENEVA)]
    others = [
        Spelling("Lausanne", 50),
        Spelling("Lausane", 1),
        Spelling("Nyon", 8),
        Spelling("Lyon", 9),
        Spelling("?", 1),
    ]
    found = {one.label: len(one.spellings) for one in clusters([*spellings, *others])}
    assert found == {"Genève": len(GENEVA), "Lausanne": 2, "Lyon": 1, "Nyon": 1, "?": 1}


@given(st.lists(st.text(max_size=20), max_size=40, unique=True))
def test_every_text_is_in_one_cluster(texts: list[str]) -> None:
    found = clusters(Spelling(text, n) for n, text in enumerate(texts))
    assert sorted(one.text for cluster in found for one in cluster.spellings) == sorted(texts)
    by_letters = {letters_of(one.text): cluster.label for cluster in found for one in cluster.spellings}
    for cluster in found:
        assert {by_letters[letters_of(one.text)] for one in cluster.spellings if letters_of(one.text)} <= {
            cluster.label
        }


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("main", Objective)
def test_every_objective_proposes_few_fields_and_none_that_is_intrusive(main: Objective, audience: Audience) -> None:
    found = proposed([main, *(one for one in Objective if one != main)][:3], audience)
    assert 2 <= len(found) <= MAX_PROPOSED
    assert not any(PRESETS[key].intrusive for key, _goal in found)
    assert all(audience in PRESETS[key].of for key, _goal in found)
    alone = proposed([main], audience)
    assert [key for key, _goal in found[: len(alone)]] == [key for key, _goal in alone]
