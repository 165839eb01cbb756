import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from signup.checks import activity_code, company_number, legal_form, postal, reference
from signup.checks.check import CHECKS, check_answers
from signup.checks.verdict import Verdict
from signup.cli.check import check_id, check_postal
from signup.ground.i18n import speaking

OK, UNKNOWN, MISMATCH, INVALID = Verdict.OK, Verdict.UNKNOWN, Verdict.MISMATCH, Verdict.INVALID


@pytest.mark.parametrize(
    ("what", "value", "country", "beside", "kept", "verdict"),
    [
        ("phone", "079 123 45 67", "CH", "", "+41791234567", OK),
        ("phone", "06 12 34 56 78", "FR", "", "+33612345678", OK),
        ("phone", "0470/12.34.56", "BE", "", "+32470123456", OK),
        ("phone", "+33 6 12 34 56 78", "CH", "", "+33612345678", OK),
        ("phone", "0791234567", "", "", "0791234567", INVALID),
        ("phone", "079 123", "CH", "", "079 123", INVALID),
        ("postal_code", "1003", "CH", "Genève", "1003", MISMATCH),
        ("postal_code", "CH-1003", "CH", "LAUSANNE", "1003", OK),
        ("postal_code", "1020", "CH", "Renens VD", "1020", OK),
        ("postal_code", "3000", "CH", "Berne", "3000", OK),
        ("postal_code", "2502", "CH", "Bienne", "2502", OK),
        ("postal_code", "5000", "BE", "Namur", "5000", OK),
        ("postal_code", "4000", "BE", "Liège", "4000", OK),
        ("postal_code", "1300", "BE", "Wavre", "1300", OK),
        ("postal_code", "5100", "BE", "Jambes", "5100", OK),
        ("postal_code", "B-1000", "BE", "Brussel", "1000", OK),
        ("postal_code", "75001", "FR", "Lyon", "75001", MISMATCH),
        ("postal_code", "69003", "FR", "LYON CEDEX 03", "69003", OK),
        ("postal_code", "69439", "FR", "Lyon Cedex 03", "69439", OK),
        ("postal_code", "01 000", "FR", "Bourg en Bresse", "01000", OK),
        ("postal_code", "35400", "FR", "St-Malo", "35400", OK),
        ("postal_code", "75009", "FR", "PARIS 09", "75009", OK),
        ("postal_code", "69003", "FR", "Lyon 3e", "69003", OK),
        ("postal_code", "13004", "FR", "MARSEILLE 04", "13004", OK),
        ("postal_code", "75116", "FR", "Paris 16ème arrondissement", "75116", OK),
        ("postal_code", "75009", "FR", "PARIS 09 CEDEX", "75009", OK),
        ("postal_code", "75008", "FR", "Paris 09", "75008", MISMATCH),
        ("postal_code", "01200", "FR", "Bellegarde-sur-Valserine", "01200", OK),
        ("postal_code", "98000", "FR", "Monaco", "98000", OK),
        ("postal_code", "98800", "FR", "Nouméa", "98800", UNKNOWN),
        ("postal_code", "1002", "CH", "Lausanne", "1002", OK),
        ("postal_code", "8021", "Schweiz", "Zürich", "8021", OK),
        ("postal_code", "1002", "CH", "Zürich", "1002", MISMATCH),
        ("postal_code", "1003", "CH", "Lausane", "1003", MISMATCH),
        ("postal_code", "3718", "CH", "Eggeschwand", "3718", UNKNOWN),
        ("postal_code", "9999", "CH", "", "9999", MISMATCH),
        ("postal_code", "1180", "BE", "Bruxelles", "1180", OK),
        ("postal_code", "1030", "BE", "Brussel", "1030", OK),
        ("postal_code", "3800", "BE", "Brustem", "3800", OK),
        ("postal_code", "8620", "BE", "Ramskapelle", "8620", OK),  # there is one at 8301, too
        ("postal_code", "8380", "BE", "Zeebrugge", "8380", OK),
        ("postal_code", "4837", "BE", "Membach", "4837", UNKNOWN),
        ("postal_code", "7784", "BE", "Warneton", "7784", OK),
        ("postal_code", "1000", "BE", "Anvers", "1000", MISMATCH),
        ("postal_code", "123", "CH", "", "123", INVALID),
        ("postal_code", "1012ab", "NL", "", "1012 AB", OK),
        ("postal_code", "anything", "", "", "ANYTHING", OK),
        ("company_number", "0428.759.498", "BE", "", "0428.759.498", INVALID),
        ("company_number", "0428.759.497", "BE", "", "BE0428759497", OK),
        ("company_number", "428759497", "BE", "", "BE0428759497", OK),
        ("company_number", "BE 1000.000.034", "", "", "BE 1000.000.034", INVALID),
        ("company_number", "BE 1000.000.021", "", "", "BE1000000021", OK),
        ("company_number", "CHE-107.787.577 TVA", "", "", "CHE107787577", OK),
        ("company_number", "732 829 320", "FR", "", "FR732829320", OK),
        ("company_number", "732 829 320 00074", "FR", "", "FR732829320", OK),
        ("company_number", "FR 44 732829320", "", "", "FR732829320", OK),
        ("company_number", "DE136695976", "FR", "", "DE136695976", OK),
        ("company_number", "136695976", "DE", "", "DE136695976", OK),
        ("nace", "5611", "", "", "2.1:56.11", OK),
        ("nace", "2.1:56.11", "", "", "2.1:56.11", OK),
        ("nace", "56.10Z", "FR", "", "2:56.10", OK),
        ("nace", "restaurant", "", "", "restaurant", INVALID),
        ("legal_form", "Sàrl", "CH", "", "3EKS", OK),
        ("legal_form", "SARL", "FR", "", "V9QP", OK),
        ("legal_form", "s.r.l.", "BE", "", "3W7E", OK),
        ("legal_form", "B.V.", "NL", "", "54M6", OK),
        ("legal_form", "SA", "", "", "SA", MISMATCH),
        ("legal_form", "Ltd", "CH", "", "Ltd", INVALID),
    ],
)
def test_a_check_normalises_and_judges(
    what: str, value: str, country: str, beside: str, kept: str, verdict: Verdict
) -> None:
    checked = CHECKS[what](value, country, beside)
    assert (checked.value, checked.verdict) == (kept, verdict)
    assert CHECKS[what](checked.value, country, beside).value == kept  # what is kept is read the same again


def test_a_hint_says_what_may_have_been_meant(context: Flask) -> None:
    checked = postal.check_postal_code("1003", "CH", "Genève")
    assert checked.suggestions[0] == "1003 Lausanne"
    assert any(one.startswith("120") for one in checked.suggestions)
    assert (checked.region, checked.version) == ("CH-VD", "countrystatecity-postal-codes 2.0.1")
    with speaking("en"):
        assert str(checked.hint) == "Did you mean 1003 Lausanne?"
    assert reference.regions()["CH-VD"] == "Vaud"
    assert postal.region_of("69001", "FR") == "FR-69"
    assert postal.region_of("97400", "FR") == "FR-974"
    assert postal.region_of("5000", "BE") == "BE-WNA"
    assert company_number.vat_number("FR732829320") == "FR44732829320"


def test_activities_and_legal_forms_are_found_by_word() -> None:
    assert [one.key for one in activity_code.search("restaurant")][:2] == ["2.1:56.1", "2.1:56.11"]
    assert "2:10.7" in [one.key for one in activity_code.search("boulang")]
    assert activity_code.is_under("2.1:56.11", "2.1:I")
    assert not activity_code.is_under("2.1:56.11", "2.1:C")
    assert [one.short for one in legal_form.forms_of("CH")][:3] == ["EI", "SA / AG", "Sàrl / GmbH"]


def test_answers_are_checked_in_the_country_they_name() -> None:
    answers = {"phone": "079 123 45 67", "postal_code": "1003", "city": "Genève", "country": "ch", "company": "X"}
    found = {one.key: (one.checked.value, one.checked.verdict) for one in check_answers(answers, "FR")}
    assert found == {"phone": ("+41791234567", OK), "postal_code": ("1003", MISMATCH)}
    assert {one.checked.verdict for one in check_answers({"phone": "079 12", "city": ["x"]}, "FR")} == {INVALID}


@given(st.sampled_from(sorted(CHECKS)), st.text(max_size=80), st.sampled_from(["", "CH", "FR", "BE", "NL", "XX"]))
def test_no_text_whatever_makes_a_check_fall_over(what: str, value: str, country: str) -> None:
    checked = CHECKS[what](value, country, value)
    assert len(checked.value) <= 120
    assert checked.is_ok or checked.hint


def test_the_console_answers_with_its_exit_code() -> None:
    wrong = CliRunner().invoke(check_postal, ["CH", "1003", "Genève", "--json"])
    assert (wrong.exit_code, json.loads(wrong.output)["suggestions"][0]) == (1, "1003 Lausanne")
    assert CliRunner().invoke(check_postal, ["BE", "5000", "Namur"]).exit_code == 0
    assert CliRunner().invoke(check_postal, ["Belgique", "3800", "Brustem"]).exit_code == 0
    assert CliRunner().invoke(check_id, ["BE", "0428.759.498"]).exit_code == 1
    right = CliRunner().invoke(check_id, ["FR", "732", "829", "320", "--json"])
    assert (right.exit_code, json.loads(right.output)["VAT number"]) == (0, "FR44732829320")
    assert CliRunner().invoke(check_id, ["Atlantis", "1"]).exit_code == 2


def test_the_tables_are_small_and_say_where_they_are_from() -> None:
    tables = [path for path in reference.FOLDER.iterdir() if path.suffix in {".txt", ".gz"}]
    assert sum(path.stat().st_size for path in tables) < 1_000_000
    notice = (Path(reference.FOLDER) / "NOTICE").read_text()
    assert [path.name for path in tables if path.name not in notice] == []
    assert all(licence in notice for licence in ("ODbL", "CC BY 4.0", "MIT"))
