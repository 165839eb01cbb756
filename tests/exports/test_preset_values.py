"""What presets make of values: no database, no application."""

import hashlib
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signup.checks.country import code_of
from signup.exports import finished_file
from signup.exports.export_run import MARK, new_mark
from signup.exports.presets import preset_value
from signup.exports.presets.all_presets import PRESETS
from signup.exports.presets.preset_rows import PresetSheet
from signup.exports.presets.vcard_out import card, escaped, folded
from signup.files.formula_guard import guard
from signup.imports.readers import vcard_in


@pytest.mark.parametrize(
    ("typed", "country", "written"),
    [
        ("+41 79 123 45 67", "", "+41791234567"),
        ("0041 (0)79 123-45-67", "", "+41791234567"),
        ("079 123 45 67", "Suisse", "+41791234567"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("0470/12.34.56", "Belgique", "+32470123456"),
        ("06 12345678", "Italia", "+390612345678"),
        ("621 123 456", "LU", "+352621123456"),
        ("079 123 45 67", "", ""),
        ("079 123 45 67", "Atlantis", ""),
        ("+0 12", "CH", ""),
        ("call me", "CH", ""),
        ("", "CH", ""),
    ],
)
def test_a_phone_number_is_written_in_e164_or_not_at_all(typed: str, country: str, written: str) -> None:
    assert preset_value.phone(typed, country) == written


def test_countries_are_codes_and_the_united_kingdom_is_gb() -> None:
    names = ["CH", "ch", "Schweiz", "Suisse", "svizzera", "UK", "Royaume-Uni", "Vereinigtes Königreich", "nowhere", ""]
    assert list(map(code_of, names)) == ["CH", "CH", "CH", "CH", "CH", "GB", "GB", "GB", "", ""]


def test_names_are_only_taken_apart_where_nobody_gave_them_apart() -> None:
    people = [("Ada", "Lovelace", "Ada Lovelace"), ("Ada", "", "Ada"), ("", "", "Ada King Lovelace"), ("", "", "Ada")]
    assert [preset_value.given_name(*one) for one in people] == ["Ada", "Ada", "Ada King", "Ada"]
    assert [preset_value.family_name(*one) for one in people] == ["Lovelace", "", "Lovelace", ""]
    assert [preset_value.some_family_name(*one, "a.l@example.org") for one in people] == [
        "Lovelace",
        "Ada",
        "Lovelace",
        "Ada",
    ]
    assert preset_value.some_family_name("", "", "", "a.l@example.org") == "a.l"


def test_times_and_days_are_written_as_each_program_reads_them() -> None:
    at = "2026-11-01 12:00:07.123"
    assert (preset_value.moment(at), preset_value.iso_moment(at)) == ("2026-11-01 12:00:07", "2026-11-01T12:00:07Z")
    assert (preset_value.day_of(at), preset_value.day_first("1984-02-29")) == ("01/11/2026", "29/02/1984")
    assert (preset_value.month_and_day("1984-02-29"), preset_value.year("1984-02-29")) == ("02/29", "1984")
    assert [
        rule("tomorrow")
        for rule in (preset_value.day, preset_value.month_and_day, preset_value.day_first, preset_value.year)
    ] == [""] * 4
    assert (preset_value.moment(""), preset_value.iso_moment(""), preset_value.day_of("")) == ("", "", "")


def test_hashes_are_of_the_normalised_value_and_nothing_is_hashed_to_nothing() -> None:
    sha = hashlib.sha256(b"ada@example.org").hexdigest()
    assert preset_value.hashed("  Ada@Example.ORG ") == preset_value.hashed("ada@example.org") == sha
    assert preset_value.hashed_phone("0041 79 123 45 67", "") == hashlib.sha256(b"+41791234567").hexdigest()
    assert preset_value.hashed_digits("0041 79 123 45 67", "") == hashlib.sha256(b"41791234567").hexdigest()
    assert preset_value.hashed_given_name("Zoë", "", "") == hashlib.sha256("zoë".encode()).hexdigest()
    assert (preset_value.hashed(" "), preset_value.hashed_phone("none", "CH"), preset_value.hashed_digits("", "")) == (
        "",
        "",
        "",
    )


@given(st.text())
def test_a_text_is_cut_at_bytes_between_characters(text: str) -> None:
    cut = preset_value.clipped(10)(text)
    assert text.startswith(cut)
    assert len(cut.encode()) <= 10
    assert cut == text or len((cut + text[len(cut)]).encode()) > 10


@given(st.text())
def test_what_a_spreadsheet_gets_is_no_formula_and_a_phone_number_stays_one(text: str) -> None:
    shown = guard(text)
    assert shown in {text, f"'{text}"}
    assert shown[:1] not in set("=-@\t\r\n\uff1d\uff0d\uff20\uff0b")
    assert shown[:1] != "+" or re.fullmatch(r"\+[0-9 \u00a0\u202f]+", shown)


@given(st.lists(st.text(" \t\n\r\x1c\x1f\xa0ab\u3000", max_size=6), min_size=1, max_size=4))
def test_a_whole_column_is_put_on_lines_as_each_text_of_it(column: list[str]) -> None:
    assert list(preset_value.line_column(column)) == [preset_value.line(text) for text in column]


PHONES = st.from_regex(r"\A(\+?[0-9 ]{0,12}|\n)(\n|\+417912345)?\Z") | st.sampled_from(
    ["", "+41791234567", "079 1234567"]
)


@given(st.lists(PHONES, min_size=1, max_size=4))
def test_whole_columns_of_numbers_are_written_as_each_number_of_it(numbers: list[str]) -> None:
    living_in = ["CH"] * len(numbers)
    assert list(preset_value.phone_column(numbers, living_in)) == list(map(preset_value.phone, numbers, living_in))
    hashes = preset_value.hashed_phone_column(numbers, living_in)
    assert list(hashes) == list(map(preset_value.hashed_phone, numbers, living_in))


def test_small_rules() -> None:
    assert preset_value.one_address("1 Rue X\n2e", "Genève", "", "1200", "Suisse") == "1 Rue X  2e  Genève  1200  CH"
    assert preset_value.one_address("", "", "", "", "CH") == ""
    assert [preset_value.sex(text) for text in ("Mme", "Herr", "F", "m", "diverse", "")] == ["f", "m", "f", "m", "", ""]
    assert [preset_value.chosen(text) for text in ('["a", "b"]', "a", "[", "")] == ["a, b", "a", "[", ""]
    assert (
        preset_value.reference("Tea  House")
        == preset_value.reference(" tea house")
        != preset_value.reference("Teahouse")
    )
    assert preset_value.reference(" ") == ""
    assert [preset_value.reason(*one) for one in (("bounced", "1"), ("confirmed", "1"), ("unsubscribed", ""))] == [
        "bounced",
        "suppressed",
        "unsubscribed",
    ]


def test_every_preset_keeps_to_its_programs_rules() -> None:
    for preset in PRESETS.values():
        for place in range(len(preset.tables)):
            names = [cell.heading.lower() for cell in preset.cells(place, "EX", with_proof=True)]
            assert len(names) == len(set(names)), preset.name
    headings = {name: [cell.heading for cell in preset.tables[0].cells] for name, preset in PRESETS.items()}
    assert headings["google-ads"] == headings["google-ads-hashed"]
    assert ",".join(headings["google-ads"]) == "Email,Phone,First Name,Last Name,Country,Zip"
    assert ",".join(headings["brevo"]) == "EMAIL,FIRSTNAME,LASTNAME,SMS,EXT_ID,DOUBLE_OPT-IN"
    assert ",".join(headings["brevo-fr"]) == "EMAIL,PRENOM,NOM,SMS,EXT_ID,DOUBLE_OPT-IN"
    assert headings["klaviyo"][0] == "Email"
    assert {"Company Name", "Address 1", "Last Name", "First Name"} <= set(headings["sage-company"])
    assert {"Last Name", "First Name", "Address 1"} <= set(headings["sage-person"])
    assert headings["sage-lead"] == ["Company Name", "Last Name", "First Name", "Description", "Assigned to", "Email"]
    assert headings["mailchimp"][-4:] == ["OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP"]
    assert headings["tiktok"] == ["Email_SHA256", "Phone_SHA256"]
    assert {preset.name for preset in PRESETS.values() if preset.for_people} == {
        "crm-fr",
        "crm-fr-cp1252",
        "crm-fr-two",
    }
    assert all(not PRESETS[name].mark for name in ("google-ads", "google-ads-hashed", "meta", "tiktok", "salesforce"))


def test_an_older_encoding_loses_accents_it_lacks_and_keeps_its_own() -> None:
    sheet = PresetSheet(PRESETS["crm-fr-cp1252"], 0, "", with_proof=False)
    assert sheet.content(["Zoë Ștefan 名 €\r\n"]) == "Zoë Stefan ? €\r\n".encode("cp1252")
    assert PresetSheet(PRESETS["crm-fr"], 0, "", with_proof=False).heading.startswith(
        "\ufeffRéférence externe;".encode()
    )


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])).map(
    lambda text: text.strip()
)


@given(NAMES, NAMES, NAMES, NAMES)
def test_a_card_is_read_back_as_it_was_written(last: str, first: str, company: str, town: str) -> None:
    text = card(
        "EX", last, first, "Somebody", "a@example.org", "+41791234567", company, "", "", town, "", "", "", "", "1"
    )
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    [(_line, cells, _text)] = vcard_in.cards(text.splitlines(keepends=True) if "\x85" not in text else text.split("\n"))
    read = dict(zip(vcard_in.COLUMNS, cells, strict=True))
    assert [read[name] for name in ("first_name", "last_name", "email")] == [first, last, "a@example.org"]
    assert (read["phone"], read["locality"]) == ("+41791234567", town)


def test_line_breaks_in_a_card_are_escaped_and_long_lines_fold_between_characters() -> None:
    assert escaped("a;b,c\\d\ne") == "a\\;b\\,c\\\\d\\ne"
    assert folded("é" * 60).split("\r\n ") == ["é" * 37, "é" * 23]


def test_a_mark_is_found_wherever_it_stands_and_a_name_is_as_short_as_its_program_wants() -> None:
    mark = new_mark()
    assert MARK.findall(f"letter-{mark}.csv") == [mark]
    run = SimpleNamespace(format="sage-person", files=2, mark=mark, created_at=__import__("datetime").date(2026, 11, 1))
    name = finished_file.name_of(run, "a-very-long-name-of-a-list" * 3)  # type: ignore[arg-type]
    assert name.endswith(f"-sage-person-2026-11-01-{mark}.zip")
    assert len(name) == 59
