"""Telephone numbers: E.164 (`+41791234567`), by the numbering plans that come with libphonenumber."""

import phonenumbers

from signup.contacts.verdict import Checked, Verdict
from signup.i18n import _

MAX_TYPED = 40


def check_phone(value: str, country: str = "", _beside: str = "") -> Checked:
    """`079 123 45 67` in `CH` is `+41791234567`. Without a country a number must begin with `+` and its code."""
    typed = value.strip()
    try:
        number = phonenumbers.parse(typed[:MAX_TYPED], country.upper() or None)
    except phonenumbers.NumberParseException as error:
        lacks_code = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        hint = _("Please begin with the country’s code, as +41.") if lacks_code else _("This is no telephone number.")
        return Checked(typed, Verdict.INVALID, hint)
    if len(typed) > MAX_TYPED or not phonenumbers.is_possible_number(number):
        return Checked(typed, Verdict.INVALID, _("This telephone number has too few or too many digits."))
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(number):
        return Checked(written, Verdict.MISMATCH, _("Nobody can have this telephone number: please look again."))
    return Checked(written, Verdict.OK)
