from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signup.checks.check import CHECKS, check_answers
from signup.checks.company_number import country_of, vat_number
from signup.checks.country import code_of
from signup.checks.verdict import Verdict
from signup.imports.file_answer import reader_for

OK, MISMATCH, INVALID = Verdict.OK, Verdict.MISMATCH, Verdict.INVALID


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("CH", "CH|ch|CHE|Suisse|SUISSE|Schweiz|Svizzera|Zwitserland|Switzerland|Svizra| Suisse |Suisse (CH)|🇨🇭"),
        ("GB", "GB|UK|U.K.|GBR|Royaume-Uni|Royaume Uni|Vereinigtes Königreich|Regno Unito|Great Britain|England"),
        ("FR", "FR|FRA|France|Frankreich|Francia|Frankrijk"),
        ("BE", "BE|BEL|Belgique|België|Belgien|Belgio|Belgium"),
        ("DE", "DE|DEU|Allemagne|Deutschland|Germania|Duitsland"),
        ("AT", "AT|AUT|Österreich|Oesterreich|Autriche|Oostenrijk"),
        ("NL", "NL|NLD|Pays-Bas|Nederland|Niederlande|Paesi Bassi|Holland"),
        ("US", "US|USA|U.S.A.|États-Unis|Etats-Unis|Stati Uniti|United States of America"),
        ("CZ", "CZ|Tchéquie|République tchèque|Czech Republic|Tschechien"),
        ("GR", "GR|EL|Grèce|Griechenland|Griekenland"),
        ("CI", "Côte d’Ivoire|Cote d'Ivoire|Ivory Coast"),
        ("RE", "La Réunion|Réunion|REU"),
        ("", "|XX|EU|Atlantis|other|756|Zone euro|Europe"),
    ],
)
def test_a_country_is_known_by_its_codes_and_by_its_names_in_every_language(code: str, names: str) -> None:
    assert {name: code_of(name) for name in names.split("|")} == dict.fromkeys(names.split("|"), code)


@given(st.text(max_size=60))
def test_any_text_is_a_country_or_none(text: str) -> None:
    assert code_of(text) in {"", code_of(code_of(text))}


def test_answers_are_read_in_the_country_that_they_name_in_words() -> None:
    for country in ("Suisse", "schweiz", "CHE"):
        answers = {"phone": "079 123 45 67", "postal_code": "1003", "city": "Lausanne", "country": country}
        found = {one.key: (one.checked.value, one.checked.verdict) for one in check_answers(answers, "FR")}
        assert found == {"phone": ("+41791234567", OK), "postal_code": ("1003", OK)}


def test_a_file_may_name_the_country_of_a_choice_in_words() -> None:
    options = [{"value": code, "label": code} for code in ("CH", "FR", "other")]
    field: dict[str, Any] = {"key": "country", "type": "choice", "options": options}
    read = reader_for(field)
    assert [read(cell) for cell in ("Suisse", "fr", "Frankreich", "Espagne")] == ["CH", "FR", "FR", "other"]
    for cell, known in (("Atlantis", options), ("Espagne", options[:2])):
        with pytest.raises(ValueError):  # noqa: PT011  # the reader says no more
            reader_for(field | {"options": known})(cell)


@pytest.mark.parametrize(
    ("typed", "country", "kept", "verdict"),
    [
        ("06 12 34 56 78 (bureau)", "FR", "+33612345678", OK),
        ("+41 79 123 45 67 (Ada)", "", "+41791234567", OK),
        ("+41 79 123 45 67 (Ada", "CH", "+41791234567", OK),
        ("079 123 45 67, privé", "Suisse", "+41791234567", OK),
        ("06.12.34.56.78 - domicile", "France", "+33612345678", OK),
        ("Tél. 06 12 34 56 78", "FR", "+33612345678", OK),
        ("tel:+41-79-123-45-67", "", "+41791234567", OK),
        ("Natel: 079 123 45 67", "Schweiz", "+41791234567", OK),
        ("044 668 18 00 int. 12", "CH", "+41446681800", OK),
        ("044 668 18 00 poste 12", "CH", "+41446681800", OK),
        ("044 668 18 00 Durchwahl 12", "CH", "+41446681800", OK),
        ("044 668 18 00x12", "CH", "+41446681800", OK),
        ("044 668 18 00 #12", "CH", "+41446681800", OK),
        ("+32 2 512 34 56 toestel 3", "", "+3225123456", OK),
        ("0690 30 12 34", "FR", "+590690301234", OK),
        ("0262 12 34 56", "FR", "+262262123456", OK),
        ("0596 12 34 56", "FR", "+33596123456", OK),
        ("0694 20 12 34", "FR", "+594694201234", OK),
        ("06 12 34 56 78", "RE", "+33612345678", OK),
        ("41791234567.0", "CH", "+41791234567", OK),
        ("33612345678.0", "", "+33612345678", OK),
        ("0041 79 123 45 67", "", "+41791234567", OK),
        ("00 33 6 12 34 56 78", "", "+33612345678", OK),
        ("(0041) 79 123 45 67", "", "+41791234567", OK),
        ("\u202a+41 79 123 45 67\u202c", "", "+41791234567", OK),
        ("0791234567", "", "0791234567", INVALID),
        ("4.17E+10", "CH", "4.17E+10", INVALID),
        ("079 123 45 67 / 044 668 18 00", "CH", "079 123 45 67 / 044 668 18 00", INVALID),
        ("mobile", "CH", "mobile", INVALID),
    ],
)
def test_a_telephone_number_is_read_out_of_its_words(typed: str, country: str, kept: str, verdict: Verdict) -> None:
    checked = CHECKS["phone"](typed, country, "")
    assert (checked.value, checked.verdict) == (kept, verdict)
    assert CHECKS["phone"](checked.value, country, "").value == kept


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("SIRET: 732 829 320 00074", "FR", "FR732829320"),
        ("SIREN 732 829 320", "", "FR732829320"),
        ("SIRET73282932000074", "FR", "FR732829320"),
        ("732 829 320 RCS Paris", "FR", "FR732829320"),
        ("R.C.S. Aix-en-Provence B 732 829 320", "FR", "FR732829320"),
        ("TVA intracommunautaire : FR 44 732 829 320", "", "FR732829320"),
        ("TVAFR44732829320", "", "FR732829320"),
        ("UID: CHE-107.787.577 MWST", "", "CHE107787577"),
        ("IDE CHE-107.787.577 TVA", "", "CHE107787577"),
        ("IDE 107.787.577", "Suisse", "CHE107787577"),
        ("CHE107787577IVA", "", "CHE107787577"),
        ("P.IVA 00743110157", "IT", "IT00743110157"),
        ("Partita IVA: IT 00743110157", "", "IT00743110157"),
        ("USt-IdNr. DE136695976", "", "DE136695976"),
        ("USt-ID: 136695976", "DE", "DE136695976"),
        ("UID ATU13585627", "", "ATU13585627"),
        ("RPM Bruxelles 0428.759.497", "BE", "BE0428759497"),
        ("0428.759.497 (RPM Liège)", "BE", "BE0428759497"),
        ("BTW-nr.: BE 0428.759.497", "", "BE0428759497"),
        ("Nº 0428.759.497", "BE", "BE0428759497"),
        ("NL 0044.95.445.B.01", "", "NL004495445B01"),
        ("IE 6433435 F", "", "IE6433435F"),
        ("ES A-13585625", "", "ESA13585625"),
        ("FR16000063601", "FR", "FR16000063601"),
        ("FR 53 0000 04605", "", "FR53000004605"),
        ("16000063601", "Monaco", "FR16000063601"),
    ],
)
def test_a_company_number_is_read_out_of_its_words(typed: str, country: str, kept: str) -> None:
    checked = CHECKS["company_number"](typed, country, "")
    assert (checked.value, checked.verdict) == (kept, OK)
    assert CHECKS["company_number"](kept, country, "").value == kept


@pytest.mark.parametrize(
    ("typed", "country"),
    [("SIRET: 732 829 320 00075", "FR"), ("UID CHE-107.787.578", ""), ("RCS Paris", "FR"), ("FR 45 732829320", "BE")],
)
def test_words_do_not_make_a_wrong_number_right(typed: str, country: str) -> None:
    assert CHECKS["company_number"](typed, country, "").verdict == INVALID


def test_a_number_of_monaco_is_its_own_vat_number() -> None:
    assert (vat_number("FR16000063601"), country_of("FR16000063601")) == ("FR16000063601", "MC")
    assert (vat_number("FR732829320"), country_of("FR732829320")) == ("FR44732829320", "FR")
