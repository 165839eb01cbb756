"""Company and VAT numbers by their check digits, offline: Belgium, Switzerland, France, and every VAT number of the EU.

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

from signup.contacts.verdict import Checked, Verdict
from signup.i18n import _

MAX_TYPED = 40
SIREN_DIGITS, SIRET_DIGITS, TVA_LENGTH = 9, 14, 11
BE_LENGTH, BE_OLD_LENGTH = 10, 9


def check_company_number(value: str, country: str = "", _beside: str = "") -> Checked:
    """`BE0428759497`, `CHE107787577`, `FR732829320`, or another VAT number of the EU with its country's letters."""
    typed = " ".join(value.split())[:MAX_TYPED]
    compact = re.sub(r"[\s.\-/]", "", typed.upper())
    compact = re.sub(r"^(TVA|VAT|BTW|MWST|NR|NO|N°)+:?|(?<=\d)(MWST|TVA|IVA|TPV)$", "", compact)
    country = _country_of(compact, country.upper())
    try:
        if country == "BE":
            return _belgian(compact)
        if country == "CH":
            return Checked(ch_uid.compact(ch_uid.validate(compact)), Verdict.OK)
        if country == "FR":
            return _french(compact)
        written = compact if compact[:2].isalpha() else f"{country}{compact}"
        return Checked(str(eu_vat.validate(written)), Verdict.OK)
    except (ValidationError, ValueError):
        hint = _("The check digits of this number are not right. Please look again.")
        if not country:
            hint = _("Please begin with the country’s letters, as BE or CHE.")
        return Checked(typed, Verdict.INVALID, hint)


def vat_number(number: str) -> str:
    """The VAT number that belongs to a checked company number; empty where none can be told from it."""
    if number.startswith("FR"):
        return f"FR{fr_siren.to_tva(number.removeprefix('FR')).replace(' ', '')}"
    if number.startswith("CHE"):
        return f"{ch_uid.format(number)} MWST"
    return number


def country_of(number: str) -> str:
    """The country of a checked company number."""
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
        number = fr_tva.validate(number)[2:]
    return Checked(f"FR{fr_siren.validate(number)}", Verdict.OK)
