"""Every preset takes further columns, and no text of a visitor becomes a formula in a file that people open."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from signup.consent.mailing_list import MailingList
from signup.exports import export_start
from signup.exports.presets.all_presets import PRESETS
from signup.exports.presets.export_preset import ExportPreset, Whom
from signup.exports.presets.further_columns import further_of
from signup.files.formula_guard import guard
from signup.forms.question import Question
from signup.imports.readers.vcard_in import cards
from tests.cast import ADA, CLEO, make_form, make_list
from tests.exports.export_cast import FIELDS, form_of, join

PAYLOADS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\uff1d1+1",
    '=HYPERLINK("http://x.example","y")',
    "=cmd|' /C calc'!A0",
    " =1+1",
    '"=1+1"',
)
EXTRA = ["interests", "language", "signup_at", "page", "shoe_size"]
TAKING = [name for name, preset in PRESETS.items() if preset.takes_further]
SPLIT = {"crm-fr-two"}
"""Several tables: a file of them is a ZIP."""


@pytest.fixture
def letter(context: Flask) -> MailingList:
    letter = make_list()
    keys = ("last_name", "phone", "company", "job", "street", "postal_code", "locality", "country", "shoe_size")
    asked = tuple(Question(key=key, type="text", label=key.title()) for key in keys)
    make_form(letter, magnet=False, fields=(*FIELDS, *asked))
    told = {"first_name": "Ada", "last_name": "Lovelace", "company": "Engines", "interests": ["tea", "design"]}
    join(form_of(letter), ADA, told | {"shoe_size": "38, wide"})
    join(form_of(letter), CLEO, told | {"shoe_size": "40"}, state="unsubscribed")
    return letter


def file_of(letter: MailingList, name: str, path: Path, columns: list[str]) -> bytes:
    export_start.run_now(letter.id, name, {"columns": columns}, export_start.Requester(), path)
    if name not in SPLIT:
        return path.read_bytes()
    with zipfile.ZipFile(path) as parts:
        return parts.read(next(part for part in parts.namelist() if "contact" in part))


def table_of(preset: ExportPreset, content: bytes) -> list[dict[str, str]]:
    text = content.decode(preset.encoding)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=preset.delimiter))


def test_a_preset_has_the_chosen_columns_after_its_own(letter: MailingList, tmp_path: Path) -> None:
    for name in sorted(set(TAKING) - {"vcard"}):
        preset = PRESETS[name]
        files = (file_of(letter, name, tmp_path / name, columns) for columns in ([], EXTRA))
        [before, after] = (table_of(preset, content)[0] for content in files)
        unmarked = {heading: cell for heading, cell in before.items() if heading != preset.mark}
        assert {heading: after[heading] for heading in unmarked} == unmarked, name
        added = [heading for heading in after if heading not in before]
        wanted = [one.name for one in further_of(preset, letter.id, {}) if one.name in EXTRA]
        assert len(added) == len(wanted), name
        assert set(EXTRA) - set(wanted) <= {"interests", "signup_at"}, name  # some have these themselves
        said = dict(zip(wanted, (after[heading] for heading in added), strict=True))
        assert said["shoe_size"] == ("40" if preset.whom == Whom.STOPPED else "38, wide"), name
        assert (said["language"], said.get("interests", "tea, design")) == ("en", "tea, design"), name


def test_a_cards_note_has_the_chosen_columns(letter: MailingList, tmp_path: Path) -> None:
    text = file_of(letter, "vcard", tmp_path / "vcard", EXTRA).decode().replace("\r\n ", "")
    assert "NOTE:Interests: tea\\, design\\nShoe_Size: 38\\, wide\\nLanguage: en\\n" in text


def test_who_agreed_to_ad_matching_agreed_to_no_more(letter: MailingList) -> None:
    matching = [preset for preset in PRESETS.values() if preset.whom == Whom.MATCHED]
    assert matching
    assert all(further_of(preset, letter.id, {}) == [] for preset in matching)


def test_a_hidden_answer_is_offered_to_no_preset(letter: MailingList) -> None:
    offered = [one.name for one in further_of(PRESETS["brevo"], letter.id, {"without": ["shoe_size"]})]
    assert "job" in offered
    assert "shoe_size" not in offered


def test_a_formula_stays_a_text_in_files_for_people_and_raw_in_files_for_programs(
    letter: MailingList, tmp_path: Path
) -> None:
    keys = ("first_name", "last_name", "company", "job", "street", "locality", "shoe_size")
    for number, payload in enumerate(PAYLOADS):
        for state in ("confirmed", "unsubscribed"):
            join(form_of(letter), f"{state}{number}@example.org", dict.fromkeys(keys, payload), state)
    for name in sorted(set(TAKING) - {"vcard"}):
        for columns in ([], EXTRA):
            rows = table_of(PRESETS[name], file_of(letter, name, tmp_path / name, columns))
            cells = [cell for row in rows for cell in row.values()]
            if PRESETS[name].for_people:
                assert [cell for cell in cells if guard(cell) != cell and not cell.startswith("'")] == [], name
                assert sum(cell.startswith("'") for cell in cells) >= len(PAYLOADS), name
            elif columns:
                assert set(PAYLOADS) <= set(cells), name


def test_a_formula_breaks_no_card(letter: MailingList, tmp_path: Path) -> None:
    for number, payload in enumerate(PAYLOADS):
        join(form_of(letter), f"p{number}@example.org", {"last_name": payload, "shoe_size": payload})
    content = file_of(letter, "vcard", tmp_path / "vcard", EXTRA)
    assert len(list(cards(content.decode().splitlines()))) == len(PAYLOADS) + 1
