"""All checks by name. A value is checked when somebody types it, when a file brings it, and again by the worker. A
field names its check (`field.checks`); without one, its key decides.

A check is a pure function; nothing here asks the network or the database, and nothing is refused for what it says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from signup.checks.activity_code import check_activity
from signup.checks.company_number import check_company_number
from signup.checks.country import code_of
from signup.checks.legal_form import check_legal_form
from signup.checks.phone import check_phone
from signup.checks.postal import check_postal_code
from signup.checks.verdict import Checked

Check = Callable[[str, str, str], Checked]
"""Takes the value, the country (two letters, or empty) and the second value: for a postal code, the locality."""

CHECKS: dict[str, Check] = {
    "phone": check_phone,
    "postal_code": check_postal_code,
    "company_number": check_company_number,
    "nace": check_activity,
    "legal_form": check_legal_form,
}
ANSWERS = {
    "phone": "phone",
    "mobile": "phone",
    "company_phone": "phone",
    "postal_code": "postal_code",
    "company_number": "company_number",
    "vat_number": "company_number",
    "nace": "nace",
    "legal_form": "legal_form",
}
"""The check of each answer by its key, where the field names no other."""
COUNTRY = "country"


class CheckedAnswer(NamedTuple):
    """What a check found about one answer."""

    key: str
    raw: str
    checked: Checked


def check_answers(
    answers: Mapping[str, Any], default_country: str = "", checks: Mapping[str, str] = ANSWERS
) -> Iterator[CheckedAnswer]:
    """Check every answer that has a check, in the country that the answers name, else in `default_country`."""
    country = country_in(answers) or default_country
    for key in answers.keys() & checks.keys():
        value = answers[key]
        if isinstance(value, str) and value:
            name = checks[key]
            beside = answers.get(second_key_of(key, name), "")
            yield CheckedAnswer(key, value, CHECKS[name](value, country, beside if isinstance(beside, str) else ""))


def second_key_of(key: str, check: str) -> str:
    """The key of a second answer that a check reads: for `company_postal_code` it is `company_city`; empty for none."""
    return key.removesuffix(check) + "city" if check == "postal_code" and key.endswith(check) else ""


def checks_by_key(chosen: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The check of each key, when these keys name their own. Unknown names of checks are ignored."""
    return ANSWERS | {key: name for key, name in chosen if name in CHECKS}


def country_in(answers: Mapping[str, Any]) -> str:
    """The two letters of the country that the answers name; empty for none."""
    country = answers.get(COUNTRY)
    return code_of(country) if isinstance(country, str) else ""
