"""Fields to start from, for people and for companies. All optional: what an objective proposes is chosen by a person.

Their words are visitors' words, said in every language when a field is made. Income and family situation are nobody's
business by default: no objective proposes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from signup.fields.field import FieldGroup
from signup.fields.kinds.choice import Choice
from signup.fields.kinds.country import Country
from signup.fields.kinds.day import Day
from signup.fields.kinds.multi import Multi
from signup.fields.kinds.nested_choice import Catalogue
from signup.fields.kinds.number import Number
from signup.fields.kinds.phone import Phone
from signup.fields.kinds.text import Text
from signup.fields.kinds.year import Year
from signup.fields.kinds.yes_no import YesNo
from signup.fields.objective import Audience, Objective
from signup.ground.i18n import LANGUAGES, _, pgettext, speaking

MAX_PROPOSED = 8
OTHER = ("other", _("Other"))


@dataclass(frozen=True)
class FieldPreset:
    """A field as it is proposed. `options` are value and label; `reason` names why it is a text, by a code."""

    label: Any
    kind: str = Text.name
    group: FieldGroup = FieldGroup.PERSONAL
    options: tuple[tuple[str, Any], ...] = ()
    reason: str = "name"
    check: str = ""
    intrusive: bool = False
    of: tuple[Audience, ...] = (Audience.PEOPLE, Audience.COMPANIES, Audience.MIXED)


_PEOPLE, _FIRMS = (Audience.PEOPLE, Audience.MIXED), (Audience.COMPANIES, Audience.MIXED)
FIRM = FieldGroup.HOUSEHOLD
SIZES = tuple((size, size) for size in ("1", "2-9", "10-49", "50-249", "250-499", "500+"))
FUNCTIONS = (
    ("management", _("Management")),
    ("purchasing", _("Purchasing")),
    ("sales", _("Sales and marketing")),
    ("finance", _("Finance")),
    ("it", _("IT")),
    ("production", _("Production")),
    ("staff", _("Human resources")),
    OTHER,
)
LEGAL_FORMS = (
    ("sole", _("Sole proprietorship")),
    ("sa", "SA / AG / NV"),
    ("sarl", "Sàrl / SARL / SRL / GmbH / BV"),
    ("sas", "SAS"),
    ("snc", "SNC / OHG / VOF"),
    ("sc", "SCS / KG / CommV"),
    ("cooperative", _("Cooperative")),
    ("association", _("Association")),
    ("foundation", _("Foundation")),
    ("public", _("Public sector organisation")),
    ("branch", _("Branch of a foreign company")),
    OTHER,
)
INTERESTS = (
    ("news", _("News")),
    ("offers", _("Offers")),
    ("events", _("Events")),
    ("advice", _("Advice")),
)
PROFESSIONS = (
    ("employee", _("Employee")),
    ("executive", _("Executive")),
    ("self-employed", _("Self-employed")),
    ("craft", _("Trades and crafts")),
    ("farming", _("Agriculture")),
    ("public", _("Civil service")),
    ("student", _("Student or trainee")),
    ("retired", pgettext("profession", "Retired")),
    OTHER,
)
MONEY = tuple((band, band) for band in ("0-30k", "30-60k", "60-100k", "100k+"))
TURNOVER = tuple((band, band) for band in ("0-0.1M", "0.1-1M", "1-10M", "10-50M", "50M+"))
FAMILY = (("alone", _("Lives alone")), ("couple", _("Lives with a partner")), ("children", _("Has children")), OTHER)
EQUIPMENT = (
    ("computers", _("Computers")),
    ("servers", _("Servers")),
    ("vehicles", _("Vehicles")),
    ("machines", _("Machines")),
    OTHER,
)

PRESETS: dict[str, FieldPreset] = {
    "civility": FieldPreset(
        _("Salutation"),
        Choice.name,
        options=(
            ("mrs", pgettext("address", "Mrs")),
            ("mr", pgettext("address", "Mr")),
            ("none", pgettext("address", "None")),
        ),
    ),
    "first_name": FieldPreset(_("First name")),
    "last_name": FieldPreset(_("Last name")),
    "phone": FieldPreset(_("Phone"), Phone.name),
    "street": FieldPreset(_("Street and number"), reason="address"),
    "postal_code": FieldPreset(_("Postal code"), reason="number", check="postal_code"),
    "city": FieldPreset(_("Town"), reason="address"),
    "country": FieldPreset(_("Country"), Country.name),
    "birthday": FieldPreset(_("Birthday"), Day.name, of=_PEOPLE),
    "birth_year": FieldPreset(_("Year of birth"), Year.name, of=_PEOPLE),
    "profession": FieldPreset(_("Profession"), Catalogue.name, options=PROFESSIONS, of=_PEOPLE),
    "income": FieldPreset(_("Income"), Choice.name, options=MONEY, intrusive=True, of=_PEOPLE),
    "family": FieldPreset(
        _("Family situation"), Choice.name, FieldGroup.HOUSEHOLD, options=FAMILY, intrusive=True, of=_PEOPLE
    ),
    "interests": FieldPreset(_("Interests"), Multi.name, FieldGroup.ANALYSIS, options=INTERESTS),
    "products": FieldPreset(_("Products used"), Multi.name, FieldGroup.ANALYSIS, options=(OTHER,)),
    "company": FieldPreset(_("Company"), group=FIRM, of=_FIRMS),
    "function": FieldPreset(_("Job function"), Choice.name, FIRM, options=FUNCTIONS, of=_FIRMS),
    "legal_form": FieldPreset(_("Legal form"), Catalogue.name, FIRM, options=LEGAL_FORMS, of=_FIRMS),
    "company_number": FieldPreset(_("Company number"), group=FIRM, reason="number", check="company_number", of=_FIRMS),
    "founded": FieldPreset(_("Year founded"), Year.name, FIRM, of=_FIRMS),
    "nace": FieldPreset(_("Activity (NACE code)"), group=FIRM, reason="number", check="nace", of=_FIRMS),
    "headcount": FieldPreset(_("Number of employees"), Choice.name, FIRM, options=SIZES, of=_FIRMS),
    "turnover": FieldPreset(_("Annual turnover"), Choice.name, FIRM, options=TURNOVER, of=_FIRMS),
    "equipment": FieldPreset(_("Equipment"), Multi.name, FIRM, options=EQUIPMENT, of=_FIRMS),
    "suppliers": FieldPreset(_("Main suppliers"), Multi.name, FIRM, options=(OTHER,), of=_FIRMS),
    "competitors": FieldPreset(_("Competitors"), Multi.name, FIRM, options=(OTHER,), of=_FIRMS),
    "next_contact": FieldPreset(_("Follow up on"), Day.name, FieldGroup.OTHER),
    "balance": FieldPreset(_("Outstanding balance"), Number.name, FieldGroup.OTHER),
    "payer": FieldPreset(_("Pays on time"), YesNo.name, FieldGroup.OTHER),
    "reaction": FieldPreset(_("Happy to be phoned"), YesNo.name, FieldGroup.ADVERTISING),
}

NAMES = ("first_name", "last_name")
# For each objective: of people, then of companies. The names come first, and all of it stays within `MAX_PROPOSED`.
PROPOSED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Objective.COMMUNICATE: (("civility", "interests"), ("company", "interests")),
    Objective.PROSPECT: (
        ("phone", "postal_code", "birth_year", "interests"),
        ("company", "function", "headcount", "nace", "phone", "postal_code"),
    ),
    Objective.SELL: (
        ("phone", "street", "postal_code", "city", "products"),
        ("company", "company_number", "function", "phone", "next_contact"),
    ),
    Objective.LOYALTY: (
        ("civility", "birthday", "postal_code", "interests"),
        ("company", "function", "interests", "phone"),
    ),
    Objective.SELL_MORE: (
        ("phone", "products", "interests", "birth_year"),
        ("company", "headcount", "products", "equipment", "phone", "next_contact"),
    ),
    Objective.OWN: ((), ("company",)),
}


def proposed(ranked: Sequence[str], audience: str) -> list[tuple[str, str]]:
    """Which fields serve these objectives: each key with the objective it is proposed for, the main one's first."""
    found = dict.fromkeys(NAMES, ranked[0])
    for objective in ranked:
        for key in _keys(objective, audience):
            found.setdefault(key, objective)
    return list(found.items())[:MAX_PROPOSED]


def _keys(objective: str, audience: str) -> list[str]:
    people, companies = PROPOSED[objective]
    if audience == Audience.MIXED:
        # In turns, so that a bound leaves something of both.
        pairs = [
            pair for n in range(max(len(people), len(companies))) for pair in (companies[n : n + 1], people[n : n + 1])
        ]
        return list(dict.fromkeys(key for pair in pairs for key in pair))
    return list(people if audience == Audience.PEOPLE else companies)


def in_every_language(text: Any) -> dict[str, str]:
    """A text by language: English, and every language that says it differently."""
    said = {}
    for language in LANGUAGES:
        with speaking(language):
            said[language] = str(text)
    return {language: words for language, words in said.items() if language == "en" or words != said["en"]}


def values_of(key: str, language: str) -> dict[str, Any]:
    """A preset as the values of a field; its options in one language."""
    preset = PRESETS[key]
    with speaking(language):
        options = [{"value": value, "label": str(label)} for value, label in preset.options]
    return {
        "key": key,
        "kind": preset.kind,
        "labels": in_every_language(preset.label),
        "options": options,
        "check": preset.check,
        "group": preset.group.value,
        "intrusive": preset.intrusive,
    }
