"""Checks company and VAT numbers by their check digits, offline: Belgium, Switzerland, France, all VAT numbers of the
EU.

A company has one number here however it was typed: a SIRET or a French VAT number becomes the SIREN in it.
"""

import re

from stdnum.be import vat as be_vat
from stdnum.ch import uid as ch_uid
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren as fr_siren
from stdnum.fr import siret as fr_siret
from stdnum.fr import tva as fr_tva

from signup.checks.country import code_of
from signup.checks.verdict import Checked, Verdict
from signup.ground.i18n import _

MAX_TYPED = 60
SIREN_DIGITS, SIRET_DIGITS, TVA_LENGTH = 9, 14, 11
BE_LENGTH, BE_OLD_LENGTH = 10, 9
# The tax office gives companies of Monaco a French VAT number in which no SIREN stands.
MONACO = re.compile(r"FR[0-9A-Z]{2}000\d{6}")
PREFIXES = frozenset({state.upper() for state in eu_vat.MEMBER_STATES} | {"EL", "XI", "CHE"})
IDE = frozenset({"IDE", "IDI"})  # what the Swiss number is called, not Germany's letters
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHORTEST_WORD = 3
"""Letters: no number ends in so many, so these are a word, such as `MWST` or `RCS Paris`."""


def check_company_number(value: str, country: str = "", _beside: str = "") -> Checked:
    """`BE0428759497`, `CHE107787577`, `FR732829320`, or another VAT number of the EU with its country's letters.
    Words before and behind are left out: `SIRET: 732 829 320 00074`, `732 829 320 RCS Paris`.
    """
    typed, country = " ".join(value.split())[:MAX_TYPED], code_of(country)
    country = "FR" if country == "MC" else country
    for compact in _candidates(typed):
        try:
            return _checked(compact, _country_of(compact, country))
        except (ValidationError, ValueError):
            continue
    hint = _("The check digits of this number are wrong. Please check it.")
    if not any(_country_of(compact, country) for compact in _candidates(typed)):
        hint = _("Start with the country’s letters, such as BE or CHE.")
    return Checked(typed, Verdict.INVALID, hint)


def _candidates(typed: str) -> list[str]:
    """The number as typed, and without the words around it; each once."""
    text = re.sub(r"\b([A-Z])\.(?=[A-Z]\b)", r"\1", typed.upper())  # R.C.S.
    words = re.findall(r"[A-Z0-9]+", text)
    with_digits = [place for place, word in enumerate(words) if not word.isalpha()]
    found = ["".join(words)]
    if with_digits:
        first, last = with_digits[0], with_digits[-1]
        behind = words[last + 1 :]
        is_word = next((place for place, word in enumerate(behind) if len(word) >= SHORTEST_WORD), len(behind))
        core = re.sub(r"(?<=\d)[A-Z]{3,}\Z", "", "".join(words[first : last + 1])) + "".join(behind[:is_word])
        found += _without_word(words[first - 1] if first else "", core)
    return list(dict.fromkeys(found))


def _without_word(before: str, core: str) -> list[str]:
    """The number with its country's letters, where it has some: of `FR 44…`, `TVAFR44…` and `SIRET73…`."""
    if before in PREFIXES:
        return [f"{before}{core}"]
    digits = core.lstrip(LETTERS)
    letters = core.removesuffix(digits)
    if len(letters) < SHORTEST_WORD or letters == "ATU":
        return [core]
    joined = [] if letters in IDE else [letters[-3:], letters[-2:]]
    return [f"{prefix}{digits}" for prefix in [*(one for one in joined if one in PREFIXES), ""]]


def _checked(compact: str, country: str) -> Checked:
    if country == "BE":
        return _belgian(compact)
    if country == "CH":
        return Checked(ch_uid.compact(ch_uid.validate(compact)), Verdict.OK)
    if country == "FR":
        return _french(compact)
    written = compact if compact[:2].isalpha() else f"{country}{compact}"
    return Checked(str(eu_vat.validate(written)), Verdict.OK)


def vat_number(number: str) -> str:
    """The VAT number of a checked company number; empty where it cannot be computed."""
    if number.startswith("FR") and not MONACO.fullmatch(number):
        return f"FR{fr_siren.to_tva(number.removeprefix('FR')).replace(' ', '')}"
    if number.startswith("CHE"):
        return f"{ch_uid.format(number)} MWST"
    return number


def country_of(number: str) -> str:
    """The country of a checked company number."""
    if MONACO.fullmatch(number):
        return "MC"
    return "GR" if number.startswith("EL") else number[:2]


def _country_of(compact: str, country: str) -> str:
    if compact.startswith("CHE"):
        return "CH"
    letters = compact[:2]
    if letters.isalpha() and letters.isascii():
        return letters
    if not country and len(compact) == BE_LENGTH and be_vat.is_valid(compact):
        return "BE"
    if not country and len(compact) in {SIREN_DIGITS, SIRET_DIGITS} and fr_siren.is_valid(compact[:SIREN_DIGITS]):
        return "FR"
    return country


def _belgian(compact: str) -> Checked:
    digits = compact.removeprefix("BE")
    # Numbers had nine digits until 2005; today's begin with 0 or 1.
    digits = digits.zfill(BE_LENGTH) if len(digits) == BE_OLD_LENGTH else digits
    return Checked(f"BE{be_vat.validate(digits)}", Verdict.OK)


def _french(compact: str) -> Checked:
    number = compact.removeprefix("FR")
    if len(number) == SIRET_DIGITS:
        fr_siret.validate(number)
        number = number[:SIREN_DIGITS]
    elif len(number) == TVA_LENGTH:
        number = fr_tva.validate(number)
        if MONACO.fullmatch(f"FR{number}"):
            return Checked(f"FR{number}", Verdict.OK)
        number = number[2:]
    return Checked(f"FR{fr_siren.validate(number)}", Verdict.OK)
