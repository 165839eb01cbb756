"""What we exported comes back without a change: every format and preset, every kind of question, any text."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.exports import export_file, export_start
from signup.exports.columns import for_people, for_sheet
from signup.exports.export_stream import ExportStream, ExportTerms
from signup.exports.presets.all_presets import PRESETS
from signup.fields.kinds.all_kinds import QUESTION_TYPES
from signup.files.formula_guard import guard, unguard
from signup.files.import_run import ImportOrigin, ImportRun
from signup.forms.question import Option, Question
from signup.ground.i18n import OPERATOR_LANGUAGES, speaking
from signup.imports import mapping
from signup.imports.file_answer import reader_for
from signup.imports.readers.table_file import clean
from tests.cast import make_form, make_list
from tests.exports.export_cast import form_of, join
from tests.imports.import_cast import exported, take_in

OPTIONS = tuple(Option(value=value, label=f"The {value}, one") for value in ("a", "b_2", "c-3"))
ASKED = {
    name: Question(key=name, type=name, label=name.title(), options=OPTIONS if kind.has_options else ())
    for name, kind in QUESTION_TYPES.items()
}
TEXTS = st.one_of(st.text(max_size=40), st.text("'=+-@ \t\n\"\\;,\uff1d\U0001f451é", max_size=8))
ANSWERS = {
    "text": TEXTS,
    "long_text": TEXTS,
    "choice": st.sampled_from(["a", "b_2", "c-3"]),
    "multi": st.lists(st.sampled_from(["a", "b_2", "c-3"]), unique=True),
    "yes_no": st.booleans(),
    "date": st.dates().map(str),
    "drop_down": st.sampled_from(["a", "b_2", "c-3"]),
    "country": st.sampled_from(["CH", "FR", "VA"]),
    "phone": st.sampled_from(["+41215551234", "+33612345678"]),
    "url": st.sampled_from(["https://example.org", "https://example.org/a?b=c,d;e"]),
    "number": st.one_of(st.integers(-(10**11), 10**11), st.floats(-1e11, 1e11)),
}


@given(st.sampled_from(list(QUESTION_TYPES)).flatmap(lambda kind: st.tuples(st.just(kind), ANSWERS[kind])))
def test_every_answer_a_form_takes_is_read_back_from_every_kind_of_file(drawn: tuple[str, Any]) -> None:
    kind, given_answer = drawn
    field = ASKED[kind]
    try:
        answer = field.read(given_answer)
    except ValueError:
        return  # a form does not take it: nobody has it
    if answer is None or clean(str(answer)) != str(answer):
        return
    read = reader_for(field.model_dump(mode="json"))
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow([for_people(answer)])
    [cells] = csv.reader(io.StringIO(line.getvalue(), newline=""))
    for cell in (cells[0], for_sheet(answer)):
        assert read(unguard(cell.strip())) == answer


@given(TEXTS)
def test_taking_the_guard_off_gives_back_the_text(text: str) -> None:
    assert unguard(guard(text)) == text


NAMES = [
    "=SUM(A1)",
    "'=SUM(A1)",
    "-- dash",
    'Zoë, "Z"; \\n',
    "\U0001f451 \U0001f1e8\U0001f1ed",
    "+41 79",
    "@x",
    "O'Hara",
    "\uff1d1",
]


def crowd() -> Any:
    """A list whose form asks every kind of question, and people with names that hurt."""
    letter = make_list()
    names = [Question(key=key, type="text", label=key) for key in ("first_name", "last_name", "company")]
    make_form(letter, magnet=False, fields=(*names, *ASKED.values()))
    for number, name in enumerate(NAMES):
        answers: dict[str, Any] = {
            "first_name": name,
            "last_name": f"{name} {number}",
            "phone": f"+4179123456{number}",
            "company": name,
        }
        answers |= {
            "text": name,
            "choice": "b_2",
            "multi": ["a", "c-3"],
            "yes_no": number % 2 == 0,
            "number": number / 4,
            "drop_down": "c-3",
            "country": "CH",
            "url": f"https://example.org/{number}",
        }
        join(form_of(letter), f"p{number}@example.org", answers | {"date": f"198{number}-02-28"})
    return letter


def changes(run: ImportRun) -> set[str]:
    assert run.state == "done", run.problem
    return set(run.imported or {})


def test_an_export_comes_back_without_a_change_in_every_format(context: Flask, tmp_path: Path) -> None:
    letter = crowd()
    before = exported(letter)
    for kind in ("csv", "csv-excel", "jsonl", "xlsx"):
        path = tmp_path / kind
        with path.open("wb") as file:
            export_file.write(letter.id, kind, {}, ExportStream(file, lambda _rows: None), ExportTerms("EX22222222"))
        for overwrite in (False, True):
            run = take_in(path.read_bytes(), letter, ImportOrigin.OWN, overwrite=overwrite, name=kind)
            assert (changes(run), run.rows) == ({"unchanged"}, len(NAMES)), kind
            assert exported(letter) == before, kind


def test_every_presets_headings_are_known_again_and_bring_nothing_new(context: Flask, tmp_path: Path) -> None:
    letter = crowd()
    before = exported(letter)
    for name, preset in PRESETS.items():
        if preset.whom != "mailable" or name in {"crm-fr-two", "crm-fr-cp1252"}:
            continue  # no addresses, or two files in one, or letters that the encoding lacks
        path = tmp_path / name
        export_start.run_now(letter.id, name, {}, export_start.Requester(), path)
        run = take_in(path.read_bytes(), letter, ImportOrigin.OWN if preset.for_people else ImportOrigin.SERVICE)
        assert {"email", "first_name", "last_name"} <= set(run.mapping), name
        reads = {read for cell in preset.tables[0].cells for read in cell.reads}
        for key in {"phone", "company"} & reads - ({"company"} if name == "vcard" else set()):
            assert f"answer:{key}" in run.mapping, (name, run.headings)
        assert changes(run) == {"unchanged"}, name
        assert exported(letter) == before, name
    assert mapping.propose(["fn", "ln", "email", "zip"], letter.id).targets[:3] == ["first_name", "last_name", "email"]


@pytest.mark.parametrize("language", OPERATOR_LANGUAGES)
def test_a_workbooks_headings_in_words_are_known_again(context: Flask, tmp_path: Path, language: str) -> None:
    letter, path = crowd(), tmp_path / "xlsx"
    with speaking(language), path.open("wb") as file:
        export_file.write(letter.id, "xlsx", {}, ExportStream(file, lambda _rows: None))
    run = take_in(path.read_bytes(), letter, ImportOrigin.OWN)
    known = {"email", "name", "status", "language", "source", "opt_in_at", "opt_in_ip", "confirm_at", "wording"}
    assert known <= set(run.mapping), run.headings
    assert changes(run) == {"unchanged"}
