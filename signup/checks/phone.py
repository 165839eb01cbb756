"""Checks telephone numbers by the numbering plans of libphonenumber. They are stored as E.164 (`+41791234567`)."""

import re

import phonenumbers
from phonenumbers import PhoneNumber

from signup.addresses.written_address import without_unseen
from signup.checks.country import code_of
from signup.checks.verdict import Checked, Verdict
from signup.ground.i18n import _

MAX_TYPED = 40
MAX_KEPT = 120
# The overseas departments have calling codes of their own, yet their people write `FR` and dial as France does.
FRENCH = ("FR", "GP", "RE", "MQ", "GF", "YT", "PM")
_LETTER = r"[^\W\d_]"
_COMMENT = re.compile(rf"\([^()]*{_LETTER}[^()]*(?:\)|\Z)|\[[^\[\]]*\]")
_BEFORE = re.compile(r"\A[^\d+(\uff0b]+")
_EXTENSION = re.compile(
    r"[\s,;/]*(?:\b(?:ext(?:ension)?|x|poste|pos|int(?:erne|erno)?|durchwahl|dw|nst|nebenstelle|toestel|tst|app(?:arat)?)\b"
    r"|#|(?<=\d)x)[\s.:]*\d{1,7}\s*\Z",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"(?<=[\d)])[\s,;:/.–-]+{_LETTER}[^\d]*\Z")
_AS_NUMBER = re.compile(r"(\d{8,15})[.,]0\Z")  # as a spreadsheet writes a number
_ABROAD = re.compile(r"\(?0\s*0\)?[\s./-]*(?=[1-9])")  # the prefix of nearly every country, E.123


def check_phone(value: str, country: str = "", _beside: str = "") -> Checked:
    """Check a number: `079 123 45 67` in `CH` is `+41791234567`. Without a country it must begin with `+` or `00` and a
    country code. Words around it and an extension are ignored.
    """
    typed, country = value.strip()[:MAX_KEPT], code_of(country)
    written = _bare(value[:MAX_KEPT], country)
    try:
        number = phonenumbers.parse(written[:MAX_TYPED], country or None)
    except phonenumbers.NumberParseException as error:
        lacks_code = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        hint = _("Start with the country code, such as +41.") if lacks_code else _("This is not a phone number.")
        return Checked(typed, Verdict.INVALID, hint)
    if country in FRENCH and not phonenumbers.is_valid_number(number) and not written.startswith("+"):
        number = _of_another_department(written, country) or number
    if len(written) > MAX_TYPED or not phonenumbers.is_possible_number(number):
        return Checked(typed, Verdict.INVALID, _("This phone number has too few or too many digits."))
    kept = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not phonenumbers.is_valid_number(number):
        return Checked(kept, Verdict.MISMATCH, _("This phone number does not exist. Please check it."))
    return Checked(kept, Verdict.OK)


def _bare(value: str, country: str) -> str:
    """The number without the words around it: `Tel. 044 123 45 67 ext. 12 (office)` is `044 123 45 67`."""
    text = _COMMENT.sub(" ", without_unseen(value)).strip()
    text = _BEFORE.sub("", text)
    text = _AFTER.sub("", _EXTENSION.sub("", _AFTER.sub("", text))).strip()
    if as_number := _AS_NUMBER.match(text):
        text = as_number[1]
        if _valid(f"+{text}", None):  # a spreadsheet drops the plus of a number
            return f"+{text}"
    return text if country else _ABROAD.sub("+", text, count=1) if _ABROAD.match(text) else text


def _of_another_department(written: str, country: str) -> PhoneNumber | None:
    found = (_valid(written, other) for other in FRENCH if other != country)
    return next(filter(None, found), None)


def _valid(written: str, country: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(written[:MAX_TYPED], country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
